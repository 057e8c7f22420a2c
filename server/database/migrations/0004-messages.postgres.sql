ALTER TABLE smtp_settings ADD COLUMN is_default integer NOT NULL DEFAULT 0;
UPDATE smtp_settings SET is_default = 1 WHERE id = (SELECT id FROM smtp_settings ORDER BY created_at, id LIMIT 1);

CREATE TABLE message (
  id text PRIMARY KEY,
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
  expires_at bigint NOT NULL
);
CREATE INDEX message_state ON message (state, id);

CREATE TABLE recipient (
  message_id text NOT NULL,
  position integer NOT NULL,
  address text NOT NULL,
  kind text NOT NULL,
  state text NOT NULL,
  reply text NOT NULL,
  explanation text NOT NULL,
  updated_at bigint NOT NULL,
  PRIMARY KEY (message_id, position)
);
CREATE INDEX recipient_address ON recipient (lower(address), message_id);

CREATE TABLE content (
  message_id text PRIMARY KEY,
  bytes bytea NOT NULL,
  parts text
);

CREATE TABLE blob (
  hash text PRIMARY KEY,
  bytes bytea NOT NULL,
  size_bytes bigint NOT NULL,
  created_at bigint NOT NULL
);

CREATE TABLE queue (
  message_id text PRIMARY KEY,
  lane integer NOT NULL,
  settings_id text NOT NULL,
  ready_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  attempts integer NOT NULL,
  crashes integer NOT NULL,
  token bigint NOT NULL,
  leased_until bigint,
  leased_by text
);
CREATE INDEX queue_ready ON queue (settings_id, lane, ready_at) WHERE leased_until IS NULL;
CREATE INDEX queue_leased ON queue (leased_until) WHERE leased_until IS NOT NULL;
CREATE INDEX queue_expires ON queue (expires_at);

CREATE TABLE attempt (
  id text PRIMARY KEY,
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
  transcript text
);
CREATE INDEX attempt_message ON attempt (message_id, number);

CREATE TABLE event (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  message_id text NOT NULL,
  position integer,
  type text NOT NULL,
  at bigint NOT NULL,
  data text NOT NULL
);
CREATE INDEX event_message ON event (message_id, id);

CREATE TABLE idempotency (
  key_hash text PRIMARY KEY,
  body_hash text NOT NULL,
  message_ids text NOT NULL,
  created_at bigint NOT NULL
);
CREATE INDEX idempotency_age ON idempotency (created_at);

CREATE TABLE server_health (
  settings_id text PRIMARY KEY,
  state text NOT NULL,
  code text NOT NULL,
  reason text NOT NULL,
  since bigint NOT NULL,
  next_probe_at bigint,
  is_paused integer NOT NULL
);
