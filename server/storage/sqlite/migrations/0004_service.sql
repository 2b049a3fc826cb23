-- What is promised about requests for service, the requests, and inspections.
CREATE TABLE service_promises (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE service_requests (
  tenant TEXT NOT NULL,
  number INTEGER NOT NULL CHECK (number >= 1),
  id TEXT NOT NULL,
  install TEXT,
  customer TEXT NOT NULL,
  product TEXT NOT NULL,
  open INTEGER NOT NULL CHECK (open IN (0, 1)),
  envelope BLOB CHECK (envelope IS NULL OR length(envelope) = 32),
  document TEXT NOT NULL,
  PRIMARY KEY (tenant, number),
  UNIQUE (tenant, id),
  FOREIGN KEY (tenant, install) REFERENCES installs (tenant, id) DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;

CREATE INDEX service_requests_by_customer ON service_requests (tenant, customer, product);
CREATE INDEX service_requests_open ON service_requests (tenant, install) WHERE open = 1;

CREATE TABLE inspections (
  tenant TEXT NOT NULL,
  event_position INTEGER NOT NULL,
  customer TEXT NOT NULL,
  product TEXT NOT NULL,
  day TEXT NOT NULL,
  actor TEXT NOT NULL,
  note TEXT NOT NULL,
  record BLOB CHECK (record IS NULL OR length(record) = 32),
  PRIMARY KEY (tenant, event_position),
  FOREIGN KEY (tenant, event_position) REFERENCES events (tenant, position) DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;

CREATE INDEX inspections_by_customer ON inspections (tenant, customer, product);
