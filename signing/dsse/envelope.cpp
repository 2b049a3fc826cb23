#include <algorithm>

#include <fmt/format.h>

#include <manifests/codec/reader.hpp>
#include <signing/dsse/envelope.hpp>

namespace kip::dsse {
namespace {

constexpr std::size_t kMaxEnvelope = 4U << 20U;
constexpr std::size_t kMaxSignatures = 64;

Result<Signature> parse_signature(const json::Value& value) {
  json::ObjectReader in(value, "signature");
  std::string key_id = in.optional_text("keyid", 256).value_or("");
  auto octets = in.parsed("sig", from_base64, 16'384);
  KIP_TRY_VOID(in.finish());
  return Signature{std::move(key_id), *std::move(octets)};
}

}  // namespace

Bytes pre_authentication_encoding(std::string_view payload_type, BytesView payload) {
  return fmt::format("DSSEv1 {} {} {} {}", payload_type.size(), payload_type, payload.size(), payload);
}

Result<Envelope> sign(std::string payload_type, Bytes payload, const Signer& signer) {
  KIP_TRY(Bytes octets, signer.key.sign(pre_authentication_encoding(payload_type, payload)));
  return Envelope{std::move(payload_type), std::move(payload), {{signer.key_id, std::move(octets)}}};
}

Result<Envelope> parse(BytesView bytes) {
  KIP_TRY(const json::Value value, json::parse(bytes, {.bytes = kMaxEnvelope, .depth = 8, .values = 1000}));
  json::ObjectReader in(value, "envelope");
  Envelope out;
  out.payload_type = in.text("payloadType", 256);
  auto payload = in.parsed("payload", from_base64, kMaxEnvelope);
  out.signatures = in.each("signatures", parse_signature, kMaxSignatures);
  KIP_TRY_VOID(in.finish());
  out.payload = *std::move(payload);
  return out;
}

Bytes to_bytes(const Envelope& envelope) {
  json::Array signatures;
  for (const Signature& signature : envelope.signatures) {
    signatures.push_back(json::Object{{"keyid", signature.key_id}, {"sig", to_base64(signature.octets)}});
  }
  return json::to_compact(json::Object{{"payloadType", envelope.payload_type},
                                       {"payload", to_base64(envelope.payload)},
                                       {"signatures", std::move(signatures)}});
}

Result<Bytes> verify(const Envelope& envelope, std::string_view payload_type, const std::vector<PublicKey>& keys,
                     std::size_t threshold) {
  if (envelope.payload_type != payload_type) {
    return fail(ErrorCode::signature, fmt::format("the envelope holds \"{}\", expected \"{}\"",
                                                  envelope.payload_type.substr(0, 80), payload_type));
  }
  const Bytes message = pre_authentication_encoding(envelope.payload_type, envelope.payload);
  std::vector<PublicKey> counted;
  for (const PublicKey& key : keys) {
    if (std::find(counted.begin(), counted.end(), key) != counted.end()) continue;
    const bool signed_by_it = std::any_of(envelope.signatures.begin(), envelope.signatures.end(),
                                          [&](const Signature& s) { return key.verify(message, s.octets); });
    if (signed_by_it) counted.push_back(key);
  }
  if (threshold > 0 && counted.size() >= threshold) return envelope.payload;
  return fail(ErrorCode::signature, fmt::format("{} of {} needed signatures are valid", counted.size(), threshold));
}

}  // namespace kip::dsse
