-- Accounts and their contacts, imports of them, and the record of who did what.
CREATE TABLE account (
  id TEXT PRIMARY KEY,
  number TEXT NOT NULL,
  number_key TEXT NOT NULL,
  name TEXT NOT NULL,
  sort_key TEXT NOT NULL,
  search_text TEXT NOT NULL,
  status TEXT NOT NULL,
  language TEXT NOT NULL,
  currency TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  updated_by TEXT NOT NULL,
  version INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX account_number_key ON account (number_key);
CREATE INDEX account_sort_key ON account (sort_key, id);

CREATE TABLE contact (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  sort_key TEXT NOT NULL,
  address TEXT NOT NULL,
  address_key TEXT NOT NULL,
  search_text TEXT NOT NULL,
  kinds INTEGER NOT NULL,
  primary_kinds INTEGER NOT NULL,
  language TEXT,
  is_active INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  updated_by TEXT NOT NULL,
  version INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX contact_account_address ON contact (account_id, address_key);
CREATE INDEX contact_address ON contact (address_key, id);
CREATE INDEX contact_sort_key ON contact (sort_key, id);

CREATE TABLE contact_import (
  id TEXT PRIMARY KEY,
  state TEXT NOT NULL,
  problem TEXT NOT NULL,
  file_name TEXT NOT NULL,
  node TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  encoding TEXT NOT NULL,
  delimiter TEXT NOT NULL,
  columns TEXT NOT NULL,
  options TEXT NOT NULL,
  skips_faulty INTEGER NOT NULL,
  checked_rows INTEGER NOT NULL,
  findings TEXT,
  rows_done INTEGER NOT NULL,
  counts TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  started_at INTEGER,
  started_by TEXT,
  ended_at INTEGER
) STRICT;
CREATE INDEX contact_import_work ON contact_import (node) WHERE state IN ('checking', 'running');

CREATE TABLE audit_entry (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  by_whom TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  data TEXT NOT NULL
) STRICT;
