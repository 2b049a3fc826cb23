-- Installs that take the place of others.
ALTER TABLE enrolment_codes ADD COLUMN replaces TEXT;
ALTER TABLE installs ADD COLUMN replaced_by TEXT;
