#pragma once

#include <optional>

#include <signing/timestamp/certificates.hpp>

namespace kip::tsp {

/// Lists of revoked certificates and answers to OCSP, in DER, as archived with a token. They are verified before they
/// count.
struct RevocationData {
  std::vector<Bytes> crls = {};
  std::vector<Bytes> ocsp = {};

  bool operator==(const RevocationData&) const = default;
};

/// What is known of the revocation of one certificate.
struct RevocationStatus {
  /// As of when the authority that issued the certificate said that nothing speaks against the token: the newest
  /// statement. Nothing where there was no statement that holds.
  std::optional<Instant> as_of = {};
  std::string source = {};  ///< "crl" or "ocsp"; empty without a statement
  /// When the certificate is revoked all the same, without casting doubt on what it has signed before.
  std::optional<Instant> revoked_at = {};

  bool operator==(const RevocationStatus&) const = default;
};

/// Whether it parses as an answer of OCSP; nothing of it is verified.
bool is_ocsp_response(BytesView bytes);

}  // namespace kip::tsp
