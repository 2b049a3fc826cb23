-- Which forms of this file can be read by whom: a program that knows this number of migrations, or more, reads it and
-- writes to it as it is, whatever later ones have added. A migration that it could not live with raises the number.

CREATE TABLE form (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  oldest_reader INTEGER NOT NULL
) STRICT;

INSERT INTO form VALUES (1, 6);
