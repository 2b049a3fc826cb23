-- What the issuers of the authorities' certificates have said of their revocation, by the signing certificate.
CREATE TABLE revocations (
  tenant TEXT NOT NULL,
  signer BLOB NOT NULL CHECK (length(signer) = 32),
  document TEXT NOT NULL,
  PRIMARY KEY (tenant, signer)
) STRICT, WITHOUT ROWID;
