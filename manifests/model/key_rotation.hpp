#pragma once

#include <string>
#include <string_view>

#include <manifests/codec/json.hpp>
#include <manifests/core/ids.hpp>
#include <manifests/core/instant.hpp>

namespace kip {

/// DSSE payload types of an install's word about its next key, and of the server's answer.
inline constexpr std::string_view kKeyRotationType = "application/vnd.kip.key-rotation+json";
inline constexpr std::string_view kKeyRotationAnswerType = "application/vnd.kip.key-rotation-answer+json";

/// An install gives its key up for another one. Its envelope is signed by both. The old key's id binds it to one place
/// in the install's history: once that key has been given up, nothing follows from it any more.
/// Format: docs/formats/key-rotation.md, "kip.key-rotation/1".
struct KeyRotation {
  TenantId tenant;
  InstallId install;
  std::string old_key;  ///< id of the key that is given up, 64 hexadecimal digits
  json::Value new_key;  ///< a TUF key object
  Instant made_at;      ///< by the install's own clock: a claim

  bool operator==(const KeyRotation&) const = default;
};

/// Errors: malformed.
Result<KeyRotation> parse_key_rotation(BytesView payload);
json::Value to_json(const KeyRotation& rotation);

/// The server's signed word that a key is the install's from now on, in history and durably.
/// Format: docs/formats/key-rotation.md, "kip.key-rotation-answer/1".
struct KeyRotationAnswer {
  TenantId tenant;
  InstallId install;
  std::string key;  ///< id of the new key
  Instant said_at;  ///< by the server's clock

  bool operator==(const KeyRotationAnswer&) const = default;
};

/// Errors: malformed.
Result<KeyRotationAnswer> parse_key_rotation_answer(BytesView payload);
json::Value to_json(const KeyRotationAnswer& answer);

}  // namespace kip
