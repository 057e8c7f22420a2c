CREATE TABLE sending_pause (
  settings_id TEXT PRIMARY KEY,
  paused_by TEXT NOT NULL,
  paused_at INTEGER NOT NULL
) STRICT;
INSERT INTO sending_pause (settings_id, paused_by, paused_at)
  SELECT settings_id, '', since FROM server_health WHERE is_paused = 1;
UPDATE server_health SET is_paused = 0;

CREATE TABLE retention (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  body_days INTEGER,
  message_days INTEGER
) STRICT;

ALTER TABLE message ADD COLUMN body_deleted_at INTEGER;
CREATE INDEX message_secret_body ON message (id) WHERE is_secret = 1 AND body_deleted_at IS NULL;
CREATE INDEX content_parts ON content (message_id) WHERE parts IS NOT NULL;
