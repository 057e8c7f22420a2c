-- The attempt under way stands in the queue row; a row of `attempt` is written once, when it has ended.
ALTER TABLE queue ADD COLUMN attempt_id text;
ALTER TABLE queue ADD COLUMN attempt_settings_id text;
ALTER TABLE queue ADD COLUMN attempt_settings_name text;
ALTER TABLE queue ADD COLUMN attempt_started_at bigint;
ALTER TABLE queue ADD COLUMN dot_at bigint;

UPDATE queue SET attempt_id = a.id, attempt_settings_id = a.settings_id, attempt_settings_name = a.settings_name,
  attempt_started_at = a.started_at, dot_at = CASE WHEN a.outcome = 'dot' THEN a.started_at END
FROM attempt AS a
WHERE a.message_id = queue.message_id AND a.ended_at IS NULL AND queue.leased_until IS NOT NULL;
DELETE FROM attempt WHERE ended_at IS NULL;

-- Composed mail is taken apart by nobody: compressing it costs more than its place on the disk.
ALTER TABLE content ALTER COLUMN bytes SET STORAGE EXTERNAL;
ALTER TABLE blob ALTER COLUMN bytes SET STORAGE EXTERNAL;
-- Room on the page for the dot mark, so that no index is touched by it.
ALTER TABLE queue SET (fillfactor = 70);
