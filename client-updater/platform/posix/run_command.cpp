#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <client-updater/platform/posix/posix_machine.hpp>
#include <manifests/core/printable.hpp>
#include <manifests/core/unicode.hpp>

#include "account.hpp"
#include "system_failure.hpp"

namespace kip::updater {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::size_t kKept = 2048;
constexpr std::size_t kReadEnd = 0;
constexpr std::size_t kWriteEnd = 1;

/// Nothing where it is the one that this program runs as already.
Result<std::optional<Account>> find_other(const std::string& name) {
  if (name.empty()) return std::optional<Account>();
  KIP_TRY(Account account, find_account(name));
  if (account.user == ::geteuid()) return std::optional<Account>();
  return std::optional(std::move(account));
}

/// Both ends; closed at the end, if they are not before.
class Pipe {
 public:
  static Result<Pipe> open() {
    Pipe pipe;
    if (::pipe2(pipe.ends_.data(), O_CLOEXEC) != 0) return system_failure(ErrorCode::storage, errno, "making a pipe");
    return pipe;
  }
  Pipe(Pipe&& other) noexcept : ends_(std::exchange(other.ends_, {-1, -1})) {}
  Pipe& operator=(Pipe&&) = delete;
  ~Pipe() {
    close(kReadEnd);
    close(kWriteEnd);
  }
  int end(std::size_t which) const { return ends_.at(which); }
  void close(std::size_t which) {
    if (ends_.at(which) >= 0) ::close(std::exchange(ends_.at(which), -1));
  }

 private:
  Pipe() = default;
  std::array<int, 2> ends_ = {-1, -1};
};

/// What the child needs, made before the fork: after it, nothing may be allocated.
struct Prepared {
  std::string program;
  std::vector<std::string> words;
  std::vector<std::string> environment;
  std::optional<Account> person;

  static std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (std::string& text : texts)
      out.push_back(text.data());
    out.push_back(nullptr);
    return out;
  }
};

/// In the child. Returns the errno of what failed.
int become(Prepared& prepared, char** words, char** environment, const Pipe& output) {
  ::setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGHUP})
    std::signal(signal, SIG_DFL);
  const int nothing = ::open("/dev/null", O_RDONLY);
  if (nothing < 0 || ::dup2(nothing, STDIN_FILENO) < 0) return errno;
  if (::dup2(output.end(kWriteEnd), STDOUT_FILENO) < 0 || ::dup2(output.end(kWriteEnd), STDERR_FILENO) < 0)
    return errno;
  if (::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) != 0) return errno;
  if (const auto& person = prepared.person) {
    if (::initgroups(person->name.c_str(), person->group) != 0 || ::setgid(person->group) != 0 ||
        ::setuid(person->user) != 0) {
      return errno;
    }
  }
  if (::chdir("/") != 0) return errno;
  ::execve(prepared.program.c_str(), words, environment);
  return errno;
}

/// Keeps the end of what is said.
void take_output(int end, std::string& kept) {
  std::array<char, 4096> piece = {};
  for (;;) {
    const ssize_t count = ::read(end, piece.data(), piece.size());
    if (count <= 0) return;
    kept.append(piece.data(), static_cast<std::size_t>(count));
    if (kept.size() > kKept) kept.erase(0, kept.size() - kKept);
  }
}

int status_of(int waited) {
  constexpr int kSignalled = 128;
  return WIFEXITED(waited) ? WEXITSTATUS(waited) : kSignalled + WTERMSIG(waited);
}

int milliseconds_until(SteadyTime end) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
}

/// Until the child has ended or its time is over. What it has started may go on and hold the pipe open.
CommandOutcome wait_for(pid_t child, int output, SteadyTime end) {
  CommandOutcome outcome;
  const int child_descriptor = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
  std::array<pollfd, 2> watched = {{{child_descriptor, POLLIN, 0}, {output, POLLIN, 0}}};
  while (std::chrono::steady_clock::now() < end) {
    const int ready = ::poll(watched.data(), watched.size(), milliseconds_until(end));
    if (ready < 0 && errno != EINTR) break;
    if ((watched[1].revents & POLLIN) != 0) take_output(output, outcome.output);
    if ((watched[1].revents & (POLLHUP | POLLERR)) != 0) watched[1].fd = -1;
    if ((watched[0].revents & POLLIN) != 0) break;
  }
  int waited = 0;
  if (::waitpid(child, &waited, WNOHANG) == 0) {
    outcome.timed_out = true;
    ::kill(-child, SIGKILL);
    ::waitpid(child, &waited, 0);
  }
  if (child_descriptor >= 0) ::close(child_descriptor);
  outcome.status = status_of(waited);
  take_output(output, outcome.output);
  outcome.output = printable(trim(outcome.output));
  return outcome;
}

}  // namespace

Result<CommandOutcome> PosixMachine::run(const Command& command) {
  KIP_TRY(std::optional<Account> person, find_other(command.user));
  Prepared prepared{.program = command.program.string(),
                    .words = command.arguments,
                    .environment = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8",
                                    "HOME=" + (person ? person->home : "/")},
                    .person = std::move(person)};
  prepared.words.insert(prepared.words.begin(), prepared.program);
  std::vector<char*> words = Prepared::pointers(prepared.words);
  std::vector<char*> environment = Prepared::pointers(prepared.environment);
  KIP_TRY(Pipe output, Pipe::open());
  KIP_TRY(Pipe trouble, Pipe::open());
  const SteadyTime end = std::chrono::steady_clock::now() + command.within;
  const pid_t child = ::fork();
  if (child < 0) return system_failure(ErrorCode::storage, errno, "starting " + prepared.program);
  if (child == 0) {
    const int error_number = become(prepared, words.data(), environment.data(), output);
    static_cast<void>(!::write(trouble.end(kWriteEnd), &error_number, sizeof error_number));
    ::_exit(127);
  }
  ::setpgid(child, child);
  output.close(kWriteEnd);
  trouble.close(kWriteEnd);
  int error_number = 0;
  const bool failed = ::read(trouble.end(kReadEnd), &error_number, sizeof error_number) == sizeof error_number;
  if (failed) {
    ::waitpid(child, nullptr, 0);
    return system_failure(error_number == ENOENT ? ErrorCode::not_found : ErrorCode::denied, error_number,
                          "starting " + prepared.program);
  }
  ::fcntl(output.end(kReadEnd), F_SETFL, O_NONBLOCK);
  return wait_for(child, output.end(kReadEnd), end);
}

}  // namespace kip::updater
