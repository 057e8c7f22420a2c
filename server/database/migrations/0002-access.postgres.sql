CREATE TABLE person (
  id text PRIMARY KEY,
  name text NOT NULL,
  email text NOT NULL,
  email_key text COLLATE "C" NOT NULL,
  role text NOT NULL CHECK (role IN ('viewer', 'operator', 'administrator')),
  password_hash text NOT NULL,
  password_set_at bigint NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL
);

CREATE UNIQUE INDEX person_email_key ON person (email_key);

-- One row once the first administrator exists: the first run can then never be open again.
CREATE TABLE first_run (
  id integer PRIMARY KEY CHECK (id = 1),
  closed_at bigint NOT NULL
);

CREATE TABLE web_session (
  id text PRIMARY KEY,
  token_hash text NOT NULL,
  person_id text NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  ip_address text NOT NULL,
  user_agent text NOT NULL,
  created_at bigint NOT NULL,
  last_seen_at bigint NOT NULL
);

CREATE UNIQUE INDEX web_session_token_hash ON web_session (token_hash);
CREATE INDEX web_session_person_id ON web_session (person_id);

CREATE TABLE api_key (
  id text PRIMARY KEY,
  name text NOT NULL,
  scopes text NOT NULL,
  hint text NOT NULL,
  secret_hash text NOT NULL,
  created_at bigint NOT NULL,
  created_by text NOT NULL,
  last_used_at bigint,
  expires_at bigint
);
