-- People, told from their tokens. Both are made anew from the events.
CREATE TABLE staff_members (
  tenant TEXT NOT NULL,
  name TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (tenant, name)
) STRICT, WITHOUT ROWID;

DROP TABLE staff_tokens;
CREATE TABLE staff_tokens (
  tenant TEXT NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  person TEXT NOT NULL,
  label TEXT NOT NULL,
  scopes TEXT,
  created INTEGER NOT NULL,
  expires INTEGER,
  revoked INTEGER NOT NULL CHECK (revoked IN (0, 1)),
  PRIMARY KEY (tenant, hash)
) STRICT, WITHOUT ROWID;

-- Not part of the projection: by what people are recognised. No event has any of it.
CREATE TABLE staff_credentials (
  tenant TEXT NOT NULL,
  person TEXT NOT NULL,
  password TEXT,
  invitation BLOB CHECK (length(invitation) = 32),
  invitation_expires INTEGER,
  PRIMARY KEY (tenant, person),
  CHECK ((invitation IS NULL) = (invitation_expires IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE staff_sessions (
  tenant TEXT NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  person TEXT NOT NULL,
  begun INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  PRIMARY KEY (tenant, hash)
) STRICT, WITHOUT ROWID;
