#pragma once

// Inside signing/ceremony only.

#include <map>
#include <set>
#include <string>

#include <signing/ceremony/signing_state.hpp>

namespace kip {

/// The newest version of every offline role, to be changed and staged.
struct Draft {
  tuf::Root root;
  tuf::Targets targets;
  std::map<std::string, tuf::Targets, std::less<>> delegated;

  static Result<Draft> of(const RepositoryFolder& folder);

  /// Stages the roles whose content differs from the newest version, those in `also`, and those whose published
  /// signatures would not do any more. Returns them in the order in which they are signed.
  Result<std::vector<std::string>> stage(RepositoryFolder& folder, Instant now,
                                         const std::set<std::string>& also = {}) const;
};

}  // namespace kip
