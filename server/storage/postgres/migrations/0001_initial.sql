-- What SQLite's migrations 1 to 10 amount to. Every key begins with the tenant. Instants are milliseconds since 1970, UTC;
-- digests are 32 octets. Texts are in the order of their octets, whatever the database's own order is.

-- The argument says why a change is refused.
CREATE FUNCTION kip_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = TG_ARGV[0];
END
$$;

-- The truth: signed events, only ever added to. Everything below that table can be made again from it.
CREATE TABLE events (
  tenant TEXT COLLATE "C" NOT NULL,
  position BIGINT NOT NULL CHECK (position >= 1),
  id TEXT COLLATE "C" NOT NULL,
  type TEXT COLLATE "C" NOT NULL,
  envelope BYTEA NOT NULL,
  recorded BIGINT NOT NULL,
  PRIMARY KEY (tenant, position),
  UNIQUE (tenant, id)
);

CREATE FUNCTION kip_number_event() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
  IF NEW.position <> 1 + (SELECT coalesce(max(position), 0) FROM events WHERE tenant = NEW.tenant) THEN
    RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = 'events are numbered without gaps';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER events_have_no_gaps BEFORE INSERT ON events
  FOR EACH ROW EXECUTE FUNCTION kip_number_event();

-- An event's envelope may be destroyed, and nothing else of it may change: its place, id and type stay.
CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
  FOR EACH ROW WHEN (NEW.tenant <> OLD.tenant OR NEW.position <> OLD.position OR NEW.id <> OLD.id
    OR NEW.type <> OLD.type OR NEW.recorded <> OLD.recorded OR octet_length(NEW.envelope) > 0)
  EXECUTE FUNCTION kip_refuse('events are only added to');

CREATE TRIGGER events_are_never_removed BEFORE DELETE ON events
  FOR EACH ROW EXECUTE FUNCTION kip_refuse('events are only added to');

CREATE TRIGGER events_are_never_emptied BEFORE TRUNCATE ON events
  FOR EACH STATEMENT EXECUTE FUNCTION kip_refuse('events are only added to');

-- The projection.
CREATE TABLE acts (
  tenant TEXT COLLATE "C" NOT NULL,
  key TEXT COLLATE "C" NOT NULL,
  document TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, key)
);

CREATE TABLE commitments (
  tenant TEXT COLLATE "C" NOT NULL,
  id TEXT COLLATE "C" NOT NULL,
  document TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, id)
);

CREATE TABLE customers (
  tenant TEXT COLLATE "C" NOT NULL,
  tax_code TEXT COLLATE "C" NOT NULL,
  product TEXT COLLATE "C" NOT NULL,
  document TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, tax_code, product)
);

CREATE TABLE enrolment_codes (
  tenant TEXT COLLATE "C" NOT NULL,
  secret BYTEA NOT NULL CHECK (octet_length(secret) = 32),
  customer TEXT COLLATE "C" NOT NULL,
  product TEXT COLLATE "C" NOT NULL,
  label TEXT COLLATE "C" NOT NULL,
  expires BIGINT NOT NULL,
  replaces TEXT COLLATE "C",
  PRIMARY KEY (tenant, secret)
);

CREATE TABLE installs (
  tenant TEXT COLLATE "C" NOT NULL,
  id TEXT COLLATE "C" NOT NULL,
  public_key TEXT COLLATE "C" NOT NULL,
  customer TEXT COLLATE "C" NOT NULL,
  product TEXT COLLATE "C" NOT NULL,
  label TEXT COLLATE "C" NOT NULL,
  code BYTEA NOT NULL,
  enrolled BIGINT NOT NULL,
  standing TEXT COLLATE "C" NOT NULL CHECK (standing IN ('active', 'held', 'retired')),
  disputed BIGINT NOT NULL,
  incarnation TEXT COLLATE "C" NOT NULL,
  last_sequence BIGINT NOT NULL,
  missing BIGINT NOT NULL,
  report_state TEXT COLLATE "C",
  report_version TEXT COLLATE "C",
  report_received BIGINT,
  replaced_by TEXT COLLATE "C",
  PRIMARY KEY (tenant, id),
  FOREIGN KEY (tenant, code) REFERENCES enrolment_codes (tenant, secret) DEFERRABLE INITIALLY DEFERRED
);

CREATE INDEX installs_by_code ON installs (tenant, code);

CREATE TABLE receipts (
  tenant TEXT COLLATE "C" NOT NULL,
  install TEXT COLLATE "C" NOT NULL,
  incarnation TEXT COLLATE "C" NOT NULL,
  sequence BIGINT NOT NULL,
  digest BYTEA NOT NULL CHECK (octet_length(digest) = 32),
  previous BYTEA CHECK (previous IS NULL OR octet_length(previous) = 32),
  state TEXT COLLATE "C" NOT NULL,
  version TEXT COLLATE "C" NOT NULL,
  event_position BIGINT NOT NULL,
  recorded BIGINT NOT NULL,
  PRIMARY KEY (tenant, install, incarnation, sequence, digest),
  FOREIGN KEY (tenant, install) REFERENCES installs (tenant, id) DEFERRABLE INITIALLY DEFERRED,
  FOREIGN KEY (tenant, event_position) REFERENCES events (tenant, position) DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE installations (
  tenant TEXT COLLATE "C" NOT NULL,
  install TEXT COLLATE "C" NOT NULL,
  version TEXT COLLATE "C" NOT NULL,
  installed_at BIGINT NOT NULL,
  PRIMARY KEY (tenant, install, version),
  FOREIGN KEY (tenant, install) REFERENCES installs (tenant, id) DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE publications (
  tenant TEXT COLLATE "C" NOT NULL,
  product TEXT COLLATE "C" NOT NULL,
  version TEXT COLLATE "C" NOT NULL,
  manifest BYTEA NOT NULL CHECK (octet_length(manifest) = 32),
  acts TEXT COLLATE "C" NOT NULL,
  published_at BIGINT NOT NULL,
  event_position BIGINT NOT NULL,
  PRIMARY KEY (tenant, product, version),
  FOREIGN KEY (tenant, event_position) REFERENCES events (tenant, position) DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE obligations (
  tenant TEXT COLLATE "C" NOT NULL,
  number BIGINT NOT NULL CHECK (number >= 1),
  act TEXT COLLATE "C" NOT NULL,
  commitment TEXT COLLATE "C" NOT NULL,
  circumstances TEXT COLLATE "C",
  PRIMARY KEY (tenant, number),
  UNIQUE (tenant, act, commitment),
  FOREIGN KEY (tenant, act) REFERENCES acts (tenant, key) DEFERRABLE INITIALLY DEFERRED,
  FOREIGN KEY (tenant, commitment) REFERENCES commitments (tenant, id) DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE staff_tokens (
  tenant TEXT COLLATE "C" NOT NULL,
  hash BYTEA NOT NULL CHECK (octet_length(hash) = 32),
  name TEXT COLLATE "C" NOT NULL,
  role TEXT COLLATE "C" NOT NULL,
  created BIGINT NOT NULL,
  PRIMARY KEY (tenant, hash)
);

-- Not part of the projection: one-time values of signed requests, forgotten once they have expired.
CREATE TABLE nonces (
  tenant TEXT COLLATE "C" NOT NULL,
  nonce TEXT COLLATE "C" NOT NULL,
  expires BIGINT NOT NULL,
  PRIMARY KEY (tenant, nonce)
);

CREATE INDEX nonces_by_expiry ON nonces (tenant, expires);

-- What people have said about acts and obligations.
CREATE TABLE act_histories (
  tenant TEXT COLLATE "C" NOT NULL,
  act TEXT COLLATE "C" NOT NULL,
  document TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, act),
  FOREIGN KEY (tenant, act) REFERENCES acts (tenant, key) DEFERRABLE INITIALLY DEFERRED
);

CREATE INDEX obligations_by_act ON obligations (tenant, act);
CREATE INDEX installs_by_customer ON installs (tenant, customer, product);
CREATE INDEX installations_by_version ON installations (tenant, version);

-- The first time that the person at an install put a version off.
CREATE TABLE deferrals (
  tenant TEXT COLLATE "C" NOT NULL,
  install TEXT COLLATE "C" NOT NULL,
  version TEXT COLLATE "C" NOT NULL,
  deferred_at BIGINT NOT NULL,
  PRIMARY KEY (tenant, install, version),
  FOREIGN KEY (tenant, install) REFERENCES installs (tenant, id) DEFERRABLE INITIALLY DEFERRED
);

-- One customer under one obligation, in numbers, and their sums.
CREATE TABLE obligation_rows (
  tenant TEXT COLLATE "C" NOT NULL,
  number BIGINT NOT NULL,
  customer TEXT COLLATE "C" NOT NULL,
  applicability TEXT COLLATE "C" NOT NULL,
  installed BIGINT NOT NULL,
  seats BIGINT NOT NULL,
  never_enrolled BIGINT NOT NULL,
  completed_at BIGINT,
  deferred_at BIGINT,
  PRIMARY KEY (tenant, number, customer),
  FOREIGN KEY (tenant, number) REFERENCES obligations (tenant, number) DEFERRABLE INITIALLY DEFERRED
);

CREATE INDEX obligation_rows_completed ON obligation_rows (tenant, number, completed_at)
  WHERE completed_at IS NOT NULL AND applicability IN ('applicable', 'unknown_attribute');
CREATE INDEX obligation_rows_deferred ON obligation_rows (tenant, number, deferred_at)
  WHERE deferred_at IS NOT NULL AND applicability IN ('applicable', 'unknown_attribute');

CREATE TABLE obligation_tallies (
  tenant TEXT COLLATE "C" NOT NULL,
  number BIGINT NOT NULL,
  counted BIGINT NOT NULL,
  complete BIGINT NOT NULL,
  unknown BIGINT NOT NULL,
  not_applicable BIGINT NOT NULL,
  not_entitled BIGINT NOT NULL,
  installed BIGINT NOT NULL,
  seats BIGINT NOT NULL,
  never_enrolled BIGINT NOT NULL,
  PRIMARY KEY (tenant, number),
  FOREIGN KEY (tenant, number) REFERENCES obligations (tenant, number) DEFERRABLE INITIALLY DEFERRED
);

-- Which form of the projection a tenant's tables have; another one than the program's is made again from the events.
CREATE TABLE projection_forms (
  tenant TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  form BIGINT NOT NULL
);

-- What people have said about series of acts: which numbers are no registered act, and why.
CREATE TABLE coverages (
  tenant TEXT COLLATE "C" NOT NULL,
  series TEXT COLLATE "C" NOT NULL,
  document TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, series)
);

-- What is promised about requests for service, the requests, and inspections.
CREATE TABLE service_promises (
  tenant TEXT COLLATE "C" NOT NULL,
  id TEXT COLLATE "C" NOT NULL,
  document TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, id)
);

CREATE TABLE service_requests (
  tenant TEXT COLLATE "C" NOT NULL,
  number BIGINT NOT NULL CHECK (number >= 1),
  id TEXT COLLATE "C" NOT NULL,
  install TEXT COLLATE "C",
  customer TEXT COLLATE "C" NOT NULL,
  product TEXT COLLATE "C" NOT NULL,
  open BIGINT NOT NULL CHECK (open IN (0, 1)),
  envelope BYTEA CHECK (envelope IS NULL OR octet_length(envelope) = 32),
  document TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, number),
  UNIQUE (tenant, id),
  FOREIGN KEY (tenant, install) REFERENCES installs (tenant, id) DEFERRABLE INITIALLY DEFERRED
);

CREATE INDEX service_requests_by_customer ON service_requests (tenant, customer, product);
CREATE INDEX service_requests_open ON service_requests (tenant, install) WHERE open = 1;

CREATE TABLE inspections (
  tenant TEXT COLLATE "C" NOT NULL,
  event_position BIGINT NOT NULL,
  customer TEXT COLLATE "C" NOT NULL,
  product TEXT COLLATE "C" NOT NULL,
  day TEXT COLLATE "C" NOT NULL,
  actor TEXT COLLATE "C" NOT NULL,
  note TEXT COLLATE "C" NOT NULL,
  record BYTEA CHECK (record IS NULL OR octet_length(record) = 32),
  PRIMARY KEY (tenant, event_position),
  FOREIGN KEY (tenant, event_position) REFERENCES events (tenant, position) DEFERRABLE INITIALLY DEFERRED
);

CREATE INDEX inspections_by_customer ON inspections (tenant, customer, product);

-- The transparency logs: what stands in them is decided with the event, in its transaction.
CREATE TABLE log_lives (
  tenant TEXT COLLATE "C" NOT NULL,
  log TEXT COLLATE "C" NOT NULL CHECK (log IN ('o', 'r')),
  number BIGINT NOT NULL CHECK (number >= 1),
  origin TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, log, number),
  UNIQUE (tenant, origin)
);

-- A salt may be destroyed, and nothing else changes.
CREATE TABLE log_leaves (
  tenant TEXT COLLATE "C" NOT NULL,
  log TEXT COLLATE "C" NOT NULL,
  life BIGINT NOT NULL,
  position BIGINT NOT NULL CHECK (position >= 0),
  event_position BIGINT NOT NULL,
  entry BYTEA NOT NULL CHECK (octet_length(entry) <= 65535),
  salt BYTEA CHECK (salt IS NULL OR octet_length(salt) = 32),
  PRIMARY KEY (tenant, log, life, position),
  FOREIGN KEY (tenant, log, life) REFERENCES log_lives (tenant, log, number),
  FOREIGN KEY (tenant, event_position) REFERENCES events (tenant, position)
);

CREATE INDEX log_leaves_by_event ON log_leaves (tenant, event_position);

CREATE FUNCTION kip_number_leaf() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
  IF NEW.position <> (SELECT coalesce(max(position) + 1, 0) FROM log_leaves
                      WHERE tenant = NEW.tenant AND log = NEW.log AND life = NEW.life) THEN
    RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = 'leaves are numbered without gaps';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER log_leaves_have_no_gaps BEFORE INSERT ON log_leaves
  FOR EACH ROW EXECUTE FUNCTION kip_number_leaf();

CREATE TRIGGER log_leaves_are_never_changed BEFORE UPDATE ON log_leaves
  FOR EACH ROW WHEN (NEW.tenant <> OLD.tenant OR NEW.log <> OLD.log OR NEW.life <> OLD.life
    OR NEW.position <> OLD.position OR NEW.event_position <> OLD.event_position OR NEW.entry <> OLD.entry
    OR NEW.salt IS NOT NULL)
  EXECUTE FUNCTION kip_refuse('leaves are only added to');

CREATE TRIGGER log_leaves_are_never_removed BEFORE DELETE ON log_leaves
  FOR EACH ROW EXECUTE FUNCTION kip_refuse('leaves are only added to');

CREATE TRIGGER log_leaves_are_never_emptied BEFORE TRUNCATE ON log_leaves
  FOR EACH STATEMENT EXECUTE FUNCTION kip_refuse('leaves are only added to');

CREATE TRIGGER log_lives_are_never_changed BEFORE UPDATE OR DELETE ON log_lives
  FOR EACH ROW EXECUTE FUNCTION kip_refuse('the lives of a log are only added to');

CREATE TRIGGER log_lives_are_never_emptied BEFORE TRUNCATE ON log_lives
  FOR EACH STATEMENT EXECUTE FUNCTION kip_refuse('the lives of a log are only added to');

-- Time stamps that are asked for. What has come of them stands in the log; nothing here is part of the projection.
CREATE TABLE stamp_subjects (
  tenant TEXT COLLATE "C" NOT NULL,
  digest BYTEA NOT NULL CHECK (octet_length(digest) = 32),
  checkpoint BYTEA NOT NULL,
  size BIGINT NOT NULL CHECK (size >= 0),
  wanted BIGINT NOT NULL,
  PRIMARY KEY (tenant, digest)
);

CREATE INDEX stamp_subjects_by_time ON stamp_subjects (tenant, wanted);

CREATE TABLE stamps (
  tenant TEXT COLLATE "C" NOT NULL,
  subject BYTEA NOT NULL,
  authority TEXT COLLATE "C" NOT NULL,
  document TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, subject, authority),
  FOREIGN KEY (tenant, subject) REFERENCES stamp_subjects (tenant, digest)
);

-- Notices to customers, and since when each kind of them is sent.
CREATE TABLE notices (
  tenant TEXT COLLATE "C" NOT NULL,
  id TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  customer TEXT COLLATE "C" NOT NULL,
  product TEXT COLLATE "C" NOT NULL,
  subject TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL CHECK (state IN ('queued', 'accepted', 'bounced', 'given-up')),
  cause BIGINT NOT NULL,
  document TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, id),
  FOREIGN KEY (tenant, customer, product) REFERENCES customers (tenant, tax_code, product)
    DEFERRABLE INITIALLY DEFERRED
);

CREATE UNIQUE INDEX notices_about ON notices (tenant, kind, customer, product, subject);
CREATE INDEX notices_by_customer ON notices (tenant, customer, product, id);
CREATE INDEX notices_by_cause ON notices (tenant, cause);
CREATE INDEX notices_queued ON notices (tenant, id) WHERE state = 'queued';

CREATE TABLE notice_switches (
  tenant TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  is_on BIGINT NOT NULL,
  event_position BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (tenant, kind)
);

-- What was last recorded of each product's rollout.
CREATE TABLE rollouts (
  tenant TEXT COLLATE "C" NOT NULL,
  product TEXT COLLATE "C" NOT NULL,
  document TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, product)
);

-- What the issuers of the authorities' certificates have said of their revocation, by the signing certificate.
CREATE TABLE revocations (
  tenant TEXT COLLATE "C" NOT NULL,
  signer BYTEA NOT NULL CHECK (octet_length(signer) = 32),
  document TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, signer)
);

