-- What the sandbox took, whole. The source stands last, so that lists never read it.
CREATE TABLE sandbox_message (
  id TEXT PRIMARY KEY,
  received_at INTEGER NOT NULL,
  mail_from TEXT NOT NULL,
  recipients TEXT NOT NULL,
  header_from TEXT NOT NULL,
  subject TEXT NOT NULL,
  search_text TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  attachment_count INTEGER NOT NULL,
  ehlo_name TEXT NOT NULL,
  remote_address TEXT NOT NULL,
  source BLOB NOT NULL
) STRICT;

CREATE INDEX sandbox_message_size ON sandbox_message (id, size_bytes);
