-- States of people, links that are mailed to them, their second factors, and what signing in takes.
ALTER TABLE person ADD COLUMN state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('invited', 'active', 'disabled'));
ALTER TABLE person ADD COLUMN language TEXT;
ALTER TABLE person ADD COLUMN last_sign_in_at INTEGER;
ALTER TABLE person ADD COLUMN disabled_at INTEGER;
ALTER TABLE person ADD COLUMN invited_by TEXT;

ALTER TABLE web_session ADD COLUMN confirmed_at INTEGER NOT NULL DEFAULT 0;

-- One of each purpose for a person: a newer one takes the place of the one before.
CREATE TABLE person_link (
  token_hash TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  purpose TEXT NOT NULL CHECK (purpose IN ('invitation', 'password-reset', 'email-change')),
  email TEXT NOT NULL,
  email_key TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX person_link_purpose ON person_link (person_id, purpose);

CREATE TABLE sign_in_challenge (
  id_hash TEXT PRIMARY KEY,
  purpose TEXT NOT NULL,
  person_id TEXT REFERENCES person (id) ON DELETE CASCADE,
  webauthn_challenge TEXT,
  tries INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sign_in_challenge_person_id ON sign_in_challenge (person_id);
CREATE INDEX sign_in_challenge_expires_at ON sign_in_challenge (expires_at);

CREATE TABLE person_totp (
  person_id TEXT PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE,
  secret_sealed TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  confirmed_at INTEGER,
  last_step INTEGER NOT NULL
) STRICT;

CREATE TABLE passkey (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  credential_id TEXT NOT NULL,
  public_key BLOB NOT NULL,
  counter INTEGER NOT NULL,
  transports TEXT NOT NULL,
  name TEXT NOT NULL,
  is_synced INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER
) STRICT;
CREATE UNIQUE INDEX passkey_credential_id ON passkey (credential_id);
CREATE INDEX passkey_person_id ON passkey (person_id);

CREATE TABLE recovery_code (
  person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  code_hash TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (person_id, code_hash)
) STRICT, WITHOUT ROWID;

-- One row, once something was set.
CREATE TABLE sign_in_policy (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  administrators_need_factor INTEGER NOT NULL
) STRICT;
