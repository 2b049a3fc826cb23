-- Labels of installs, since when each rollout counts, how far each install has come with a version, and what waits for
-- another person. The tables are made anew from the events.
ALTER TABLE installs ADD COLUMN labels TEXT NOT NULL DEFAULT '[]';
ALTER TABLE rollouts ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rollouts ADD COLUMN changed_by TEXT NOT NULL DEFAULT '';

CREATE TABLE progress (
  tenant TEXT NOT NULL,
  product TEXT NOT NULL,
  version TEXT NOT NULL,
  install TEXT NOT NULL,
  state TEXT NOT NULL,
  at INTEGER NOT NULL,
  failed_at INTEGER,
  PRIMARY KEY (tenant, product, version, install)
) STRICT, WITHOUT ROWID;

CREATE TABLE proposals (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
