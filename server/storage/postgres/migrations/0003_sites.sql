-- SQLite's migration 12: codes for as many computers as a site has seats, and computers that wait for a person's word.
ALTER TABLE enrolment_codes ADD COLUMN seats BIGINT NOT NULL DEFAULT 1;
ALTER TABLE enrolment_codes ADD COLUMN approval BIGINT NOT NULL DEFAULT 0 CHECK (approval IN (0, 1));

CREATE TABLE waiting_installs (
  tenant TEXT COLLATE "C" NOT NULL,
  id TEXT COLLATE "C" NOT NULL,
  public_key TEXT COLLATE "C" NOT NULL,
  customer TEXT COLLATE "C" NOT NULL,
  product TEXT COLLATE "C" NOT NULL,
  label TEXT COLLATE "C" NOT NULL,
  code BYTEA NOT NULL CHECK (octet_length(code) = 32),
  asked BIGINT NOT NULL,
  state TEXT COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'admitted', 'declined')),
  PRIMARY KEY (tenant, id)
);
