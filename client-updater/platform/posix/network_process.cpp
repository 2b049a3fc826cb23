#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine.hpp"
#include "descriptor.hpp"
#include "socket_channel.hpp"
#include "system_failure.hpp"

namespace kip::updater {
namespace {

/// Longer than anything that the network process waits for itself.
constexpr timeval kPatience = {.tv_sec = 180, .tv_usec = 0};

/// In the child. Says over the channel whether it could give its rights up; never returns.
[[noreturn]] void run_child(const NetworkProcessOptions& options, Descriptor socket,
                            const std::function<void(Channel&)>& serve) {
  const Result<void> left = leave_other_files(socket.get());
  SocketChannel channel(left ? Descriptor(kKeptFile) : std::move(socket), true);
  const Result<void> confined = left ? confine(options) : left;
  const Bytes said = confined ? Bytes() : Bytes(to_string(confined.error().code)) + " " + confined.error().message;
  if (channel.send(confined ? FrameType::answer : FrameType::failure, said) && confined) serve(channel);
  ::_exit(confined ? EXIT_SUCCESS : EXIT_FAILURE);
}

Result<void> expect_ready(Channel& channel) {
  constexpr std::uint64_t kMaxMessage = 4096;
  auto ready = channel.receive(kMaxMessage);
  if (!ready) return fail_while("starting the process for the network", std::move(ready).error());
  if (ready->type == FrameType::answer) return {};
  const std::string& said = ready->payload;
  const auto blank = said.find(' ');
  const bool is_missing = said.substr(0, blank) == to_string(ErrorCode::not_found);
  return fail(is_missing ? ErrorCode::not_found : ErrorCode::denied, said.substr(blank + 1));
}

}  // namespace

Result<NetworkProcess> NetworkProcess::start(const NetworkProcessOptions& options,
                                             const std::function<void(Channel&)>& serve) {
  std::array<int, 2> ends = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return system_failure(ErrorCode::storage, errno, "making a channel to the process for the network");
  Descriptor ours(ends[0]);
  Descriptor theirs(ends[1]);
  ::setsockopt(ours.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  ::setsockopt(ours.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  const pid_t child = ::fork();
  if (child < 0) return system_failure(ErrorCode::storage, errno, "starting the process for the network");
  if (child == 0) {
    ours.close();
    run_child(options, std::move(theirs), serve);
  }
  theirs.close();
  NetworkProcess process(child, std::make_unique<SocketChannel>(std::move(ours), false));
  KIP_TRY_VOID(expect_ready(*process.channel_));
  return process;
}

NetworkProcess::NetworkProcess(NetworkProcess&& other) noexcept
    : id_(std::exchange(other.id_, -1)), channel_(std::move(other.channel_)) {}

NetworkProcess::~NetworkProcess() {
  if (id_ < 0) return;
  channel_.reset();
  ::kill(id_, SIGKILL);
  while (::waitpid(id_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace kip::updater
