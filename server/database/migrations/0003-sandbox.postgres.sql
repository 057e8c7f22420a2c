-- What the sandbox took, whole. The source stands last, so that lists never read it.
CREATE TABLE sandbox_message (
  id text COLLATE "C" PRIMARY KEY,
  received_at bigint NOT NULL,
  mail_from text NOT NULL,
  recipients text NOT NULL,
  header_from text NOT NULL,
  subject text NOT NULL,
  search_text text NOT NULL,
  size_bytes bigint NOT NULL,
  attachment_count integer NOT NULL,
  ehlo_name text NOT NULL,
  remote_address text NOT NULL,
  source bytea NOT NULL
);

CREATE INDEX sandbox_message_size ON sandbox_message (id, size_bytes);
