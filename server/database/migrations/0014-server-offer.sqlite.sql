ALTER TABLE smtp_settings ADD COLUMN server_seen_at INTEGER;
ALTER TABLE smtp_settings ADD COLUMN size_limit_bytes INTEGER;
ALTER TABLE smtp_settings ADD COLUMN starttls_seen_at INTEGER;
