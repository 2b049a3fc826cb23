-- The customer's databases that releases may bring migrations for.

CREATE TABLE customer_database (
  place INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  location TEXT NOT NULL UNIQUE,
  attached_at INTEGER NOT NULL
) STRICT;
