#pragma once

#include <string>
#include <string_view>

#include <server/domain/recorder.hpp>

namespace kip::server {

/// A staff token as it is shown once.
struct NewToken {
  std::string token;  ///< "kip_" and 43 characters: 256 random bits
  std::string name;
};

/// Staff tokens: made, kept as a digest only, recognised. Thread-safe.
class StaffAccess {
 public:
  StaffAccess(Store& store, const Recorder& recorder) : store_(store), recorder_(recorder) {}

  /// `name` is 1 to 64 of a-z, 0-9 and inner hyphens: it stands in every event that its owner causes.
  /// Errors: malformed; conflict where the name has a token already.
  Result<NewToken> create_token(std::string_view actor, std::string_view name, std::string_view role);

  /// "staff:NAME" for events. Errors: denied.
  Result<std::string> recognise(std::string_view token);

 private:
  Store& store_;
  const Recorder& recorder_;
};

}  // namespace kip::server
