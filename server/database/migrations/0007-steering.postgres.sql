CREATE TABLE sending_pause (
  settings_id text PRIMARY KEY,
  paused_by text NOT NULL,
  paused_at bigint NOT NULL
);
INSERT INTO sending_pause (settings_id, paused_by, paused_at)
  SELECT settings_id, '', since FROM server_health WHERE is_paused = 1;
UPDATE server_health SET is_paused = 0;

CREATE TABLE retention (
  id integer PRIMARY KEY CHECK (id = 1),
  body_days integer,
  message_days integer
);

ALTER TABLE message ADD COLUMN body_deleted_at bigint;
CREATE INDEX message_secret_body ON message (id) WHERE is_secret = 1 AND body_deleted_at IS NULL;
CREATE INDEX content_parts ON content (message_id) WHERE parts IS NOT NULL;
