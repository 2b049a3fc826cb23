#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <server/domain/actor.hpp>
#include <server/domain/unit_of_work.hpp>

namespace kip::server {

/// What sessions begin with; what a person is recognised by has 43 characters more.
inline constexpr std::string_view kSessionPrefix = "kips_";

/// A member of staff who was recognised, with what they may do now.
struct StaffCaller {
  PersonName person;
  StaffActions actions;
  std::string credential;               ///< "token:…", "session:…", as events have it
  Sha256Digest proof;                   ///< digest of the token's or session's text
  bool is_session = false;              ///< else a token
  bool limited = false;                 ///< by a token's scopes
  std::optional<Instant> expires = {};  ///< of a token

  bool may(StaffAction action) const { return actions.contains(action); }
  /// Errors: denied, in words for the caller.
  Result<void> expect_may(StaffAction action) const;
};

/// Whom the text with that digest lets in, by the roles of this moment. Errors: denied.
Result<StaffCaller> caller_by(UnitOfWork& unit, const Sha256Digest& proof, bool is_session, Instant now);

/// That somebody who came in may still do it. Errors: denied.
Result<void> expect_admitted(UnitOfWork& unit, const Admission& admission, Instant now);

/// As caller_by() refuses.
Unexpected not_recognised();

}  // namespace kip::server
