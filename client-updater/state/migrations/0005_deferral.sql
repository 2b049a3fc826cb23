-- What people here have put off, and what a version that is available waits for.

CREATE TABLE deferral (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  version TEXT NOT NULL,
  until INTEGER NOT NULL,
  reason TEXT NOT NULL
) STRICT;

CREATE TABLE waiting (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  version TEXT NOT NULL,
  what TEXT NOT NULL CHECK (what IN ('window', 'filing-day', 'deferred'))
) STRICT;
