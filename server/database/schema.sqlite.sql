-- Generated from the migrations by `npm run generate`; change those.

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

CREATE TABLE data_key (
  id TEXT PRIMARY KEY,
  wrapped TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE first_run (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  closed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE migration (name text PRIMARY KEY, applied_at bigint NOT NULL);

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

CREATE TABLE smtp_settings (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  search_text TEXT NOT NULL,
  starttls_only INTEGER NOT NULL,
  security TEXT NOT NULL,
  host TEXT NOT NULL,
  port INTEGER NOT NULL,
  from_name TEXT NOT NULL,
  from_email TEXT NOT NULL,
  reply_to TEXT NOT NULL,
  username TEXT NOT NULL,
  password_sealed TEXT,
  password_set_at INTEGER,
  certificate_check TEXT NOT NULL,
  certificate_fingerprint TEXT NOT NULL,
  ca_certificate TEXT NOT NULL,
  tls_minimum TEXT NOT NULL,
  auth_method TEXT NOT NULL,
  ehlo_name TEXT NOT NULL,
  connect_timeout_seconds INTEGER NOT NULL,
  reply_timeout_seconds INTEGER NOT NULL,
  managed_by TEXT NOT NULL,
  last_tested_at INTEGER,
  last_test_ok INTEGER,
  last_test_problem TEXT NOT NULL,
  last_used_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  updated_by TEXT NOT NULL,
  version INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX smtp_settings_name_key ON smtp_settings (name_key);

CREATE TABLE web_session (
  id TEXT PRIMARY KEY,
  token_hash TEXT NOT NULL,
  person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  ip_address TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL
) STRICT;

CREATE INDEX web_session_person_id ON web_session (person_id);

CREATE UNIQUE INDEX web_session_token_hash ON web_session (token_hash);
