-- The attempt under way stands in the queue row; a row of `attempt` is written once, when it has ended.
ALTER TABLE queue ADD COLUMN attempt_id TEXT;
ALTER TABLE queue ADD COLUMN attempt_settings_id TEXT;
ALTER TABLE queue ADD COLUMN attempt_settings_name TEXT;
ALTER TABLE queue ADD COLUMN attempt_started_at INTEGER;
ALTER TABLE queue ADD COLUMN dot_at INTEGER;

UPDATE queue SET attempt_id = a.id, attempt_settings_id = a.settings_id, attempt_settings_name = a.settings_name,
  attempt_started_at = a.started_at, dot_at = CASE WHEN a.outcome = 'dot' THEN a.started_at END
FROM attempt AS a
WHERE a.message_id = queue.message_id AND a.ended_at IS NULL AND queue.leased_until IS NOT NULL;
DELETE FROM attempt WHERE ended_at IS NULL;
