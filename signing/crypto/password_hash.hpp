#pragma once

#include <string>
#include <string_view>

#include <manifests/core/result.hpp>
#include <signing/crypto/random.hpp>
#include <signing/crypto/secret.hpp>

namespace kip {

/// What is kept of a password: salt, cost and a key derived by scrypt. Immutable, thread-safe; each derivation takes
/// 32 MiB and about a tenth of a second.
/// Source: RFC 7914; text form: PHC string format, "$scrypt$ln=15,r=8,p=1$SALT$KEY" with base64 without padding.
class PasswordHash {
 public:
  static PasswordHash make(const SecretBytes& password, RandomSource& random);
  /// Of no password that anybody knows: looking at it takes as long as at another, making it does not.
  static PasswordHash of_nobody(RandomSource& random);
  /// Errors: malformed, also for a cost above what is ever made here.
  static Result<PasswordHash> parse(std::string_view text);

  const std::string& str() const { return text_; }
  bool is_of(const SecretBytes& password) const;

  bool operator==(const PasswordHash&) const = default;

 private:
  explicit PasswordHash(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

}  // namespace kip
