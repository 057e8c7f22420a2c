ALTER TABLE smtp_settings ADD COLUMN server_seen_at bigint;
ALTER TABLE smtp_settings ADD COLUMN size_limit_bytes bigint;
ALTER TABLE smtp_settings ADD COLUMN starttls_seen_at bigint;
