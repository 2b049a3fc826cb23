#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <server/domain/access.hpp>
#include <server/domain/login_throttle.hpp>
#include <server/domain/turns.hpp>
#include <signing/daemon/log.hpp>

namespace kip::server {

/// A session as it is shown once.
struct NewSession {
  std::string session;  ///< "kips_" and 43 characters: 256 random bits
  Instant expires;
};

/// Passwords of staff, and the sessions that they begin. Thread-safe.
class SignIn {
 public:
  struct Ports {
    Store& store;
    const Recorder& recorder;
    LoginThrottle& throttle;
    Log& log;
  };

  /// All must outlive it.
  SignIn(const Ports& ports, std::chrono::hours session_life);

  /// Until when that name has to wait, or that address; nothing where it may be tried.
  std::optional<Instant> locked_until(std::string_view name, const std::string& from) const;

  /// `from` is the network address. Errors: denied for a wrong name or password, without telling which; busy where too
  /// many wait for theirs to be looked at, or the name or the address has to wait.
  Result<NewSession> begin(std::string_view name, const SecretBytes& password, const std::string& from);

  /// Ends a session. Ending it again is no error.
  Result<void> end(const Sha256Digest& session);

  /// Sets a new password by an invitation, which is used up, or by the password so far; sessions of the person end.
  /// Errors: denied, busy as above; usage for a password that is too short, too long or the name.
  Result<void> set_password(std::string_view name, const SecretBytes& proof, const SecretBytes& password,
                            const std::string& from);

  static constexpr std::size_t kMinPassword = 12;    ///< characters
  static constexpr std::size_t kMaxPassword = 1024;  ///< octets

 private:
  Result<CredentialRecord> check(std::string_view name, const SecretBytes& proof, bool invitation,
                                 const std::string& from);

  Ports ports_;
  std::chrono::hours session_life_;
  PasswordHash nobodys_;  ///< looked at where there is no such person, so that time tells nothing
  /// An address from which many are wrong waits as well, but not long: a whole office may be behind it.
  LoginThrottle addresses_{{.free = 20, .longest = std::chrono::minutes(1)}};
  Turns turns_{{}};  ///< each takes 32 MiB and a core
};

/// What invitations begin with; 43 characters follow.
inline constexpr std::string_view kInvitationPrefix = "kipi_";

}  // namespace kip::server
