#pragma once

#include <client-updater/update/enrol.hpp>
#include <client-updater/update/updates.hpp>

namespace kip::updater {

struct RestoreResult {
  std::optional<ReplacedInstall> replaced = {};  ///< nothing where the code replaces no other install
  std::optional<Target> current = {};            ///< in use now
  bool before = false;                           ///< it was in use already when this began
  std::string reason = {};                       ///< why that is not what is recorded; empty where it is
  std::optional<Fetched> fetched = {};
  std::optional<CheckResult> offer = {};  ///< of the rollout, where that was asked for a version instead
};

/// Brings an install that was enrolled with this code to what is recorded of the one that it replaces: the version that
/// was last in use there, if officers still list it with the same content, have not revoked it, and their floor is not
/// above it. Else the version that the rollout offers this install. Nothing is done where a version is in use already,
/// so that it may be repeated after an interruption at any point. Errors: those of ask_replaced() and update().
Result<RestoreResult> restore(Install& install, const Narrator& narrator, const EnrolmentCode& code);

}  // namespace kip::updater
