#include <manifests/codec/reader.hpp>
#include <manifests/core/digest.hpp>
#include <manifests/model/key_rotation.hpp>

namespace kip {
namespace {

constexpr std::size_t kMaxPayload = 16U << 10U;

/// The id of a TUF key: a SHA-256, as it is written.
Result<std::string> parse_key_id(std::string_view text) {
  KIP_TRY(const Sha256Digest digest, Sha256Digest::parse(text));
  return digest.hex();
}

}  // namespace

Result<KeyRotation> parse_key_rotation(BytesView payload) {
  KIP_TRY(const json::Value value, json::parse(payload, {.bytes = kMaxPayload}));
  json::ObjectReader in(value, "key rotation");
  in.format("kip.key-rotation", 1);
  auto tenant = in.parsed("tenant", TenantId::parse);
  auto install = in.parsed("install", InstallId::parse);
  auto old_key = in.parsed("old_key", parse_key_id);
  json::Value new_key = in.object("new_key");
  const auto made_at = in.parsed("made_at", parse_instant);
  KIP_TRY_VOID(in.finish());
  return KeyRotation{*std::move(tenant), *std::move(install), *std::move(old_key), std::move(new_key), *made_at};
}

json::Value to_json(const KeyRotation& rotation) {
  return json::Object{{"format", "kip.key-rotation/1"},    {"tenant", rotation.tenant.str()},
                      {"install", rotation.install.str()}, {"old_key", rotation.old_key},
                      {"new_key", rotation.new_key},       {"made_at", format_instant(rotation.made_at)}};
}

Result<KeyRotationAnswer> parse_key_rotation_answer(BytesView payload) {
  KIP_TRY(const json::Value value, json::parse(payload, {.bytes = kMaxPayload}));
  json::ObjectReader in(value, "answer to a key rotation");
  in.format("kip.key-rotation-answer", 1);
  auto tenant = in.parsed("tenant", TenantId::parse);
  auto install = in.parsed("install", InstallId::parse);
  auto key = in.parsed("key", parse_key_id);
  const auto said_at = in.parsed("said_at", parse_instant);
  KIP_TRY_VOID(in.finish());
  return KeyRotationAnswer{*std::move(tenant), *std::move(install), *std::move(key), *said_at};
}

json::Value to_json(const KeyRotationAnswer& answer) {
  return json::Object{{"format", "kip.key-rotation-answer/1"},
                      {"tenant", answer.tenant.str()},
                      {"install", answer.install.str()},
                      {"key", answer.key},
                      {"said_at", format_instant(answer.said_at)}};
}

}  // namespace kip
