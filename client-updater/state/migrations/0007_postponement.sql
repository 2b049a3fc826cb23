-- What the contract says about putting updates off, by the vendor's server's last signed word.

CREATE TABLE postponement (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  allowed INTEGER NOT NULL CHECK (allowed IN (0, 1)),
  force_allowed INTEGER NOT NULL CHECK (force_allowed IN (0, 1)),
  said_at INTEGER NOT NULL
) STRICT;
