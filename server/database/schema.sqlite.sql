-- Generated from the migrations by `npm run generate`; change those.

CREATE TABLE account (
  id TEXT PRIMARY KEY,
  number TEXT NOT NULL,
  number_key TEXT NOT NULL,
  name TEXT NOT NULL,
  sort_key TEXT NOT NULL,
  search_text TEXT NOT NULL,
  status TEXT NOT NULL,
  language TEXT NOT NULL,
  currency TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  updated_by TEXT NOT NULL,
  version INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX account_number_key ON account (number_key);

CREATE INDEX account_sort_key ON account (sort_key, id);

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
, repeats INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE INDEX attempt_message ON attempt (message_id, number);

CREATE TABLE audit_entry (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  by_whom TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  data TEXT NOT NULL
) STRICT;

CREATE TABLE billing_item (
  run_id TEXT NOT NULL REFERENCES billing_run (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  line INTEGER NOT NULL,
  account_number TEXT NOT NULL,
  account_id TEXT,
  number TEXT NOT NULL,
  currency TEXT NOT NULL,
  total TEXT,
  state TEXT NOT NULL,
  problems TEXT NOT NULL,
  content TEXT NOT NULL,
  invoice_id TEXT,
  PRIMARY KEY (run_id, position)
) STRICT;

CREATE INDEX billing_item_state ON billing_item (run_id, state, position);

CREATE TABLE billing_run (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  state TEXT NOT NULL,
  problem TEXT NOT NULL,
  format TEXT NOT NULL,
  file_name TEXT NOT NULL,
  file TEXT NOT NULL,
  node TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  invoice_count INTEGER NOT NULL,
  columns TEXT NOT NULL,
  options TEXT NOT NULL,
  pdfs TEXT NOT NULL,
  checked_bytes INTEGER NOT NULL,
  findings TEXT,
  leased_by TEXT,
  leased_until INTEGER,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  started_at INTEGER,
  started_by TEXT,
  ended_at INTEGER,
  retries_before INTEGER
) STRICT;

CREATE INDEX billing_run_work ON billing_run (state) WHERE state IN ('checking', 'running');

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

CREATE TABLE contact (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  sort_key TEXT NOT NULL,
  address TEXT NOT NULL,
  address_key TEXT NOT NULL,
  search_text TEXT NOT NULL,
  kinds INTEGER NOT NULL,
  primary_kinds INTEGER NOT NULL,
  language TEXT,
  is_active INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  updated_by TEXT NOT NULL,
  version INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX contact_account_address ON contact (account_id, address_key);

CREATE INDEX contact_address ON contact (address_key, id);

CREATE INDEX contact_sort_key ON contact (sort_key, id);

CREATE TABLE contact_import (
  id TEXT PRIMARY KEY,
  state TEXT NOT NULL,
  problem TEXT NOT NULL,
  file_name TEXT NOT NULL,
  node TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  encoding TEXT NOT NULL,
  delimiter TEXT NOT NULL,
  columns TEXT NOT NULL,
  options TEXT NOT NULL,
  skips_faulty INTEGER NOT NULL,
  checked_rows INTEGER NOT NULL,
  findings TEXT,
  rows_done INTEGER NOT NULL,
  counts TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  started_at INTEGER,
  started_by TEXT,
  ended_at INTEGER
) STRICT;

CREATE INDEX contact_import_work ON contact_import (node) WHERE state IN ('checking', 'running');

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

CREATE TABLE invoice (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  account_number TEXT NOT NULL,
  account_name TEXT NOT NULL,
  number TEXT NOT NULL,
  issued_on TEXT NOT NULL,
  due_on TEXT NOT NULL,
  currency TEXT NOT NULL,
  total TEXT NOT NULL,
  content TEXT NOT NULL,
  look_hash TEXT NOT NULL,
  pdf_hash TEXT,
  pdf_bytes INTEGER NOT NULL,
  run_id TEXT,
  is_open INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL
) STRICT;

CREATE INDEX invoice_account ON invoice (account_id, id);

CREATE UNIQUE INDEX invoice_account_number ON invoice (account_id, number);

CREATE INDEX invoice_number ON invoice (number);

CREATE INDEX invoice_open ON invoice (id) WHERE is_open = 1;

CREATE INDEX invoice_run ON invoice (run_id, id) WHERE run_id IS NOT NULL;

CREATE TABLE invoice_look (
  hash TEXT PRIMARY KEY,
  fields TEXT NOT NULL,
  logo_type TEXT,
  logo BLOB
) STRICT;

CREATE TABLE invoice_mail (
  message_id TEXT PRIMARY KEY,
  invoice_id TEXT NOT NULL REFERENCES invoice (id) ON DELETE CASCADE,
  round INTEGER NOT NULL,
  round_key TEXT,
  reason TEXT NOT NULL,
  contact_id TEXT NOT NULL,
  name TEXT NOT NULL,
  address TEXT NOT NULL,
  language TEXT NOT NULL,
  run_id TEXT,
  is_accepted INTEGER NOT NULL,
  is_sent INTEGER NOT NULL,
  is_current INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX invoice_mail_round ON invoice_mail (invoice_id, round, contact_id);

CREATE INDEX invoice_mail_run ON invoice_mail (run_id, is_sent) WHERE run_id IS NOT NULL AND is_current = 1;

CREATE TABLE invoice_pdf (
  hash TEXT PRIMARY KEY,
  bytes BLOB NOT NULL
) STRICT;

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

CREATE TABLE passkey (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  credential_id TEXT NOT NULL,
  public_key BLOB NOT NULL,
  counter INTEGER NOT NULL,
  transports TEXT NOT NULL,
  name TEXT NOT NULL,
  is_synced INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER
) STRICT;

CREATE UNIQUE INDEX passkey_credential_id ON passkey (credential_id);

CREATE INDEX passkey_person_id ON passkey (person_id);

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
, state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('invited', 'active', 'disabled')), language TEXT, last_sign_in_at INTEGER, disabled_at INTEGER, invited_by TEXT) STRICT;

CREATE UNIQUE INDEX person_email_key ON person (email_key);

CREATE TABLE person_link (
  token_hash TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  purpose TEXT NOT NULL CHECK (purpose IN ('invitation', 'password-reset', 'email-change')),
  email TEXT NOT NULL,
  email_key TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX person_link_purpose ON person_link (person_id, purpose);

CREATE TABLE person_totp (
  person_id TEXT PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE,
  secret_sealed TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  confirmed_at INTEGER,
  last_step INTEGER NOT NULL
) STRICT;

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

CREATE TABLE recovery_code (
  person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  code_hash TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (person_id, code_hash)
) STRICT, WITHOUT ROWID;

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

CREATE TABLE sign_in_challenge (
  id_hash TEXT PRIMARY KEY,
  purpose TEXT NOT NULL,
  person_id TEXT REFERENCES person (id) ON DELETE CASCADE,
  webauthn_challenge TEXT,
  tries INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX sign_in_challenge_expires_at ON sign_in_challenge (expires_at);

CREATE INDEX sign_in_challenge_person_id ON sign_in_challenge (person_id);

CREATE TABLE sign_in_policy (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  administrators_need_factor INTEGER NOT NULL
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
, is_default INTEGER NOT NULL DEFAULT 0, server_seen_at INTEGER, size_limit_bytes INTEGER, starttls_seen_at INTEGER) STRICT;

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
, confirmed_at INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE INDEX web_session_person_id ON web_session (person_id);

CREATE UNIQUE INDEX web_session_token_hash ON web_session (token_hash);
