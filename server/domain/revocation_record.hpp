#pragma once

#include <string>
#include <string_view>

#include <manifests/codec/json.hpp>
#include <manifests/core/digest.hpp>
#include <manifests/core/instant.hpp>
#include <signing/timestamp/revocation.hpp>

namespace kip::server {

/// What is archived of the revocation of the certificates behind one signer of time stamps, for all its tokens: a
/// statement that is newer than a token speaks for the earlier ones as well. A value.
struct RevocationRecord {
  Sha256Digest signer;  ///< of the signing certificate, in DER
  std::string authority;
  Bytes token;            ///< its newest one in O
  bool is_over = false;   ///< everything was said after that token, or nothing will be said
  Instant next_at = {};   ///< nobody is asked before
  Instant as_of = {};     ///< of what the signer's issuer says below; the epoch where it says nothing
  std::string told = {};  ///< what was told of the last attempt's problems
  tsp::RevocationData data = {};

  bool operator==(const RevocationRecord&) const = default;
};

inline const Sha256Digest& key_of(const RevocationRecord& record) {
  return record.signer;
}

/// A record as a store keeps it, all but its key.
json::Value revocation_document(const RevocationRecord& record);
/// Errors: malformed.
Result<RevocationRecord> read_revocation_document(const Sha256Digest& signer, std::string_view text);

}  // namespace kip::server
