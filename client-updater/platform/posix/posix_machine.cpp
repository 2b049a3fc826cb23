#include <cerrno>
#include <system_error>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <client-updater/platform/posix/posix_machine.hpp>
#include <signing/fetch/curl_http_client.hpp>

#include "descriptor.hpp"
#include "system_failure.hpp"

namespace kip::updater {
namespace {

constexpr std::size_t kMaxFile = 64U << 10U;

Result<void> expect_only_the_administrator(const struct stat& found, const std::filesystem::path& path) {
  constexpr mode_t kOthersWrite = S_IWGRP | S_IWOTH;
  if (found.st_uid == 0 && (found.st_mode & kOthersWrite) == 0) return {};
  return fail(ErrorCode::denied,
              fmt::format("{} belongs to others than root or can be written by them, so it does not count; as root: "
                          "chown root {} && chmod go-w {}",
                          path.string(), path.string(), path.string()));
}

}  // namespace

Result<int> PosixMachine::http_status(std::int64_t port, const std::string& path) {
  CurlHttpClient client({.connect_timeout = std::chrono::seconds(5), .total_timeout = std::chrono::seconds(10)});
  KIP_TRY(const HttpResponse response, client.send({.url = fmt::format("http://127.0.0.1:{}{}", port, path)}));
  return response.status;
}

Result<void> PosixMachine::connect(std::int64_t port) {
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return system_failure(ErrorCode::storage, errno, "making a socket");
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return {};
  return system_failure(ErrorCode::network, errno, fmt::format("connecting to port {}", port));
}

Result<std::optional<Bytes>> PosixMachine::read_administrators_file(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file.get() < 0 && (errno == ENOENT || errno == ENOTDIR)) return std::optional<Bytes>();
  if (file.get() < 0) return system_failure(ErrorCode::denied, errno, "opening " + path.string());
  struct stat found = {};
  if (::fstat(file.get(), &found) != 0) return system_failure(ErrorCode::storage, errno, "looking at " + path.string());
  KIP_TRY_VOID(expect_only_the_administrator(found, path));
  struct stat folder = {};
  const std::filesystem::path parent = path.parent_path();
  if (::stat(parent.c_str(), &folder) != 0)
    return system_failure(ErrorCode::storage, errno, "looking at " + parent.string());
  KIP_TRY_VOID(expect_only_the_administrator(folder, parent));
  Bytes bytes(kMaxFile + 1, '\0');
  std::size_t size = 0;
  for (;;) {
    const ssize_t count = ::read(file.get(), bytes.data() + size, bytes.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_failure(ErrorCode::storage, errno, "reading " + path.string());
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
    if (size > kMaxFile) return fail(ErrorCode::too_large, path.string() + " has more than 64 KiB");
  }
  bytes.resize(size);
  return std::optional(std::move(bytes));
}

void PosixMachine::pause(std::chrono::milliseconds time) {
  std::this_thread::sleep_for(time);
}

}  // namespace kip::updater
