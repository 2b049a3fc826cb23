#pragma once

#include <string>
#include <vector>

#include <signing/keys/key.hpp>

namespace kip::dsse {

/// One signature of an envelope; `key_id` is a hint for finding the key, nothing more.
struct Signature {
  std::string key_id;
  Bytes octets;

  bool operator==(const Signature&) const = default;
};

/// A signed statement: any payload bound to a type. Source: DSSE 1.0.2, github.com/secure-systems-lab/dsse
struct Envelope {
  std::string payload_type;
  Bytes payload;
  std::vector<Signature> signatures;

  bool operator==(const Envelope&) const = default;
};

/// What is signed: "DSSEv1", and type and payload with their lengths. Source: DSSE, protocol.md, "PAE".
Bytes pre_authentication_encoding(std::string_view payload_type, BytesView payload);

Result<Envelope> sign(std::string payload_type, Bytes payload, const Signer& signer);

/// Reads the JSON form (`payload` and `sig` in base64). Errors: malformed, too_large (over 4 MiB or 64 signatures).
Result<Envelope> parse(BytesView bytes);

/// The JSON form, compact; equal envelopes give equal bytes.
Bytes to_bytes(const Envelope& envelope);

/// The payload, once its type is the expected one and `threshold` distinct keys of `keys` have signed it.
/// Errors: signature.
Result<Bytes> verify(const Envelope& envelope, std::string_view payload_type, const std::vector<PublicKey>& keys,
                     std::size_t threshold = 1);

}  // namespace kip::dsse
