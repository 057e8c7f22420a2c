CREATE TABLE data_key (
  id text PRIMARY KEY,
  wrapped text NOT NULL,
  created_at bigint NOT NULL
);

CREATE TABLE smtp_settings (
  id text PRIMARY KEY,
  name text NOT NULL,
  name_key text COLLATE "C" NOT NULL,
  search_text text NOT NULL,
  starttls_only integer NOT NULL,
  security text NOT NULL,
  host text NOT NULL,
  port integer NOT NULL,
  from_name text NOT NULL,
  from_email text NOT NULL,
  reply_to text NOT NULL,
  username text NOT NULL,
  password_sealed text,
  password_set_at bigint,
  certificate_check text NOT NULL,
  certificate_fingerprint text NOT NULL,
  ca_certificate text NOT NULL,
  tls_minimum text NOT NULL,
  auth_method text NOT NULL,
  ehlo_name text NOT NULL,
  connect_timeout_seconds integer NOT NULL,
  reply_timeout_seconds integer NOT NULL,
  managed_by text NOT NULL,
  last_tested_at bigint,
  last_test_ok integer,
  last_test_problem text NOT NULL,
  last_used_at bigint,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  updated_by text NOT NULL,
  version integer NOT NULL
);

CREATE UNIQUE INDEX smtp_settings_name_key ON smtp_settings (name_key);
