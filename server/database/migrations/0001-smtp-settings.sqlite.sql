CREATE TABLE data_key (
  id TEXT PRIMARY KEY,
  wrapped TEXT NOT NULL,
  created_at INTEGER NOT NULL
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
) STRICT;

CREATE UNIQUE INDEX smtp_settings_name_key ON smtp_settings (name_key);
