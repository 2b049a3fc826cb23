-- SQLite's migration 11: people, told from their tokens. Both are made anew from the events.
CREATE TABLE staff_members (
  tenant TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  document TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, name)
);

DROP TABLE staff_tokens;
CREATE TABLE staff_tokens (
  tenant TEXT COLLATE "C" NOT NULL,
  hash BYTEA NOT NULL CHECK (octet_length(hash) = 32),
  person TEXT COLLATE "C" NOT NULL,
  label TEXT COLLATE "C" NOT NULL,
  scopes TEXT COLLATE "C",
  created BIGINT NOT NULL,
  expires BIGINT,
  revoked BIGINT NOT NULL CHECK (revoked IN (0, 1)),
  PRIMARY KEY (tenant, hash)
);

-- Not part of the projection: by what people are recognised. No event has any of it.
CREATE TABLE staff_credentials (
  tenant TEXT COLLATE "C" NOT NULL,
  person TEXT COLLATE "C" NOT NULL,
  password TEXT COLLATE "C",
  invitation BYTEA CHECK (octet_length(invitation) = 32),
  invitation_expires BIGINT,
  PRIMARY KEY (tenant, person),
  CHECK ((invitation IS NULL) = (invitation_expires IS NULL))
);

CREATE TABLE staff_sessions (
  tenant TEXT COLLATE "C" NOT NULL,
  hash BYTEA NOT NULL CHECK (octet_length(hash) = 32),
  person TEXT COLLATE "C" NOT NULL,
  begun BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  PRIMARY KEY (tenant, hash)
);
