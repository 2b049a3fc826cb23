-- What people here, and failed updates, have asked the vendor for.

CREATE TABLE service_request (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  grade INTEGER NOT NULL CHECK (grade BETWEEN 1 AND 4),
  made_at INTEGER NOT NULL,
  failed_version TEXT,
  digest TEXT NOT NULL,
  envelope BLOB NOT NULL,
  number INTEGER,
  recorded_at INTEGER,
  asked_at INTEGER,
  due INTEGER,
  open INTEGER NOT NULL CHECK (open IN (0, 1)),
  answer BLOB,
  refusal TEXT NOT NULL,
  CHECK ((number IS NULL) = (answer IS NULL)),
  CHECK ((number IS NULL) = (recorded_at IS NULL)),
  CHECK ((number IS NULL) = (asked_at IS NULL))
) STRICT;
