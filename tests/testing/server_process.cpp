#include <cstdlib>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <manifests/core/unicode.hpp>
#include <testing/files.hpp>
#include <testing/server_process.hpp>

extern char** environ;

namespace kip::testing {
namespace {

/// A port that nobody listens on at this moment.
int free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const bool bound = ::bind(probe, generic, size) == 0 && ::getsockname(probe, generic, &size) == 0;
  static_cast<void>(::close(probe));
  return bound ? ntohs(address.sin_port) : 0;
}

/// With its output in a file, so that a child that outlives a broken test holds no pipe of ours.
pid_t spawn(const std::vector<std::string>& arguments, const std::string& log) {
  posix_spawn_file_actions_t actions{};
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  std::vector<char*> argv;
  for (const std::string& argument : arguments)
    argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_t process = -1;
  const bool spawned = ::posix_spawn(&process, argv[0], &actions, nullptr, argv.data(), environ) == 0;
  ::posix_spawn_file_actions_destroy(&actions);
  return spawned ? process : -1;
}

}  // namespace

ServerProcess::ServerProcess(std::string binary, std::filesystem::path directory, std::string tenant)
    : binary_(std::move(binary)), directory_(std::move(directory)), tenant_(std::move(tenant)) {}

ServerProcess::~ServerProcess() {
  kill();
}

std::string ServerProcess::url() const {
  return fmt::format("http://127.0.0.1:{}", port_);
}

std::string ServerProcess::token() const {
  return std::string(trim(read_file(directory_.string() + ".token")));
}

Result<void> ServerProcess::init() {
  port_ = free_port();
  std::vector<std::string> arguments = {binary_,        "init",
                                        "--dir",        directory_.string(),
                                        "--tenant",     tenant_,
                                        "--url",        url(),
                                        "--listen",     fmt::format("127.0.0.1:{}", port_),
                                        "--token-file", directory_.string() + ".token",
                                        "--yes"};
  if (const char* folder = std::getenv("KIP_TEST_POSTGRESQL")) {
    arguments.emplace_back("--postgresql");
    arguments.emplace_back(folder);
  }
  const pid_t process = spawn(arguments, directory_.string() + ".log");
  int status = -1;
  if (process > 0 && ::waitpid(process, &status, 0) == process && status == 0) return {};
  return fail(ErrorCode::internal, fmt::format("kip-server init ended with {}", status));
}

Result<void> ServerProcess::start() {
  const std::string ready = directory_.string() + ".ready";
  static_cast<void>(::unlink(ready.c_str()));
  process_ = spawn({binary_, "run", "--dir", directory_.string(), "--ready-file", ready}, directory_.string() + ".log");
  if (process_ <= 0) return fail(ErrorCode::internal, "kip-server cannot be started");
  while (!std::filesystem::exists(ready)) {
    int status = 0;
    if (::waitpid(process_, &status, WNOHANG) == process_) {
      process_ = -1;
      return fail(ErrorCode::internal, fmt::format("kip-server ended with {} before it listened", status));
    }
    static_cast<void>(::usleep(1000));
  }
  return {};
}

void ServerProcess::kill() {
  if (process_ <= 0) return;
  static_cast<void>(::kill(process_, SIGKILL));
  static_cast<void>(::waitpid(process_, nullptr, 0));
  process_ = -1;
}

}  // namespace kip::testing
