-- What the vendor's log has shown this install: the newest head of each of its lives, contradictions, and the newest time
-- stamp of which the server has told.

CREATE TABLE log_head (
  place INTEGER PRIMARY KEY,
  origin TEXT NOT NULL UNIQUE,
  size INTEGER NOT NULL CHECK (size >= 0),
  root TEXT NOT NULL,
  note BLOB NOT NULL,
  seen_at INTEGER NOT NULL
) STRICT;

CREATE TABLE log_conflict (
  place INTEGER PRIMARY KEY,
  fault TEXT NOT NULL CHECK (fault IN ('forked', 'shrunk')),
  origin TEXT NOT NULL,
  earlier BLOB NOT NULL,
  later BLOB NOT NULL,
  noticed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE basis (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  token TEXT NOT NULL
) STRICT;
