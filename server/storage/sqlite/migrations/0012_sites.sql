-- Codes for as many computers as a site has seats, and computers that wait for a person's word.
ALTER TABLE enrolment_codes ADD COLUMN seats INTEGER NOT NULL DEFAULT 1;
ALTER TABLE enrolment_codes ADD COLUMN approval INTEGER NOT NULL DEFAULT 0 CHECK (approval IN (0, 1));

CREATE TABLE waiting_installs (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  public_key TEXT NOT NULL,
  customer TEXT NOT NULL,
  product TEXT NOT NULL,
  label TEXT NOT NULL,
  code BLOB NOT NULL CHECK (length(code) = 32),
  asked INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'admitted', 'declined')),
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
