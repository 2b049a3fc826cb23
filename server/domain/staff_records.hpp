#pragma once

#include <optional>
#include <string>

#include <manifests/core/digest.hpp>
#include <manifests/core/instant.hpp>
#include <manifests/model/staff.hpp>
#include <signing/crypto/password_hash.hpp>

namespace kip::server {

/// An API token of a person; of its text only the digest is kept.
struct TokenRecord {
  Sha256Digest hash;
  PersonName person;
  std::string label = {};                   ///< what it is for, in the person's words
  std::optional<StaffActions> scopes = {};  ///< no more than these; whatever the person may where it is missing
  Instant created = {};
  std::optional<Instant> expires = {};  ///< missing in those of before tokens expired
  bool revoked = false;

  /// By which lists and events name it; 12 hexadecimal digits.
  std::string id() const { return hash.hex().substr(0, 12); }
  bool is_good(Instant now) const { return !revoked && (!expires || now < *expires); }
  bool operator==(const TokenRecord&) const = default;
};

/// The right to set a new password, once; of its text only the digest is kept.
struct Invitation {
  Sha256Digest secret;
  Instant expires;

  bool operator==(const Invitation&) const = default;
};

/// By what a person is recognised besides tokens.
struct CredentialRecord {
  PersonName person;
  std::optional<PasswordHash> password = {};
  std::optional<Invitation> invitation = {};

  bool operator==(const CredentialRecord&) const = default;
};

struct SessionRecord {
  Sha256Digest hash;
  PersonName person;
  Instant begun;
  Instant expires;

  std::string id() const { return hash.hex().substr(0, 12); }
  bool operator==(const SessionRecord&) const = default;
};

inline PersonName key_of(const StaffMember& person) {
  return person.name;
}
inline Sha256Digest key_of(const TokenRecord& token) {
  return token.hash;
}
inline PersonName key_of(const CredentialRecord& credential) {
  return credential.person;
}
inline Sha256Digest key_of(const SessionRecord& session) {
  return session.hash;
}

}  // namespace kip::server
