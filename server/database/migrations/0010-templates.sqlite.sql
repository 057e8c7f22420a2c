-- Templates and their versions, which never change; and what the layout of all of them shows of the company.
CREATE TABLE template (
  id TEXT PRIMARY KEY,
  key TEXT NOT NULL,
  name TEXT NOT NULL,
  sort_key TEXT NOT NULL,
  search_text TEXT NOT NULL,
  subject TEXT NOT NULL,
  format TEXT NOT NULL,
  lane TEXT NOT NULL,
  languages TEXT NOT NULL,
  settings_id TEXT,
  is_built_in INTEGER NOT NULL,
  is_changed INTEGER NOT NULL,
  brought_hash TEXT NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  updated_by TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX template_key ON template (key);
CREATE INDEX template_sort_key ON template (sort_key);

CREATE TABLE template_version (
  template_id TEXT NOT NULL REFERENCES template (id) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  name TEXT NOT NULL,
  subject TEXT NOT NULL,
  reason TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  content TEXT NOT NULL,
  compiled TEXT,
  PRIMARY KEY (template_id, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE branding (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  fields TEXT NOT NULL,
  logo_type TEXT,
  logo_width INTEGER,
  logo_height INTEGER,
  logo BLOB,
  version INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  updated_by TEXT NOT NULL
) STRICT;
