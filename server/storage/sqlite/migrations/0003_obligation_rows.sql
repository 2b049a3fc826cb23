-- What people have said about acts and obligations.
CREATE TABLE act_histories (
  tenant TEXT NOT NULL,
  act TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (tenant, act),
  FOREIGN KEY (tenant, act) REFERENCES acts (tenant, key) DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;

ALTER TABLE obligations ADD COLUMN circumstances TEXT;

CREATE INDEX obligations_by_act ON obligations (tenant, act);
CREATE INDEX installs_by_customer ON installs (tenant, customer, product);
CREATE INDEX installations_by_version ON installations (tenant, version);

-- The first time that the person at an install put a version off.
CREATE TABLE deferrals (
  tenant TEXT NOT NULL,
  install TEXT NOT NULL,
  version TEXT NOT NULL,
  deferred_at INTEGER NOT NULL,
  PRIMARY KEY (tenant, install, version),
  FOREIGN KEY (tenant, install) REFERENCES installs (tenant, id) DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;

-- One customer under one obligation, in numbers, and their sums.
CREATE TABLE obligation_rows (
  tenant TEXT NOT NULL,
  number INTEGER NOT NULL,
  customer TEXT NOT NULL,
  applicability TEXT NOT NULL,
  installed INTEGER NOT NULL,
  seats INTEGER NOT NULL,
  never_enrolled INTEGER NOT NULL,
  completed_at INTEGER,
  deferred_at INTEGER,
  PRIMARY KEY (tenant, number, customer),
  FOREIGN KEY (tenant, number) REFERENCES obligations (tenant, number) DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;

CREATE INDEX obligation_rows_completed ON obligation_rows (tenant, number, completed_at)
  WHERE completed_at IS NOT NULL AND applicability IN ('applicable', 'unknown_attribute');
CREATE INDEX obligation_rows_deferred ON obligation_rows (tenant, number, deferred_at)
  WHERE deferred_at IS NOT NULL AND applicability IN ('applicable', 'unknown_attribute');

CREATE TABLE obligation_tallies (
  tenant TEXT NOT NULL,
  number INTEGER NOT NULL,
  counted INTEGER NOT NULL,
  complete INTEGER NOT NULL,
  unknown INTEGER NOT NULL,
  not_applicable INTEGER NOT NULL,
  not_entitled INTEGER NOT NULL,
  installed INTEGER NOT NULL,
  seats INTEGER NOT NULL,
  never_enrolled INTEGER NOT NULL,
  PRIMARY KEY (tenant, number),
  FOREIGN KEY (tenant, number) REFERENCES obligations (tenant, number) DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;

-- Which form of the projection a tenant's tables have; another one than the program's is made again from the events.
CREATE TABLE projection_forms (
  tenant TEXT NOT NULL PRIMARY KEY,
  form INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What people have said about series of acts: which numbers are no registered act, and why.
CREATE TABLE coverages (
  tenant TEXT NOT NULL,
  series TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (tenant, series)
) STRICT, WITHOUT ROWID;
