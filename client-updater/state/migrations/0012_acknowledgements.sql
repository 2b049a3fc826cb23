-- The server's word is one for many receipts: it is kept once, and each receipt names it. Of one event each receipt has the place.

CREATE TABLE acknowledgement (
  number INTEGER PRIMARY KEY,
  envelope BLOB NOT NULL
) STRICT;

INSERT INTO acknowledgement SELECT rowid, acknowledgement FROM receipt WHERE acknowledgement IS NOT NULL;
INSERT INTO acknowledgement
  SELECT (SELECT coalesce(max(rowid), 0) FROM receipt) + rowid, acknowledgement FROM lost_acknowledgement;

CREATE TABLE receipt_anew (
  incarnation TEXT NOT NULL,
  sequence INTEGER NOT NULL CHECK (sequence >= 1),
  digest TEXT NOT NULL,
  envelope BLOB NOT NULL,
  event_index INTEGER,
  recorded_at INTEGER,
  acknowledgement INTEGER REFERENCES acknowledgement (number),
  PRIMARY KEY (incarnation, sequence),
  CHECK ((event_index IS NULL) = (acknowledgement IS NULL))
) STRICT;

-- Of what was acknowledged before, one receipt had one place: no time is needed to tell that another one cannot have it.
INSERT INTO receipt_anew
  SELECT incarnation, sequence, digest, envelope, event_index, NULL, CASE WHEN acknowledgement IS NULL THEN NULL ELSE rowid END FROM receipt;

CREATE TABLE lost_acknowledgement_anew (
  incarnation TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  event_index INTEGER NOT NULL,
  acknowledgement INTEGER NOT NULL REFERENCES acknowledgement (number),
  PRIMARY KEY (incarnation, sequence, event_index)
) STRICT;

INSERT INTO lost_acknowledgement_anew
  SELECT incarnation, sequence, event_index, (SELECT coalesce(max(rowid), 0) FROM receipt) + rowid FROM lost_acknowledgement;

DROP TABLE receipt;
DROP TABLE lost_acknowledgement;
ALTER TABLE receipt_anew RENAME TO receipt;
ALTER TABLE lost_acknowledgement_anew RENAME TO lost_acknowledgement;

CREATE INDEX pending_receipt ON receipt (incarnation, sequence) WHERE acknowledgement IS NULL;
CREATE INDEX receipt_by_place ON receipt (event_index) WHERE event_index IS NOT NULL;

UPDATE form SET oldest_reader = 12;
