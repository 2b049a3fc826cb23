-- Notices to customers, and since when each kind of them is sent.
CREATE TABLE notices (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  customer TEXT NOT NULL,
  product TEXT NOT NULL,
  subject TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'accepted', 'bounced', 'given-up')),
  cause INTEGER NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (tenant, id),
  FOREIGN KEY (tenant, customer, product) REFERENCES customers (tenant, tax_code, product)
    DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX notices_about ON notices (tenant, kind, customer, product, subject);
CREATE INDEX notices_by_customer ON notices (tenant, customer, product, id);
CREATE INDEX notices_by_cause ON notices (tenant, cause);
CREATE INDEX notices_queued ON notices (tenant, id) WHERE state = 'queued';

CREATE TABLE notice_switches (
  tenant TEXT NOT NULL,
  kind TEXT NOT NULL,
  is_on INTEGER NOT NULL,
  event_position INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (tenant, kind)
) STRICT, WITHOUT ROWID;
