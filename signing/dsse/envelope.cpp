#include <algorithm>
#include <optional>

#include <fmt/format.h>

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

/// Reads what to_bytes() writes. Large texts go through a JSON parser octet by octet; envelopes are read by the ten
/// thousand, and nearly all of them are written here.
class OwnWriting {
 public:
  explicit OwnWriting(BytesView bytes) : left_(bytes) {}

  /// Nothing where it is written in another way, which need not be wrong.
  std::optional<Envelope> read() {
    Envelope out;
    const bool opened = take(R"({"payload":")") && take_base64(kMaxEnvelope, out.payload) &&
                        take(R"(","payloadType":")") && take_text(kMaxType, out.payload_type) &&
                        take(R"(","signatures":[)");
    if (!opened) return std::nullopt;
    while (take(R"({"keyid":")")) {
      Signature& one = out.signatures.emplace_back();
      const bool whole = out.signatures.size() <= kMaxSignatures && take_text(kMaxKeyId, one.key_id) &&
                         take(R"(","sig":")") && take_base64(kMaxSignature, one.octets) && take("\"}");
      if (!whole) return std::nullopt;
      if (!take(",")) break;
      if (!left_.starts_with('{')) return std::nullopt;
    }
    return take("]}") && left_.empty() ? std::optional(std::move(out)) : std::nullopt;
  }

 private:
  bool take(std::string_view expected) {
    if (!left_.starts_with(expected)) return false;
    left_.remove_prefix(expected.size());
    return true;
  }
  /// Up to the next quotation mark.
  std::optional<std::string_view> text(std::size_t max) {
    const std::string_view found = left_.substr(0, left_.find('"'));
    if (found.size() == left_.size() || found.size() > max) return std::nullopt;
    left_.remove_prefix(found.size());
    return found;
  }
  bool take_text(std::size_t max, std::string& to) {
    const auto found = text(max);
    const auto is_plain = [](char c) { return c >= ' ' && c <= '~' && c != '\\'; };
    if (!found || !std::all_of(found->begin(), found->end(), is_plain)) return false;
    to = *found;
    return true;
  }
  bool take_base64(std::size_t max, Bytes& to) {
    const auto found = text(max);
    auto octets = found ? from_base64(*found) : Result<Bytes>(fail(ErrorCode::malformed, "no text"));
    if (!octets) return false;
    to = *std::move(octets);
    return true;
  }

  std::string_view left_;
};

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
    if (auto own = OwnWriting(bytes).read()) return *std::move(own);
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
