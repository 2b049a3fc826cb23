-- SQLite's migration 13: labels of installs, since when each rollout counts, how far each install has come with a version,
-- and what waits for another person.
ALTER TABLE installs ADD COLUMN labels TEXT COLLATE "C" NOT NULL DEFAULT '[]';
ALTER TABLE rollouts ADD COLUMN since BIGINT NOT NULL DEFAULT 0;
ALTER TABLE rollouts ADD COLUMN changed_by TEXT COLLATE "C" NOT NULL DEFAULT '';

CREATE TABLE progress (
  tenant TEXT COLLATE "C" NOT NULL,
  product TEXT COLLATE "C" NOT NULL,
  version TEXT COLLATE "C" NOT NULL,
  install TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  at BIGINT NOT NULL,
  failed_at BIGINT,
  PRIMARY KEY (tenant, product, version, install)
);

CREATE TABLE proposals (
  tenant TEXT COLLATE "C" NOT NULL,
  id TEXT COLLATE "C" NOT NULL,
  document TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, id)
);
