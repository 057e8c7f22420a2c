-- Templates and their versions, which never change; and what the layout of all of them shows of the company.
CREATE TABLE template (
  id text COLLATE "C" PRIMARY KEY,
  key text NOT NULL,
  name text NOT NULL,
  sort_key text COLLATE "C" NOT NULL,
  search_text text NOT NULL,
  subject text NOT NULL,
  format text NOT NULL,
  lane text NOT NULL,
  languages text NOT NULL,
  settings_id text,
  is_built_in integer NOT NULL,
  is_changed integer NOT NULL,
  brought_hash text NOT NULL,
  version integer NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  updated_by text NOT NULL
);
CREATE UNIQUE INDEX template_key ON template (key);
CREATE INDEX template_sort_key ON template (sort_key);

CREATE TABLE template_version (
  template_id text COLLATE "C" NOT NULL REFERENCES template (id) ON DELETE CASCADE,
  version integer NOT NULL,
  name text NOT NULL,
  subject text NOT NULL,
  reason text NOT NULL,
  created_at bigint NOT NULL,
  created_by text NOT NULL,
  content text NOT NULL,
  compiled text,
  PRIMARY KEY (template_id, version)
);

CREATE TABLE branding (
  id integer PRIMARY KEY CHECK (id = 1),
  fields text NOT NULL,
  logo_type text,
  logo_width integer,
  logo_height integer,
  logo bytea,
  version integer NOT NULL,
  updated_at bigint NOT NULL,
  updated_by text NOT NULL
);
