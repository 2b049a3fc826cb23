#pragma once

#include <string>
#include <string_view>

#include <manifests/codec/json.hpp>
#include <manifests/core/digest.hpp>
#include <manifests/core/ids.hpp>

namespace kip {

/// All that a new install has to be told, as one string that survives mail and telephone: where the vendor's server is,
/// which root to trust, which key signs acknowledgements, and a secret that admits one install.
/// Format: docs/formats/enrolment.md. Text form: "kip1:" and base64url of JSON with a check value at its end.
struct EnrolmentCode {
  std::string url;  ///< base, without a slash at the end
  TenantId tenant;
  ProductId product;
  Sha256Digest root;   ///< of the bytes of 1.root.json
  Bytes log_key;       ///< Ed25519 public key of the server's entries, 32 octets
  std::string secret;  ///< 32 hexadecimal digits

  bool operator==(const EnrolmentCode&) const = default;
};

/// The hasher makes the check value that catches typing errors. Errors: malformed.
Result<EnrolmentCode> parse_enrolment_code(std::string_view text, const Sha256Function& sha256);
std::string to_text(const EnrolmentCode& code, const Sha256Function& sha256);

/// What an install sends, in an envelope signed with the key it names. Format: "kip.enrolment/1".
struct EnrolmentRequest {
  TenantId tenant;
  ProductId product;
  std::string secret;
  json::Value public_key;  ///< a TUF key object
  std::string label;       ///< what people call the machine
};

/// Errors: malformed.
Result<EnrolmentRequest> parse_enrolment_request(BytesView payload);
json::Value to_json(const EnrolmentRequest& request);

}  // namespace kip
