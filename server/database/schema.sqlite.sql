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

CREATE TABLE attempt (
  id TEXT PRIMARY KEY,
  message_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  settings_id TEXT NOT NULL,
  settings_name TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  outcome TEXT NOT NULL,
  phase TEXT NOT NULL,
  reply TEXT NOT NULL,
  explanation TEXT NOT NULL,
  transcript TEXT
) STRICT;

CREATE INDEX attempt_message ON attempt (message_id, number);

CREATE TABLE blob (
  hash TEXT PRIMARY KEY,
  bytes BLOB NOT NULL,
  size_bytes INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE branding (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  fields TEXT NOT NULL,
  logo_type TEXT,
  logo_width INTEGER,
  logo_height INTEGER,
  logo BLOB,
  version INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  updated_by TEXT NOT NULL
) STRICT;

CREATE TABLE content (
  message_id TEXT PRIMARY KEY,
  bytes BLOB NOT NULL,
  parts TEXT
) STRICT;

CREATE INDEX content_parts ON content (message_id) WHERE parts IS NOT NULL;

CREATE TABLE data_key (
  id TEXT PRIMARY KEY,
  wrapped TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE event (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  message_id TEXT NOT NULL,
  position INTEGER,
  type TEXT NOT NULL,
  at INTEGER NOT NULL,
  data TEXT NOT NULL
) STRICT;

CREATE INDEX event_message ON event (message_id, id);

CREATE TABLE first_run (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  closed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE idempotency (
  key_hash TEXT PRIMARY KEY,
  body_hash TEXT NOT NULL,
  message_ids TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX idempotency_age ON idempotency (created_at);

CREATE TABLE message (
  id TEXT PRIMARY KEY,
  lane INTEGER NOT NULL,
  state TEXT NOT NULL,
  settings_id TEXT,
  mail_from TEXT NOT NULL,
  header_from TEXT NOT NULL,
  header_to TEXT NOT NULL,
  subject TEXT NOT NULL,
  message_id TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  attachment_count INTEGER NOT NULL,
  tags TEXT NOT NULL,
  is_secret INTEGER NOT NULL,
  holds_uncertain INTEGER NOT NULL,
  resent_from TEXT,
  submitted_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  scheduled_at INTEGER,
  expires_at INTEGER NOT NULL
, body_deleted_at INTEGER) STRICT;

CREATE INDEX message_secret_body ON message (id) WHERE is_secret = 1 AND body_deleted_at IS NULL;

CREATE INDEX message_state ON message (state, id);

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

CREATE TABLE queue (
  message_id TEXT PRIMARY KEY,
  lane INTEGER NOT NULL,
  settings_id TEXT NOT NULL,
  ready_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  crashes INTEGER NOT NULL,
  token INTEGER NOT NULL,
  leased_until INTEGER,
  leased_by TEXT
, attempt_id TEXT, attempt_settings_id TEXT, attempt_settings_name TEXT, attempt_started_at INTEGER, dot_at INTEGER) STRICT;

CREATE INDEX queue_expires ON queue (expires_at);

CREATE INDEX queue_leased ON queue (leased_until) WHERE leased_until IS NOT NULL;

CREATE INDEX queue_ready ON queue (settings_id, lane, ready_at) WHERE leased_until IS NULL;

CREATE TABLE recipient (
  message_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  address TEXT NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  reply TEXT NOT NULL,
  explanation TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (message_id, position)
) STRICT;

CREATE INDEX recipient_address ON recipient (lower(address), message_id);

CREATE TABLE retention (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  body_days INTEGER,
  message_days INTEGER
) STRICT;

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

CREATE TABLE search_page (
  place INTEGER PRIMARY KEY,
  tokens BLOB NOT NULL
) STRICT;

CREATE TABLE search_segment (
  number INTEGER PRIMARY KEY,
  after_id TEXT NOT NULL,
  last_id TEXT NOT NULL,
  message_count INTEGER NOT NULL,
  text_count INTEGER NOT NULL,
  built_at INTEGER NOT NULL,
  ids BLOB NOT NULL
) STRICT;

CREATE TABLE sending_pause (
  settings_id TEXT PRIMARY KEY,
  paused_by TEXT NOT NULL,
  paused_at INTEGER NOT NULL
) STRICT;

CREATE TABLE server_health (
  settings_id TEXT PRIMARY KEY,
  state TEXT NOT NULL,
  code TEXT NOT NULL,
  reason TEXT NOT NULL,
  since INTEGER NOT NULL,
  next_probe_at INTEGER,
  is_paused INTEGER NOT NULL
) STRICT;

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
, is_default INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE UNIQUE INDEX smtp_settings_name_key ON smtp_settings (name_key);

CREATE TABLE template (
  id TEXT PRIMARY KEY,
  key TEXT NOT NULL,
  name TEXT NOT NULL,
  sort_key TEXT NOT NULL,
  search_text TEXT NOT NULL,
  subject TEXT NOT NULL,
  format TEXT NOT NULL,
  lane TEXT NOT NULL,
  languages TEXT NOT NULL,
  settings_id TEXT,
  is_built_in INTEGER NOT NULL,
  is_changed INTEGER NOT NULL,
  brought_hash TEXT NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  updated_by TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX template_key ON template (key);

CREATE INDEX template_sort_key ON template (sort_key);

CREATE TABLE template_version (
  template_id TEXT NOT NULL REFERENCES template (id) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  name TEXT NOT NULL,
  subject TEXT NOT NULL,
  reason TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  content TEXT NOT NULL,
  compiled TEXT,
  PRIMARY KEY (template_id, version)
) STRICT, WITHOUT ROWID;

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
