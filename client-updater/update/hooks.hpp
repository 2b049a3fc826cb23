#pragma once

#include <client-updater/update/hook_policy.hpp>
#include <client-updater/update/install.hpp>
#include <client-updater/update/narrator.hpp>

namespace kip::updater {

/// Stops the application before a switch and starts it afterwards, where the administrator has said how. That it was
/// stopped is remembered through a crash. Not thread-safe.
class Hooks {
 public:
  /// Both must outlive it.
  Hooks(const Install& install, const Narrator& narrator) : install_(install), narrator_(narrator) {}

  /// Errors: those of the policy; conflict where the application did not stop: it is started again.
  Result<void> quiesce();
  /// Starts it where it was stopped; a second time where that fails once. Errors: conflict.
  Result<void> resume();
  /// Read once. Errors: denied, malformed, which name the file.
  Result<HookPolicy> policy();

 private:
  Result<void> start();

  const Install& install_;
  const Narrator& narrator_;
  std::optional<HookPolicy> policy_;
};

/// What came of a command that should have ended well. Error conflict, with the command's last words.
Result<void> expect_success(const Command& command, const CommandOutcome& outcome);

}  // namespace kip::updater
