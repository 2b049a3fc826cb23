#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <server/domain/recorder.hpp>
#include <server/domain/staff_caller.hpp>

namespace kip::server {

/// An API token as it is shown once.
struct NewToken {
  std::string token;  ///< "kip_" and 43 characters: 256 random bits
  TokenRecord record;
};

struct TokenRequest {
  std::string label = {};
  std::optional<StaffActions> scopes = {};  ///< nothing: whatever the person may at the time of use
  std::chrono::hours life = kUsualLife;

  static constexpr std::chrono::hours kUsualLife = std::chrono::days(365);
  static constexpr std::chrono::hours kLongestLife = std::chrono::days(730);
};

/// Recognises staff by API tokens and sessions; makes, lists and ends tokens. Of a token only its digest is kept.
/// Thread-safe.
class StaffAccess {
 public:
  StaffAccess(Store& store, const Recorder& recorder) : store_(store), recorder_(recorder) {}

  /// Where staff are added from the server's own shell: the person is added with these roles unless there. Errors:
  /// malformed for a name that is no slug; not_found for a person who was removed; those of create_token().
  Result<NewToken> provide_token(const Actor& actor, std::string_view person, const StaffRoles& roles,
                                 const TokenRequest& request = {});

  /// Errors: not_found where there is no such person; usage for a life that is none or too long, for no scope, and for
  /// a label of more than 200 octets or with control characters.
  Result<NewToken> create_token(const Actor& actor, const PersonName& person, const TokenRequest& request);

  /// Whether who came like this may make such a token: nobody makes one for what his roles do not allow, and a token
  /// none that may more than it, or outlives it. Errors: denied.
  static Result<void> expect_within(const StaffCaller& caller, const TokenRequest& request, Instant now);

  /// Ends the token with that id: one's own, or anybody's where `of` is missing. Errors: not_found; conflict where it
  /// was ended before.
  Result<void> revoke_token(const Actor& actor, const std::optional<PersonName>& of, std::string_view id);

  /// By when they were made, ended ones included.
  Result<std::vector<TokenRecord>> tokens(const PersonName& of) const;

  /// Takes the text of an API token or of a session. Errors: denied.
  Result<StaffCaller> recognise(std::string_view text) const;

 private:
  Result<NewToken> create_in(UnitOfWork& unit, const Actor& actor, const PersonName& person,
                             const TokenRequest& request) const;

  Store& store_;
  const Recorder& recorder_;
};

/// A text by which somebody is recognised: the prefix and 43 characters, 256 random bits.
std::string new_secret(std::string_view prefix, RandomSource& random);

}  // namespace kip::server
