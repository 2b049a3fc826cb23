-- Every key begins with the tenant. Instants are milliseconds since 1970, UTC; digests are 32 octets.

-- The truth: signed events, only ever added to. Everything below that table can be made again from it.
CREATE TABLE events (
  tenant TEXT NOT NULL,
  position INTEGER NOT NULL CHECK (position >= 1),
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  envelope BLOB NOT NULL,
  recorded INTEGER NOT NULL,
  PRIMARY KEY (tenant, position),
  UNIQUE (tenant, id)
) STRICT;

CREATE TRIGGER events_have_no_gaps BEFORE INSERT ON events
WHEN NEW.position <> 1 + (SELECT coalesce(max(position), 0) FROM events WHERE tenant = NEW.tenant)
BEGIN
  SELECT RAISE(ABORT, 'events are numbered without gaps');
END;

CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
BEGIN
  SELECT RAISE(ABORT, 'events are only added to');
END;

CREATE TRIGGER events_are_never_removed BEFORE DELETE ON events
BEGIN
  SELECT RAISE(ABORT, 'events are only added to');
END;

-- The projection.
CREATE TABLE acts (
  tenant TEXT NOT NULL,
  key TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (tenant, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE commitments (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE customers (
  tenant TEXT NOT NULL,
  tax_code TEXT NOT NULL,
  product TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (tenant, tax_code, product)
) STRICT, WITHOUT ROWID;

CREATE TABLE enrolment_codes (
  tenant TEXT NOT NULL,
  secret BLOB NOT NULL CHECK (length(secret) = 32),
  customer TEXT NOT NULL,
  product TEXT NOT NULL,
  label TEXT NOT NULL,
  expires INTEGER NOT NULL,
  PRIMARY KEY (tenant, secret)
) STRICT, WITHOUT ROWID;

CREATE TABLE installs (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  public_key TEXT NOT NULL,
  customer TEXT NOT NULL,
  product TEXT NOT NULL,
  label TEXT NOT NULL,
  code BLOB NOT NULL,
  enrolled INTEGER NOT NULL,
  standing TEXT NOT NULL CHECK (standing IN ('active', 'held', 'retired')),
  disputed INTEGER NOT NULL,
  incarnation TEXT NOT NULL,
  last_sequence INTEGER NOT NULL,
  missing INTEGER NOT NULL,
  report_state TEXT,
  report_version TEXT,
  report_received INTEGER,
  PRIMARY KEY (tenant, id),
  FOREIGN KEY (tenant, code) REFERENCES enrolment_codes (tenant, secret) DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;

CREATE INDEX installs_by_code ON installs (tenant, code);

CREATE TABLE receipts (
  tenant TEXT NOT NULL,
  install TEXT NOT NULL,
  incarnation TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  digest BLOB NOT NULL CHECK (length(digest) = 32),
  previous BLOB CHECK (previous IS NULL OR length(previous) = 32),
  state TEXT NOT NULL,
  version TEXT NOT NULL,
  event_position INTEGER NOT NULL,
  recorded INTEGER NOT NULL,
  PRIMARY KEY (tenant, install, incarnation, sequence, digest),
  FOREIGN KEY (tenant, install) REFERENCES installs (tenant, id) DEFERRABLE INITIALLY DEFERRED,
  FOREIGN KEY (tenant, event_position) REFERENCES events (tenant, position) DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;

CREATE TABLE installations (
  tenant TEXT NOT NULL,
  install TEXT NOT NULL,
  version TEXT NOT NULL,
  installed_at INTEGER NOT NULL,
  PRIMARY KEY (tenant, install, version),
  FOREIGN KEY (tenant, install) REFERENCES installs (tenant, id) DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;

CREATE TABLE publications (
  tenant TEXT NOT NULL,
  product TEXT NOT NULL,
  version TEXT NOT NULL,
  manifest BLOB NOT NULL CHECK (length(manifest) = 32),
  acts TEXT NOT NULL,
  published_at INTEGER NOT NULL,
  event_position INTEGER NOT NULL,
  PRIMARY KEY (tenant, product, version),
  FOREIGN KEY (tenant, event_position) REFERENCES events (tenant, position) DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;

CREATE TABLE obligations (
  tenant TEXT NOT NULL,
  number INTEGER NOT NULL CHECK (number >= 1),
  act TEXT NOT NULL,
  commitment TEXT NOT NULL,
  PRIMARY KEY (tenant, number),
  UNIQUE (tenant, act, commitment),
  FOREIGN KEY (tenant, act) REFERENCES acts (tenant, key) DEFERRABLE INITIALLY DEFERRED,
  FOREIGN KEY (tenant, commitment) REFERENCES commitments (tenant, id) DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;

CREATE TABLE staff_tokens (
  tenant TEXT NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  created INTEGER NOT NULL,
  PRIMARY KEY (tenant, hash)
) STRICT, WITHOUT ROWID;

-- Not part of the projection: one-time values of signed requests, forgotten once they have expired.
CREATE TABLE nonces (
  tenant TEXT NOT NULL,
  nonce TEXT NOT NULL,
  expires INTEGER NOT NULL,
  PRIMARY KEY (tenant, nonce)
) STRICT, WITHOUT ROWID;

CREATE INDEX nonces_by_expiry ON nonces (tenant, expires);
