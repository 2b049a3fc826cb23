#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include <manifests/codec/plain_json.hpp>
#include <manifests/codec/reader.hpp>
#include <signing/dsse/envelope.hpp>

namespace kip::dsse {
namespace {

constexpr std::size_t kMaxEnvelope = 4U << 20U;
constexpr std::size_t kMaxSignatures = 64;
constexpr std::size_t kMaxType = 256;
constexpr std::size_t kMaxKeyId = 256;
constexpr std::size_t kMaxSignature = 16'384;

Result<Signature> parse_signature(const json::Value& value) {
  json::ObjectReader in(value, "signature");
  std::string key_id = in.optional_text("keyid", kMaxKeyId).value_or("");
  auto octets = in.parsed("sig", from_base64, kMaxSignature);
  KIP_TRY_VOID(in.finish());
  return Signature{std::move(key_id), *std::move(octets)};
}

std::optional<Signature> read_own_signature(json::PlainJson& in) {
  const auto key_id = in.take_text(kMaxKeyId);
  auto octets = key_id && in.take(R"(","sig":")") ? in.take_base64(kMaxSignature) : std::nullopt;
  if (!octets || !in.take("\"}")) return std::nullopt;
  return Signature{std::string(*key_id), *std::move(octets)};
}

/// Reads what to_bytes() writes; nothing where it is written in another way, which need not be wrong. Envelopes are
/// read by the ten thousand, and nearly all of them are written here.
std::optional<Envelope> read_own(BytesView bytes) {
  json::PlainJson in(bytes);
  auto payload = in.take(R"({"payload":")") ? in.take_base64(kMaxEnvelope) : std::nullopt;
  const auto type = payload && in.take(R"(","payloadType":")") ? in.take_text(kMaxType) : std::nullopt;
  if (!type || !in.take(R"(","signatures":[)")) return std::nullopt;
  Envelope out{std::string(*type), *std::move(payload), {}};
  do {
    auto one = in.take(R"({"keyid":")") ? read_own_signature(in) : std::nullopt;
    if (!one || out.signatures.size() == kMaxSignatures) return std::nullopt;
    out.signatures.push_back(*std::move(one));
  } while (in.take(","));
  return in.take("]}") && in.is_at_end() ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace

Bytes pre_authentication_encoding(std::string_view payload_type, BytesView payload) {
  const std::string head = fmt::format("DSSEv1 {} {} {} ", payload_type.size(), payload_type, payload.size());
  Bytes out;
  out.reserve(head.size() + payload.size());
  out.append(head).append(payload);
  return out;
}

Result<Envelope> sign(std::string payload_type, Bytes payload, const Signer& signer) {
  KIP_TRY(Bytes octets, signer.key.sign(pre_authentication_encoding(payload_type, payload)));
  return Envelope{std::move(payload_type), std::move(payload), {{signer.key_id, std::move(octets)}}};
}

Result<Envelope> parse(BytesView bytes) {
  if (bytes.size() <= kMaxEnvelope) {
    if (auto own = read_own(bytes)) return *std::move(own);
  }
  KIP_TRY(const json::Value value, json::parse(bytes, {.bytes = kMaxEnvelope, .depth = 8, .values = 1000}));
  json::ObjectReader in(value, "envelope");
  Envelope out;
  out.payload_type = in.text("payloadType", kMaxType);
  auto payload = in.parsed("payload", from_base64, kMaxEnvelope);
  out.signatures = in.each("signatures", parse_signature, kMaxSignatures);
  KIP_TRY_VOID(in.finish());
  out.payload = *std::move(payload);
  return out;
}

/// Compact JSON, its members in the order of their names. A payload can be large and needs no escapes.
Bytes to_bytes(const Envelope& envelope) {
  const std::string payload = to_base64(envelope.payload);
  json::Array signatures;
  for (const Signature& signature : envelope.signatures) {
    signatures.push_back(json::Object{{"keyid", signature.key_id}, {"sig", to_base64(signature.octets)}});
  }
  const std::string rest =
      json::to_compact(json::Object{{"payloadType", envelope.payload_type}, {"signatures", std::move(signatures)}});
  constexpr std::string_view kBegin = R"({"payload":")";
  Bytes out;
  out.reserve(kBegin.size() + payload.size() + rest.size() + 1);
  // What follows is the other members without their own brace.
  out.append(kBegin).append(payload).append("\",").append(rest, 1);
  return out;
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
