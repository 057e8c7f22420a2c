-- Invoices that were mailed, what each contact got of them, and billing runs: many of them from one file.
CREATE TABLE invoice_look (
  hash text COLLATE "C" PRIMARY KEY,
  fields text NOT NULL,
  logo_type text,
  logo bytea
);

CREATE TABLE invoice_pdf (
  hash text COLLATE "C" PRIMARY KEY,
  bytes bytea NOT NULL
);

CREATE TABLE invoice (
  id text COLLATE "C" PRIMARY KEY,
  account_id text COLLATE "C" NOT NULL,
  account_number text NOT NULL,
  account_name text NOT NULL,
  number text COLLATE "C" NOT NULL,
  issued_on text NOT NULL,
  due_on text NOT NULL,
  currency text NOT NULL,
  total text NOT NULL,
  content text NOT NULL,
  look_hash text COLLATE "C" NOT NULL,
  pdf_hash text COLLATE "C",
  pdf_bytes integer NOT NULL,
  run_id text COLLATE "C",
  is_open integer NOT NULL,
  created_at bigint NOT NULL,
  created_by text NOT NULL
);
CREATE UNIQUE INDEX invoice_account_number ON invoice (account_id, number);
CREATE INDEX invoice_account ON invoice (account_id, id);
CREATE INDEX invoice_number ON invoice (number);
CREATE INDEX invoice_run ON invoice (run_id, id) WHERE run_id IS NOT NULL;
CREATE INDEX invoice_open ON invoice (id) WHERE is_open = 1;

CREATE TABLE invoice_mail (
  message_id text COLLATE "C" PRIMARY KEY,
  invoice_id text COLLATE "C" NOT NULL REFERENCES invoice (id) ON DELETE CASCADE,
  round integer NOT NULL,
  round_key text,
  reason text NOT NULL,
  contact_id text COLLATE "C" NOT NULL,
  name text NOT NULL,
  address text NOT NULL,
  language text NOT NULL,
  run_id text COLLATE "C",
  is_accepted integer NOT NULL,
  is_sent integer NOT NULL,
  is_current integer NOT NULL,
  created_at bigint NOT NULL,
  created_by text NOT NULL
);
CREATE UNIQUE INDEX invoice_mail_round ON invoice_mail (invoice_id, round, contact_id);
CREATE INDEX invoice_mail_run ON invoice_mail (run_id, is_sent) WHERE run_id IS NOT NULL AND is_current = 1;

CREATE TABLE billing_run (
  id text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  state text NOT NULL,
  problem text NOT NULL,
  format text NOT NULL,
  file_name text NOT NULL,
  file text NOT NULL,
  node text NOT NULL,
  size_bytes bigint NOT NULL,
  invoice_count integer NOT NULL,
  columns text NOT NULL,
  options text NOT NULL,
  pdfs text NOT NULL,
  checked_bytes bigint NOT NULL,
  findings text,
  leased_by text,
  leased_until bigint,
  created_at bigint NOT NULL,
  created_by text NOT NULL,
  started_at bigint,
  started_by text,
  ended_at bigint,
  retries_before bigint
);
CREATE INDEX billing_run_work ON billing_run (state) WHERE state IN ('checking', 'running');

CREATE TABLE billing_item (
  run_id text COLLATE "C" NOT NULL REFERENCES billing_run (id) ON DELETE CASCADE,
  position integer NOT NULL,
  line integer NOT NULL,
  account_number text NOT NULL,
  account_id text COLLATE "C",
  number text NOT NULL,
  currency text NOT NULL,
  total text,
  state text NOT NULL,
  problems text NOT NULL,
  content text NOT NULL,
  invoice_id text COLLATE "C",
  PRIMARY KEY (run_id, position)
);
CREATE INDEX billing_item_state ON billing_item (run_id, state, position);
