CREATE TABLE search_segment (
  number integer PRIMARY KEY,
  after_id text NOT NULL,
  last_id text NOT NULL,
  message_count integer NOT NULL,
  text_count integer NOT NULL,
  built_at bigint NOT NULL,
  ids bytea NOT NULL
);
ALTER TABLE search_segment ALTER COLUMN ids SET STORAGE EXTERNAL;

CREATE TABLE search_page (
  place bigint PRIMARY KEY,
  tokens bytea NOT NULL
);
ALTER TABLE search_page ALTER COLUMN tokens SET STORAGE EXTERNAL;
