-- Generated from the migrations by `npm run generate`; change those.

CREATE TABLE account (
  id text NOT NULL,
  number text NOT NULL,
  number_key text NOT NULL,
  name text NOT NULL,
  sort_key text NOT NULL,
  search_text text NOT NULL,
  status text NOT NULL,
  language text NOT NULL,
  currency text NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  updated_by text NOT NULL,
  version integer NOT NULL,
  CONSTRAINT account_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX account_number_key ON public.account USING btree (number_key);
CREATE INDEX account_sort_key ON public.account USING btree (sort_key, id);

CREATE TABLE api_key (
  id text NOT NULL,
  name text NOT NULL,
  scopes text NOT NULL,
  hint text NOT NULL,
  secret_hash text NOT NULL,
  created_at bigint NOT NULL,
  created_by text NOT NULL,
  last_used_at bigint,
  expires_at bigint,
  CONSTRAINT api_key_pkey PRIMARY KEY (id)
);

CREATE TABLE attempt (
  id text NOT NULL,
  message_id text NOT NULL,
  number integer NOT NULL,
  settings_id text NOT NULL,
  settings_name text NOT NULL,
  started_at bigint NOT NULL,
  ended_at bigint,
  outcome text NOT NULL,
  phase text NOT NULL,
  reply text NOT NULL,
  explanation text NOT NULL,
  transcript text,
  repeats integer NOT NULL DEFAULT 0,
  CONSTRAINT attempt_pkey PRIMARY KEY (id)
);
CREATE INDEX attempt_message ON public.attempt USING btree (message_id, number);

CREATE TABLE audit_entry (
  id bigint NOT NULL,
  at bigint NOT NULL,
  by_whom text NOT NULL,
  action text NOT NULL,
  subject text NOT NULL,
  data text NOT NULL,
  CONSTRAINT audit_entry_pkey PRIMARY KEY (id)
);

CREATE TABLE billing_item (
  run_id text NOT NULL,
  position integer NOT NULL,
  line integer NOT NULL,
  account_number text NOT NULL,
  account_id text,
  number text NOT NULL,
  currency text NOT NULL,
  total text,
  state text NOT NULL,
  problems text NOT NULL,
  content text NOT NULL,
  invoice_id text,
  CONSTRAINT billing_item_pkey PRIMARY KEY (run_id, "position"),
  CONSTRAINT billing_item_run_id_fkey FOREIGN KEY (run_id) REFERENCES billing_run(id) ON DELETE CASCADE
);
CREATE INDEX billing_item_state ON public.billing_item USING btree (run_id, state, "position");

CREATE TABLE billing_run (
  id text NOT NULL,
  name text NOT NULL,
  state text NOT NULL,
  problem text NOT NULL,
  format text NOT NULL,
  file_name text NOT NULL,
  file text NOT NULL,
  node text NOT NULL,
  size_bytes bigint NOT NULL,
  invoice_count integer NOT NULL,
  columns text NOT NULL,
  options text NOT NULL,
  pdfs text NOT NULL,
  checked_bytes bigint NOT NULL,
  findings text,
  leased_by text,
  leased_until bigint,
  created_at bigint NOT NULL,
  created_by text NOT NULL,
  started_at bigint,
  started_by text,
  ended_at bigint,
  retries_before bigint,
  CONSTRAINT billing_run_pkey PRIMARY KEY (id)
);
CREATE INDEX billing_run_work ON public.billing_run USING btree (state) WHERE (state = ANY (ARRAY['checking'::text, 'running'::text]));

CREATE TABLE blob (
  hash text NOT NULL,
  bytes bytea NOT NULL,
  size_bytes bigint NOT NULL,
  created_at bigint NOT NULL,
  CONSTRAINT blob_pkey PRIMARY KEY (hash)
);

CREATE TABLE branding (
  id integer NOT NULL,
  fields text NOT NULL,
  logo_type text,
  logo_width integer,
  logo_height integer,
  logo bytea,
  version integer NOT NULL,
  updated_at bigint NOT NULL,
  updated_by text NOT NULL,
  CONSTRAINT branding_id_check CHECK ((id = 1)),
  CONSTRAINT branding_pkey PRIMARY KEY (id)
);

CREATE TABLE contact (
  id text NOT NULL,
  account_id text NOT NULL,
  name text NOT NULL,
  sort_key text NOT NULL,
  address text NOT NULL,
  address_key text NOT NULL,
  search_text text NOT NULL,
  kinds integer NOT NULL,
  primary_kinds integer NOT NULL,
  language text,
  is_active integer NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  updated_by text NOT NULL,
  version integer NOT NULL,
  CONSTRAINT contact_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE,
  CONSTRAINT contact_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX contact_account_address ON public.contact USING btree (account_id, address_key);
CREATE INDEX contact_address ON public.contact USING btree (address_key, id);
CREATE INDEX contact_sort_key ON public.contact USING btree (sort_key, id);

CREATE TABLE contact_import (
  id text NOT NULL,
  state text NOT NULL,
  problem text NOT NULL,
  file_name text NOT NULL,
  node text NOT NULL,
  size_bytes integer NOT NULL,
  encoding text NOT NULL,
  delimiter text NOT NULL,
  columns text NOT NULL,
  options text NOT NULL,
  skips_faulty integer NOT NULL,
  checked_rows integer NOT NULL,
  findings text,
  rows_done integer NOT NULL,
  counts text NOT NULL,
  created_at bigint NOT NULL,
  created_by text NOT NULL,
  started_at bigint,
  started_by text,
  ended_at bigint,
  CONSTRAINT contact_import_pkey PRIMARY KEY (id)
);
CREATE INDEX contact_import_work ON public.contact_import USING btree (node) WHERE (state = ANY (ARRAY['checking'::text, 'running'::text]));

CREATE TABLE content (
  message_id text NOT NULL,
  bytes bytea NOT NULL,
  parts text,
  CONSTRAINT content_pkey PRIMARY KEY (message_id)
);
CREATE INDEX content_parts ON public.content USING btree (message_id) WHERE (parts IS NOT NULL);

CREATE TABLE data_key (
  id text NOT NULL,
  wrapped text NOT NULL,
  created_at bigint NOT NULL,
  CONSTRAINT data_key_pkey PRIMARY KEY (id)
);

CREATE TABLE event (
  id bigint NOT NULL,
  message_id text NOT NULL,
  position integer,
  type text NOT NULL,
  at bigint NOT NULL,
  data text NOT NULL,
  CONSTRAINT event_pkey PRIMARY KEY (id)
);
CREATE INDEX event_message ON public.event USING btree (message_id, id);

CREATE TABLE first_run (
  id integer NOT NULL,
  closed_at bigint NOT NULL,
  CONSTRAINT first_run_id_check CHECK ((id = 1)),
  CONSTRAINT first_run_pkey PRIMARY KEY (id)
);

CREATE TABLE idempotency (
  key_hash text NOT NULL,
  body_hash text NOT NULL,
  message_ids text NOT NULL,
  created_at bigint NOT NULL,
  CONSTRAINT idempotency_pkey PRIMARY KEY (key_hash)
);
CREATE INDEX idempotency_age ON public.idempotency USING btree (created_at);

CREATE TABLE invoice (
  id text NOT NULL,
  account_id text NOT NULL,
  account_number text NOT NULL,
  account_name text NOT NULL,
  number text NOT NULL,
  issued_on text NOT NULL,
  due_on text NOT NULL,
  currency text NOT NULL,
  total text NOT NULL,
  content text NOT NULL,
  look_hash text NOT NULL,
  pdf_hash text,
  pdf_bytes integer NOT NULL,
  run_id text,
  is_open integer NOT NULL,
  created_at bigint NOT NULL,
  created_by text NOT NULL,
  CONSTRAINT invoice_pkey PRIMARY KEY (id)
);
CREATE INDEX invoice_account ON public.invoice USING btree (account_id, id);
CREATE UNIQUE INDEX invoice_account_number ON public.invoice USING btree (account_id, number);
CREATE INDEX invoice_number ON public.invoice USING btree (number);
CREATE INDEX invoice_open ON public.invoice USING btree (id) WHERE (is_open = 1);
CREATE INDEX invoice_run ON public.invoice USING btree (run_id, id) WHERE (run_id IS NOT NULL);

CREATE TABLE invoice_look (
  hash text NOT NULL,
  fields text NOT NULL,
  logo_type text,
  logo bytea,
  CONSTRAINT invoice_look_pkey PRIMARY KEY (hash)
);

CREATE TABLE invoice_mail (
  message_id text NOT NULL,
  invoice_id text NOT NULL,
  round integer NOT NULL,
  round_key text,
  reason text NOT NULL,
  contact_id text NOT NULL,
  name text NOT NULL,
  address text NOT NULL,
  language text NOT NULL,
  run_id text,
  is_accepted integer NOT NULL,
  is_sent integer NOT NULL,
  is_current integer NOT NULL,
  created_at bigint NOT NULL,
  created_by text NOT NULL,
  CONSTRAINT invoice_mail_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoice(id) ON DELETE CASCADE,
  CONSTRAINT invoice_mail_pkey PRIMARY KEY (message_id)
);
CREATE UNIQUE INDEX invoice_mail_round ON public.invoice_mail USING btree (invoice_id, round, contact_id);
CREATE INDEX invoice_mail_run ON public.invoice_mail USING btree (run_id, is_sent) WHERE ((run_id IS NOT NULL) AND (is_current = 1));

CREATE TABLE invoice_pdf (
  hash text NOT NULL,
  bytes bytea NOT NULL,
  CONSTRAINT invoice_pdf_pkey PRIMARY KEY (hash)
);

CREATE TABLE message (
  id text NOT NULL,
  lane integer NOT NULL,
  state text NOT NULL,
  settings_id text,
  mail_from text NOT NULL,
  header_from text NOT NULL,
  header_to text NOT NULL,
  subject text NOT NULL,
  message_id text NOT NULL,
  size_bytes bigint NOT NULL,
  attachment_count integer NOT NULL,
  tags text NOT NULL,
  is_secret integer NOT NULL,
  holds_uncertain integer NOT NULL,
  resent_from text,
  submitted_by text NOT NULL,
  created_at bigint NOT NULL,
  scheduled_at bigint,
  expires_at bigint NOT NULL,
  body_deleted_at bigint,
  CONSTRAINT message_pkey PRIMARY KEY (id)
);
CREATE INDEX message_secret_body ON public.message USING btree (id) WHERE ((is_secret = 1) AND (body_deleted_at IS NULL));
CREATE INDEX message_state ON public.message USING btree (state, id);

CREATE TABLE migration (
  name text NOT NULL,
  applied_at bigint NOT NULL,
  CONSTRAINT migration_pkey PRIMARY KEY (name)
);

CREATE TABLE passkey (
  id text NOT NULL,
  person_id text NOT NULL,
  credential_id text NOT NULL,
  public_key bytea NOT NULL,
  counter bigint NOT NULL,
  transports text NOT NULL,
  name text NOT NULL,
  is_synced integer NOT NULL,
  created_at bigint NOT NULL,
  last_used_at bigint,
  CONSTRAINT passkey_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id) ON DELETE CASCADE,
  CONSTRAINT passkey_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX passkey_credential_id ON public.passkey USING btree (credential_id);
CREATE INDEX passkey_person_id ON public.passkey USING btree (person_id);

CREATE TABLE person (
  id text NOT NULL,
  name text NOT NULL,
  email text NOT NULL,
  email_key text NOT NULL,
  role text NOT NULL,
  password_hash text NOT NULL,
  password_set_at bigint NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  state text NOT NULL DEFAULT 'active'::text,
  language text,
  last_sign_in_at bigint,
  disabled_at bigint,
  invited_by text,
  CONSTRAINT person_pkey PRIMARY KEY (id),
  CONSTRAINT person_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'operator'::text, 'administrator'::text]))),
  CONSTRAINT person_state_check CHECK ((state = ANY (ARRAY['invited'::text, 'active'::text, 'disabled'::text])))
);
CREATE UNIQUE INDEX person_email_key ON public.person USING btree (email_key);

CREATE TABLE person_link (
  token_hash text NOT NULL,
  person_id text NOT NULL,
  purpose text NOT NULL,
  email text NOT NULL,
  email_key text NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  CONSTRAINT person_link_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id) ON DELETE CASCADE,
  CONSTRAINT person_link_pkey PRIMARY KEY (token_hash),
  CONSTRAINT person_link_purpose_check CHECK ((purpose = ANY (ARRAY['invitation'::text, 'password-reset'::text, 'email-change'::text])))
);
CREATE UNIQUE INDEX person_link_purpose ON public.person_link USING btree (person_id, purpose);

CREATE TABLE person_totp (
  person_id text NOT NULL,
  secret_sealed text NOT NULL,
  created_at bigint NOT NULL,
  confirmed_at bigint,
  last_step bigint NOT NULL,
  CONSTRAINT person_totp_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id) ON DELETE CASCADE,
  CONSTRAINT person_totp_pkey PRIMARY KEY (person_id)
);

CREATE TABLE queue (
  message_id text NOT NULL,
  lane integer NOT NULL,
  settings_id text NOT NULL,
  ready_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  attempts integer NOT NULL,
  crashes integer NOT NULL,
  token bigint NOT NULL,
  leased_until bigint,
  leased_by text,
  attempt_id text,
  attempt_settings_id text,
  attempt_settings_name text,
  attempt_started_at bigint,
  dot_at bigint,
  CONSTRAINT queue_pkey PRIMARY KEY (message_id)
);
CREATE INDEX queue_expires ON public.queue USING btree (expires_at);
CREATE INDEX queue_leased ON public.queue USING btree (leased_until) WHERE (leased_until IS NOT NULL);
CREATE INDEX queue_ready ON public.queue USING btree (settings_id, lane, ready_at) WHERE (leased_until IS NULL);

CREATE TABLE recipient (
  message_id text NOT NULL,
  position integer NOT NULL,
  address text NOT NULL,
  kind text NOT NULL,
  state text NOT NULL,
  reply text NOT NULL,
  explanation text NOT NULL,
  updated_at bigint NOT NULL,
  CONSTRAINT recipient_pkey PRIMARY KEY (message_id, "position")
);
CREATE INDEX recipient_address ON public.recipient USING btree (lower(address), message_id);

CREATE TABLE recovery_code (
  person_id text NOT NULL,
  code_hash text NOT NULL,
  created_at bigint NOT NULL,
  CONSTRAINT recovery_code_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id) ON DELETE CASCADE,
  CONSTRAINT recovery_code_pkey PRIMARY KEY (person_id, code_hash)
);

CREATE TABLE retention (
  id integer NOT NULL,
  body_days integer,
  message_days integer,
  CONSTRAINT retention_id_check CHECK ((id = 1)),
  CONSTRAINT retention_pkey PRIMARY KEY (id)
);

CREATE TABLE sandbox_message (
  id text NOT NULL,
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
  source bytea NOT NULL,
  CONSTRAINT sandbox_message_pkey PRIMARY KEY (id)
);
CREATE INDEX sandbox_message_size ON public.sandbox_message USING btree (id, size_bytes);

CREATE TABLE search_page (
  place bigint NOT NULL,
  tokens bytea NOT NULL,
  CONSTRAINT search_page_pkey PRIMARY KEY (place)
);

CREATE TABLE search_segment (
  number integer NOT NULL,
  after_id text NOT NULL,
  last_id text NOT NULL,
  message_count integer NOT NULL,
  text_count integer NOT NULL,
  built_at bigint NOT NULL,
  ids bytea NOT NULL,
  CONSTRAINT search_segment_pkey PRIMARY KEY (number)
);

CREATE TABLE sending_pause (
  settings_id text NOT NULL,
  paused_by text NOT NULL,
  paused_at bigint NOT NULL,
  CONSTRAINT sending_pause_pkey PRIMARY KEY (settings_id)
);

CREATE TABLE server_health (
  settings_id text NOT NULL,
  state text NOT NULL,
  code text NOT NULL,
  reason text NOT NULL,
  since bigint NOT NULL,
  next_probe_at bigint,
  is_paused integer NOT NULL,
  CONSTRAINT server_health_pkey PRIMARY KEY (settings_id)
);

CREATE TABLE sign_in_challenge (
  id_hash text NOT NULL,
  purpose text NOT NULL,
  person_id text,
  webauthn_challenge text,
  tries integer NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  CONSTRAINT sign_in_challenge_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id) ON DELETE CASCADE,
  CONSTRAINT sign_in_challenge_pkey PRIMARY KEY (id_hash)
);
CREATE INDEX sign_in_challenge_expires_at ON public.sign_in_challenge USING btree (expires_at);
CREATE INDEX sign_in_challenge_person_id ON public.sign_in_challenge USING btree (person_id);

CREATE TABLE sign_in_policy (
  id integer NOT NULL,
  administrators_need_factor integer NOT NULL,
  CONSTRAINT sign_in_policy_id_check CHECK ((id = 1)),
  CONSTRAINT sign_in_policy_pkey PRIMARY KEY (id)
);

CREATE TABLE smtp_settings (
  id text NOT NULL,
  name text NOT NULL,
  name_key text NOT NULL,
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
  version integer NOT NULL,
  is_default integer NOT NULL DEFAULT 0,
  server_seen_at bigint,
  size_limit_bytes bigint,
  starttls_seen_at bigint,
  CONSTRAINT smtp_settings_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX smtp_settings_name_key ON public.smtp_settings USING btree (name_key);

CREATE TABLE template (
  id text NOT NULL,
  key text NOT NULL,
  name text NOT NULL,
  sort_key text NOT NULL,
  search_text text NOT NULL,
  subject text NOT NULL,
  format text NOT NULL,
  lane text NOT NULL,
  languages text NOT NULL,
  settings_id text,
  is_built_in integer NOT NULL,
  is_changed integer NOT NULL,
  brought_hash text NOT NULL,
  version integer NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  updated_by text NOT NULL,
  CONSTRAINT template_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX template_key ON public.template USING btree (key);
CREATE INDEX template_sort_key ON public.template USING btree (sort_key);

CREATE TABLE template_version (
  template_id text NOT NULL,
  version integer NOT NULL,
  name text NOT NULL,
  subject text NOT NULL,
  reason text NOT NULL,
  created_at bigint NOT NULL,
  created_by text NOT NULL,
  content text NOT NULL,
  compiled text,
  CONSTRAINT template_version_pkey PRIMARY KEY (template_id, version),
  CONSTRAINT template_version_template_id_fkey FOREIGN KEY (template_id) REFERENCES template(id) ON DELETE CASCADE
);

CREATE TABLE web_session (
  id text NOT NULL,
  token_hash text NOT NULL,
  person_id text NOT NULL,
  ip_address text NOT NULL,
  user_agent text NOT NULL,
  created_at bigint NOT NULL,
  last_seen_at bigint NOT NULL,
  confirmed_at bigint NOT NULL DEFAULT 0,
  CONSTRAINT web_session_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id) ON DELETE CASCADE,
  CONSTRAINT web_session_pkey PRIMARY KEY (id)
);
CREATE INDEX web_session_person_id ON public.web_session USING btree (person_id);
CREATE UNIQUE INDEX web_session_token_hash ON public.web_session USING btree (token_hash);
