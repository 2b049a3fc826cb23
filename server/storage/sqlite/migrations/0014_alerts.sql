-- What has to be looked after, and who is being told of it.
CREATE TABLE alerts (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  is_open INTEGER NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX alerts_open ON alerts (tenant, id) WHERE is_open = 1;

CREATE TABLE alert_deliveries (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  state TEXT NOT NULL,
  next_at INTEGER NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX alert_deliveries_waiting ON alert_deliveries (tenant, next_at) WHERE state = 'waiting';
