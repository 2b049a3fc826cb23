-- A session keeps the plan of a function's statement. One that was made while the table was empty read all rows of the log
-- for each new one; without a sort, the end of the primary key is all that is left to look at, whatever is known of the table.
CREATE OR REPLACE FUNCTION kip_number_event() RETURNS trigger LANGUAGE plpgsql
SET search_path = public SET enable_sort = off AS $$
BEGIN
  IF NEW.position <> 1 + coalesce((SELECT position FROM events WHERE tenant = NEW.tenant
                                   ORDER BY position DESC LIMIT 1), 0) THEN
    RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = 'events are numbered without gaps';
  END IF;
  RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION kip_number_leaf() RETURNS trigger LANGUAGE plpgsql
SET search_path = public SET enable_sort = off AS $$
BEGIN
  IF NEW.position <> 1 + coalesce((SELECT position FROM log_leaves
                                   WHERE tenant = NEW.tenant AND log = NEW.log AND life = NEW.life
                                   ORDER BY position DESC LIMIT 1), -1) THEN
    RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = 'leaves are numbered without gaps';
  END IF;
  RETURN NEW;
END
$$;
