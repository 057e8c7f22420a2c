-- Invoices that were mailed, what each contact got of them, and billing runs: many of them from one file.
CREATE TABLE invoice_look (
  hash TEXT PRIMARY KEY,
  fields TEXT NOT NULL,
  logo_type TEXT,
  logo BLOB
) STRICT;

CREATE TABLE invoice_pdf (
  hash TEXT PRIMARY KEY,
  bytes BLOB NOT NULL
) STRICT;

CREATE TABLE invoice (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  account_number TEXT NOT NULL,
  account_name TEXT NOT NULL,
  number TEXT NOT NULL,
  issued_on TEXT NOT NULL,
  due_on TEXT NOT NULL,
  currency TEXT NOT NULL,
  total TEXT NOT NULL,
  content TEXT NOT NULL,
  look_hash TEXT NOT NULL,
  pdf_hash TEXT,
  pdf_bytes INTEGER NOT NULL,
  run_id TEXT,
  is_open INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX invoice_account_number ON invoice (account_id, number);
CREATE INDEX invoice_account ON invoice (account_id, id);
CREATE INDEX invoice_number ON invoice (number);
CREATE INDEX invoice_run ON invoice (run_id, id) WHERE run_id IS NOT NULL;
CREATE INDEX invoice_open ON invoice (id) WHERE is_open = 1;

CREATE TABLE invoice_mail (
  message_id TEXT PRIMARY KEY,
  invoice_id TEXT NOT NULL REFERENCES invoice (id) ON DELETE CASCADE,
  round INTEGER NOT NULL,
  round_key TEXT,
  reason TEXT NOT NULL,
  contact_id TEXT NOT NULL,
  name TEXT NOT NULL,
  address TEXT NOT NULL,
  language TEXT NOT NULL,
  run_id TEXT,
  is_accepted INTEGER NOT NULL,
  is_sent INTEGER NOT NULL,
  is_current INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX invoice_mail_round ON invoice_mail (invoice_id, round, contact_id);
CREATE INDEX invoice_mail_run ON invoice_mail (run_id, is_sent) WHERE run_id IS NOT NULL AND is_current = 1;

CREATE TABLE billing_run (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  state TEXT NOT NULL,
  problem TEXT NOT NULL,
  format TEXT NOT NULL,
  file_name TEXT NOT NULL,
  file TEXT NOT NULL,
  node TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  invoice_count INTEGER NOT NULL,
  columns TEXT NOT NULL,
  options TEXT NOT NULL,
  pdfs TEXT NOT NULL,
  checked_bytes INTEGER NOT NULL,
  findings TEXT,
  leased_by TEXT,
  leased_until INTEGER,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  started_at INTEGER,
  started_by TEXT,
  ended_at INTEGER,
  retries_before INTEGER
) STRICT;
CREATE INDEX billing_run_work ON billing_run (state) WHERE state IN ('checking', 'running');

CREATE TABLE billing_item (
  run_id TEXT NOT NULL REFERENCES billing_run (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  line INTEGER NOT NULL,
  account_number TEXT NOT NULL,
  account_id TEXT,
  number TEXT NOT NULL,
  currency TEXT NOT NULL,
  total TEXT,
  state TEXT NOT NULL,
  problems TEXT NOT NULL,
  content TEXT NOT NULL,
  invoice_id TEXT,
  PRIMARY KEY (run_id, position)
) STRICT;
CREATE INDEX billing_item_state ON billing_item (run_id, state, position);
