-- Accounts and their contacts, imports of them, and the record of who did what.
CREATE TABLE account (
  id text COLLATE "C" PRIMARY KEY,
  number text NOT NULL,
  number_key text COLLATE "C" NOT NULL,
  name text NOT NULL,
  sort_key text COLLATE "C" NOT NULL,
  search_text text NOT NULL,
  status text NOT NULL,
  language text NOT NULL,
  currency text NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  updated_by text NOT NULL,
  version integer NOT NULL
);
CREATE UNIQUE INDEX account_number_key ON account (number_key);
CREATE INDEX account_sort_key ON account (sort_key, id);

CREATE TABLE contact (
  id text COLLATE "C" PRIMARY KEY,
  account_id text COLLATE "C" NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  name text NOT NULL,
  sort_key text COLLATE "C" NOT NULL,
  address text NOT NULL,
  address_key text COLLATE "C" NOT NULL,
  search_text text NOT NULL,
  kinds integer NOT NULL,
  primary_kinds integer NOT NULL,
  language text,
  is_active integer NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  updated_by text NOT NULL,
  version integer NOT NULL
);
CREATE UNIQUE INDEX contact_account_address ON contact (account_id, address_key);
CREATE INDEX contact_address ON contact (address_key, id);
CREATE INDEX contact_sort_key ON contact (sort_key, id);

CREATE TABLE contact_import (
  id text COLLATE "C" PRIMARY KEY,
  state text NOT NULL,
  problem text NOT NULL,
  file_name text NOT NULL,
  node text NOT NULL,
  size_bytes integer NOT NULL,
  encoding text NOT NULL,
  delimiter text NOT NULL,
  columns text NOT NULL,
  options text NOT NULL,
  skips_faulty integer NOT NULL,
  checked_rows integer NOT NULL,
  findings text,
  rows_done integer NOT NULL,
  counts text NOT NULL,
  created_at bigint NOT NULL,
  created_by text NOT NULL,
  started_at bigint,
  started_by text,
  ended_at bigint
);
CREATE INDEX contact_import_work ON contact_import (node) WHERE state IN ('checking', 'running');

CREATE TABLE audit_entry (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at bigint NOT NULL,
  by_whom text NOT NULL,
  action text NOT NULL,
  subject text NOT NULL,
  data text NOT NULL
);
