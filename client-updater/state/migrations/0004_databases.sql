-- The customer's databases that releases may bring migrations for.

CREATE TABLE customer_database (
  place INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  location TEXT NOT NULL UNIQUE,
  attached_at INTEGER NOT NULL,
  make TEXT NOT NULL CHECK (make IN ('sqlite', 'odbc'))
) STRICT;
