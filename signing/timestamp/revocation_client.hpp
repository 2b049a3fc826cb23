#pragma once

#include <signing/fetch/http_client.hpp>
#include <signing/timestamp/token.hpp>

namespace kip::tsp {

/// Where a certificate's issuer tells what is revoked, as the certificate has it.
struct RevocationSources {
  std::vector<std::string> crls = {};
  std::vector<std::string> ocsp = {};

  bool operator==(const RevocationSources&) const = default;
};
/// Only addresses of HTTP, at most three of each kind. Errors: malformed.
Result<RevocationSources> revocation_sources(BytesView certificate);

/// What was learnt of a token's chain.
struct RevocationFetch {
  RevocationData data = {};  ///< statements that hold and are about the chain: to be archived with the token
  std::vector<RevocationStatus> status = {};  ///< as VerifiedToken::revocation
  /// Every certificate that names a source has a statement issued after the token. Where this is false, asking again
  /// later is sensible.
  bool complete = false;
  std::vector<std::string> problems = {};  ///< for people
};

/// Asks the issuers of a token's chain, by OCSP where a certificate names it, else by its lists, for what they say now.
/// Errors: rollback where a certificate is revoked in a way that reaches the token: it is of no use.
/// Source: RFC 6960, RFC 5280 section 4.2.1.13
Result<RevocationFetch> fetch_revocation(const VerifiedToken& token, HttpClient& http);

}  // namespace kip::tsp
