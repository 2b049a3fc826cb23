-- Versions that officers allow to be left for an earlier one, as they said last.

CREATE TABLE downgrade (
  version TEXT NOT NULL,
  from_version TEXT NOT NULL,
  PRIMARY KEY (version, from_version)
) STRICT;
