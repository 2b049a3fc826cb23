#pragma once

// Inside client-updater/platform/posix only.

#include <string>

#include <sys/types.h>

#include <manifests/core/result.hpp>

namespace kip::updater {

/// A user of this machine.
struct Account {
  uid_t user;
  gid_t group;
  std::string name;
  std::string home;
};

/// Error not_found.
Result<Account> find_account(const std::string& name);

}  // namespace kip::updater
