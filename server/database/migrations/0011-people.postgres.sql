-- States of people, links that are mailed to them, their second factors, and what signing in takes.
ALTER TABLE person ADD COLUMN state text NOT NULL DEFAULT 'active' CHECK (state IN ('invited', 'active', 'disabled'));
ALTER TABLE person ADD COLUMN language text;
ALTER TABLE person ADD COLUMN last_sign_in_at bigint;
ALTER TABLE person ADD COLUMN disabled_at bigint;
ALTER TABLE person ADD COLUMN invited_by text;

ALTER TABLE web_session ADD COLUMN confirmed_at bigint NOT NULL DEFAULT 0;

-- One of each purpose for a person: a newer one takes the place of the one before.
CREATE TABLE person_link (
  token_hash text PRIMARY KEY,
  person_id text NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  purpose text NOT NULL CHECK (purpose IN ('invitation', 'password-reset', 'email-change')),
  email text NOT NULL,
  email_key text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL
);
CREATE UNIQUE INDEX person_link_purpose ON person_link (person_id, purpose);

CREATE TABLE sign_in_challenge (
  id_hash text PRIMARY KEY,
  purpose text NOT NULL,
  person_id text REFERENCES person (id) ON DELETE CASCADE,
  webauthn_challenge text,
  tries integer NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL
);
CREATE INDEX sign_in_challenge_person_id ON sign_in_challenge (person_id);
CREATE INDEX sign_in_challenge_expires_at ON sign_in_challenge (expires_at);

CREATE TABLE person_totp (
  person_id text PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE,
  secret_sealed text NOT NULL,
  created_at bigint NOT NULL,
  confirmed_at bigint,
  last_step bigint NOT NULL
);

CREATE TABLE passkey (
  id text PRIMARY KEY,
  person_id text NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  credential_id text NOT NULL,
  public_key bytea NOT NULL,
  counter bigint NOT NULL,
  transports text NOT NULL,
  name text NOT NULL,
  is_synced integer NOT NULL,
  created_at bigint NOT NULL,
  last_used_at bigint
);
CREATE UNIQUE INDEX passkey_credential_id ON passkey (credential_id);
CREATE INDEX passkey_person_id ON passkey (person_id);

CREATE TABLE recovery_code (
  person_id text NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  code_hash text NOT NULL,
  created_at bigint NOT NULL,
  PRIMARY KEY (person_id, code_hash)
);

-- One row, once something was set.
CREATE TABLE sign_in_policy (
  id integer PRIMARY KEY CHECK (id = 1),
  administrators_need_factor integer NOT NULL
);
