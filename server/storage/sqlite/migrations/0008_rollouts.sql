-- What was last recorded of each product's rollout.
CREATE TABLE rollouts (
  tenant TEXT NOT NULL,
  product TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (tenant, product)
) STRICT, WITHOUT ROWID;
