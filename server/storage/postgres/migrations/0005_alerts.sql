-- SQLite's migration 14: what has to be looked after, and who is being told of it.
CREATE TABLE alerts (
  tenant TEXT COLLATE "C" NOT NULL,
  id TEXT COLLATE "C" NOT NULL,
  is_open BIGINT NOT NULL,
  document TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX alerts_open ON alerts (tenant, id) WHERE is_open = 1;

CREATE TABLE alert_deliveries (
  tenant TEXT COLLATE "C" NOT NULL,
  id TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  next_at BIGINT NOT NULL,
  document TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX alert_deliveries_waiting ON alert_deliveries (tenant, next_at) WHERE state = 'waiting';
