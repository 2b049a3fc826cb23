#pragma once

// Inside signing/timestamp only.

#include <signing/timestamp/revocation.hpp>
#include <signing/timestamp/x509.hpp>

namespace kip::tsp {

/// What the statements say of each certificate of the chain but the root, for a token of that time. Statements that do
/// not hold, or that are about other certificates, count for nothing. Errors: rollback where one says that a
/// certificate is revoked in a way that reaches the token; malformed for one that does not parse.
/// Source: RFC 3161 section 4, RFC 5280 section 6.3
Result<std::vector<RevocationStatus>> check_revocation(const STACK_OF(X509) * chain, const RevocationData& known,
                                                       std::chrono::sys_seconds at);

/// What one statement says of one certificate.
struct Statement {
  Instant as_of;
  bool revoked = false;
  Instant revoked_at = {};
  std::optional<int> reason = {};  ///< RFC 5280 section 5.3.1; nothing where it is not stated
};

/// Nothing where the list is not by the issuer or does not cover the certificate.
std::optional<Statement> read_crl(X509_CRL* crl, X509* certificate, X509* issuer);

}  // namespace kip::tsp
