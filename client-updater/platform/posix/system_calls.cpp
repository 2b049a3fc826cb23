#include "system_calls.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <vector>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "system_failure.hpp"

namespace kip::updater {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kMachine = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kMachine = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kMachine = 0;
#endif

constexpr std::uint32_t kOtherNumbers = 0x40000000;  // x32 counts its own from here on

constexpr std::array kForbidden = {
#ifdef SYS_chmod
    SYS_chmod,
    SYS_chown,
    SYS_lchown,
    SYS_utime,
    SYS_utimes,
    SYS_futimesat,
#endif
    SYS_fchmod,
    SYS_fchmodat,
    SYS_fchown,
    SYS_fchownat,
    SYS_utimensat,
    SYS_setxattr,
    SYS_lsetxattr,
    SYS_fsetxattr,
    SYS_removexattr,
    SYS_lremovexattr,
    SYS_fremovexattr,
    SYS_kill,
    SYS_tkill,
    SYS_tgkill,
    SYS_rt_sigqueueinfo,
    SYS_rt_tgsigqueueinfo,
    SYS_pidfd_send_signal,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_execve,
    SYS_execveat};

sock_filter load(std::size_t offset) {
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}

sock_filter unless_equal(std::uint32_t value, std::uint8_t skipped) {
  return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skipped);
}

sock_filter end(std::uint32_t what) {
  return BPF_STMT(BPF_RET | BPF_K, what);
}

std::vector<sock_filter> rules() {
  constexpr std::uint32_t kRefused = SECCOMP_RET_ERRNO | EPERM;
  std::vector<sock_filter> out = {load(offsetof(seccomp_data, arch)),
                                  unless_equal(kMachine, 1),
                                  BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0),
                                  end(SECCOMP_RET_KILL_PROCESS),
                                  load(offsetof(seccomp_data, nr)),
                                  BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kOtherNumbers, 0, 1),
                                  end(kRefused)};
  for (const long call : kForbidden) {
    out.push_back(unless_equal(static_cast<std::uint32_t>(call), 1));
    out.push_back(end(kRefused));
  }
  out.push_back(unless_equal(SYS_socket, 3));
  out.push_back(load(offsetof(seccomp_data, args)));  // the low half: both machines are little-endian
  out.push_back(unless_equal(AF_UNIX, 1));
  out.push_back(end(kRefused));
  out.push_back(end(SECCOMP_RET_ALLOW));
  return out;
}

}  // namespace

Result<void> forbid_system_calls() {
  if (kMachine == 0) return {};
  std::vector<sock_filter> filter = rules();
  const sock_fprog program = {static_cast<unsigned short>(filter.size()), filter.data()};
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0 || errno == EINVAL) return {};
  return system_failure(ErrorCode::denied, errno, "giving up system calls of the process for the network");
}

}  // namespace kip::updater
