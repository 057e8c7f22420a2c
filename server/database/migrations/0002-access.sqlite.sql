CREATE TABLE person (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  email_key TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'administrator')),
  password_hash TEXT NOT NULL,
  password_set_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX person_email_key ON person (email_key);

-- One row once the first administrator exists: the first run can then never be open again.
CREATE TABLE first_run (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  closed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE web_session (
  id TEXT PRIMARY KEY,
  token_hash TEXT NOT NULL,
  person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  ip_address TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX web_session_token_hash ON web_session (token_hash);
CREATE INDEX web_session_person_id ON web_session (person_id);

CREATE TABLE api_key (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  hint TEXT NOT NULL,
  secret_hash TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  last_used_at INTEGER,
  expires_at INTEGER
) STRICT;
