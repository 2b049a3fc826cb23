-- Time stamps that are asked for. What has come of them stands in the log; nothing here is part of the projection.
CREATE TABLE stamp_subjects (
  tenant TEXT NOT NULL,
  digest BLOB NOT NULL CHECK (length(digest) = 32),
  checkpoint BLOB NOT NULL,
  size INTEGER NOT NULL CHECK (size >= 0),
  wanted INTEGER NOT NULL,
  PRIMARY KEY (tenant, digest)
) STRICT, WITHOUT ROWID;

CREATE INDEX stamp_subjects_by_time ON stamp_subjects (tenant, wanted);

CREATE TABLE stamps (
  tenant TEXT NOT NULL,
  subject BLOB NOT NULL,
  authority TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (tenant, subject, authority),
  FOREIGN KEY (tenant, subject) REFERENCES stamp_subjects (tenant, digest)
) STRICT, WITHOUT ROWID;
