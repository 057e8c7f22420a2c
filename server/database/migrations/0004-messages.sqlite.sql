ALTER TABLE smtp_settings ADD COLUMN is_default INTEGER NOT NULL DEFAULT 0;
UPDATE smtp_settings SET is_default = 1 WHERE id = (SELECT id FROM smtp_settings ORDER BY created_at, id LIMIT 1);

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
) STRICT;
CREATE INDEX message_state ON message (state, id);

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

CREATE TABLE content (
  message_id TEXT PRIMARY KEY,
  bytes BLOB NOT NULL,
  parts TEXT
) STRICT;

CREATE TABLE blob (
  hash TEXT PRIMARY KEY,
  bytes BLOB NOT NULL,
  size_bytes INTEGER NOT NULL,
  created_at INTEGER NOT NULL
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
) STRICT;
CREATE INDEX queue_ready ON queue (settings_id, lane, ready_at) WHERE leased_until IS NULL;
CREATE INDEX queue_leased ON queue (leased_until) WHERE leased_until IS NOT NULL;
CREATE INDEX queue_expires ON queue (expires_at);

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

CREATE TABLE event (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  message_id TEXT NOT NULL,
  position INTEGER,
  type TEXT NOT NULL,
  at INTEGER NOT NULL,
  data TEXT NOT NULL
) STRICT;
CREATE INDEX event_message ON event (message_id, id);

CREATE TABLE idempotency (
  key_hash TEXT PRIMARY KEY,
  body_hash TEXT NOT NULL,
  message_ids TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX idempotency_age ON idempotency (created_at);

CREATE TABLE server_health (
  settings_id TEXT PRIMARY KEY,
  state TEXT NOT NULL,
  code TEXT NOT NULL,
  reason TEXT NOT NULL,
  since INTEGER NOT NULL,
  next_probe_at INTEGER,
  is_paused INTEGER NOT NULL
) STRICT;
