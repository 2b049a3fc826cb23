#include "confine.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "account.hpp"
#include "descriptor.hpp"
#include "system_calls.hpp"
#include "system_failure.hpp"

namespace kip::updater {
namespace {

/// Libraries, names of hosts, certificates, and what their users look at.
constexpr std::array kSystem = {"/etc",
                                "/usr",
                                "/lib",
                                "/lib64",
                                "/run/systemd/resolve",
                                "/run/NetworkManager",
                                "/run/resolvconf",
                                "/var/lib/ca-certificates",
                                "/proc/self",
                                "/dev/null",
                                "/dev/urandom"};

constexpr std::uint64_t kReadFile = LANDLOCK_ACCESS_FS_READ_FILE;
constexpr std::uint64_t kRead = kReadFile | LANDLOCK_ACCESS_FS_READ_DIR;
/// All that the first version of Landlock knows.
constexpr std::uint64_t kFirstRights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1U) - 1;
constexpr int kKnowsRefer = 2;
constexpr std::uint64_t kRefer = 1U << 13U;
constexpr int kKnowsTruncate = 3;
constexpr std::uint64_t kTruncate = 1U << 14U;

Unexpected denied(const std::string& doing) {
  return system_failure(ErrorCode::denied, errno, "giving up the rights of the process for the network: " + doing);
}

Result<void> set_limits() {
  constexpr rlimit kNothing = {0, 0};
  std::signal(SIGXFSZ, SIG_IGN);
  if (::setrlimit(RLIMIT_FSIZE, &kNothing) != 0 || ::setrlimit(RLIMIT_CORE, &kNothing) != 0)
    return denied("setting limits");
  return {};
}

Result<void> change_user(const std::string& name) {
  KIP_TRY(const Account account, find_account(name));
  if (account.user == 0) {
    return fail(ErrorCode::denied,
                "the process for the network may not run as root; set network.user to another "
                "account in kip-updater.toml");
  }
  if (::setgroups(0, nullptr) != 0 || ::setresgid(account.group, account.group, account.group) != 0 ||
      ::setresuid(account.user, account.user, account.user) != 0) {
    return denied("becoming " + name);
  }
  return {};
}

/// What a root that stayed root could still do. Source: capset(2)
Result<void> give_up_capabilities() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none = {};
  if (::syscall(SYS_capset, &header, none.data()) != 0) return denied("giving up capabilities");
  return {};
}

std::uint64_t rights_known_to(int version) {
  std::uint64_t rights = kFirstRights;
  if (version >= kKnowsRefer) rights |= kRefer;
  if (version >= kKnowsTruncate) rights |= kTruncate;
  return rights;
}

Result<void> allow_reading(int rules, const std::filesystem::path& path) {
  const Descriptor place(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (place.get() < 0) return {};  // what is not there cannot be read
  const bool is_folder = std::filesystem::is_directory(path);
  const landlock_path_beneath_attr rule = {is_folder ? kRead : kReadFile, place.get()};
  if (::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
    return denied("allowing " + path.string());
  return {};
}

/// False where the kernel has no Landlock. Source: Documentation/userspace-api/landlock.rst of the kernel
Result<bool> restrict_files(const std::vector<std::filesystem::path>& readable) {
  const auto version =
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION));
  if (version < 1) return false;
  landlock_ruleset_attr handled = {};
  handled.handled_access_fs = rights_known_to(version);
  const Descriptor rules(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0)));
  if (rules.get() < 0) return denied("making rules");
  for (const char* const path : kSystem)
    KIP_TRY_VOID(allow_reading(rules.get(), path));
  for (const std::filesystem::path& path : readable)
    KIP_TRY_VOID(allow_reading(rules.get(), path));
  if (::syscall(SYS_landlock_restrict_self, rules.get(), 0) != 0) return denied("setting rules");
  return true;
}

}  // namespace

Result<void> leave_other_files(int kept) {
  Descriptor nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (nothing.get() < 0) return denied("opening /dev/null");
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO}) {
    if (::dup2(nothing.get(), standard) < 0) return denied("leaving standard output");
  }
  nothing.close();
  if (kept != kKeptFile && ::dup2(kept, kKeptFile) < 0) return denied("keeping the channel");
  if (::close_range(kKeptFile + 1, ~0U, 0) != 0) return denied("closing files");
  return {};
}

Result<void> confine(const NetworkProcessOptions& options) {
  if (::chdir("/") != 0) return denied("leaving the folder");
  KIP_TRY_VOID(set_limits());
  const Result<void> changed = ::geteuid() == 0 ? change_user(options.user) : Result<void>();
  if (!changed && options.must_be_user) return changed;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return denied("setting no_new_privs");
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return denied("hiding its memory");
  // After the change of user, which takes it back.
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return denied("tying its end to the updater's");
  KIP_TRY(const bool is_restricted, restrict_files(options.readable));
  KIP_TRY_VOID(give_up_capabilities());
  KIP_TRY_VOID(forbid_system_calls());
  // In a container, root may not be allowed to become others: there Landlock alone has to do.
  if (changed || is_restricted) return {};
  return changed;
}

}  // namespace kip::updater
