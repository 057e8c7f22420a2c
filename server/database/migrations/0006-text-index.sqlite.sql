CREATE TABLE search_segment (
  number INTEGER PRIMARY KEY,
  after_id TEXT NOT NULL,
  last_id TEXT NOT NULL,
  message_count INTEGER NOT NULL,
  text_count INTEGER NOT NULL,
  built_at INTEGER NOT NULL,
  ids BLOB NOT NULL
) STRICT;

CREATE TABLE search_page (
  place INTEGER PRIMARY KEY,
  tokens BLOB NOT NULL
) STRICT;
