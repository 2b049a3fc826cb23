#include "account.hpp"

#include <array>
#include <system_error>

#include <fmt/format.h>
#include <pwd.h>

#include <client-updater/platform/posix/network_process.hpp>
#include <manifests/core/printable.hpp>

namespace kip::updater {

Result<Account> find_account(const std::string& name) {
  std::array<char, 16384> buffer = {};
  passwd entry = {};
  passwd* found = nullptr;
  const int code = ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found != nullptr) return Account{found->pw_uid, found->pw_gid, name, found->pw_dir};
  return fail(ErrorCode::not_found, fmt::format("there is no user \"{}\" on this machine{}", printable_line(name),
                                                code == 0 ? "" : ": " + std::generic_category().message(code)));
}

std::string default_network_user() {
  constexpr const char* kOwn = "kip-network";
  return find_account(kOwn) ? kOwn : "nobody";
}

}  // namespace kip::updater
