-- Instants are milliseconds since 1970-01-01T00:00:00Z, digests are hexadecimal.

CREATE TABLE enrolment (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  code TEXT NOT NULL,
  url TEXT NOT NULL,
  tenant TEXT NOT NULL,
  product TEXT NOT NULL,
  root TEXT NOT NULL,
  log_key BLOB NOT NULL,
  install TEXT NOT NULL,
  incarnation TEXT NOT NULL,
  customer TEXT NOT NULL,
  label TEXT NOT NULL,
  enrolled_at INTEGER NOT NULL
) STRICT;

CREATE TABLE floor (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  version TEXT NOT NULL
) STRICT;

CREATE TABLE revocation (
  version TEXT PRIMARY KEY,
  reason TEXT NOT NULL
) STRICT;

CREATE TABLE version (
  manifest TEXT NOT NULL,
  version TEXT NOT NULL,
  committed_at INTEGER NOT NULL,
  confirmed_at INTEGER,
  current INTEGER NOT NULL CHECK (current IN (0, 1)),
  PRIMARY KEY (manifest, version)
) STRICT;

CREATE UNIQUE INDEX one_current_version ON version (current) WHERE current = 1;

CREATE TABLE attempt (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  move TEXT NOT NULL CHECK (move IN ('install', 'rollback')),
  phase TEXT NOT NULL CHECK (phase IN ('idle', 'downloaded', 'staged', 'applying', 'committed', 'confirmed')),
  target_version TEXT,
  target_manifest TEXT,
  from_version TEXT,
  from_manifest TEXT,
  failure_state TEXT,
  failure_detail TEXT
) STRICT;

CREATE TABLE memory (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  skipped_version TEXT,
  skipped_manifest TEXT,
  last_check INTEGER,
  delivery_failures INTEGER NOT NULL,
  next_try INTEGER
) STRICT;

CREATE TABLE receipt (
  incarnation TEXT NOT NULL,
  sequence INTEGER NOT NULL CHECK (sequence >= 1),
  digest TEXT NOT NULL,
  envelope BLOB NOT NULL,
  event_index INTEGER UNIQUE,
  acknowledgement BLOB,
  PRIMARY KEY (incarnation, sequence),
  CHECK ((event_index IS NULL) = (acknowledgement IS NULL))
) STRICT;

CREATE INDEX pending_receipt ON receipt (incarnation, sequence) WHERE acknowledgement IS NULL;
