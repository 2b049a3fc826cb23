-- An event's envelope may be destroyed, and nothing else of it may change: its place, id and type stay.
DROP TRIGGER events_are_never_changed;

CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
WHEN NEW.tenant <> OLD.tenant OR NEW.position <> OLD.position OR NEW.id <> OLD.id OR NEW.type <> OLD.type
  OR NEW.recorded <> OLD.recorded OR length(NEW.envelope) > 0
BEGIN
  SELECT RAISE(ABORT, 'events are only added to');
END;
