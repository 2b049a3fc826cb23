-- The transparency logs: what stands in them is decided with the event, in its transaction.
CREATE TABLE log_lives (
  tenant TEXT NOT NULL,
  log TEXT NOT NULL CHECK (log IN ('o', 'r')),
  number INTEGER NOT NULL CHECK (number >= 1),
  origin TEXT NOT NULL,
  PRIMARY KEY (tenant, log, number),
  UNIQUE (tenant, origin)
) STRICT, WITHOUT ROWID;

-- A salt may be destroyed, and nothing else changes.
CREATE TABLE log_leaves (
  tenant TEXT NOT NULL,
  log TEXT NOT NULL,
  life INTEGER NOT NULL,
  position INTEGER NOT NULL CHECK (position >= 0),
  event_position INTEGER NOT NULL,
  entry BLOB NOT NULL CHECK (length(entry) <= 65535),
  salt BLOB CHECK (salt IS NULL OR length(salt) = 32),
  PRIMARY KEY (tenant, log, life, position),
  FOREIGN KEY (tenant, log, life) REFERENCES log_lives (tenant, log, number),
  FOREIGN KEY (tenant, event_position) REFERENCES events (tenant, position)
) STRICT;

CREATE INDEX log_leaves_by_event ON log_leaves (tenant, event_position);

CREATE TRIGGER log_leaves_have_no_gaps BEFORE INSERT ON log_leaves
WHEN NEW.position <> (SELECT coalesce(max(position) + 1, 0) FROM log_leaves
                      WHERE tenant = NEW.tenant AND log = NEW.log AND life = NEW.life)
BEGIN
  SELECT RAISE(ABORT, 'leaves are numbered without gaps');
END;

CREATE TRIGGER log_leaves_are_never_changed BEFORE UPDATE ON log_leaves
WHEN NEW.tenant <> OLD.tenant OR NEW.log <> OLD.log OR NEW.life <> OLD.life OR NEW.position <> OLD.position
  OR NEW.event_position <> OLD.event_position OR NEW.entry <> OLD.entry OR NEW.salt IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'leaves are only added to');
END;

CREATE TRIGGER log_leaves_are_never_removed BEFORE DELETE ON log_leaves
BEGIN
  SELECT RAISE(ABORT, 'leaves are only added to');
END;

CREATE TRIGGER log_lives_are_never_changed BEFORE UPDATE ON log_lives
BEGIN
  SELECT RAISE(ABORT, 'the lives of a log are only added to');
END;

CREATE TRIGGER log_lives_are_never_removed BEFORE DELETE ON log_lives
BEGIN
  SELECT RAISE(ABORT, 'the lives of a log are only added to');
END;
