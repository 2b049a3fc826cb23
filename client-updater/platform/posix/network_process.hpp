#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <client-updater/network/channel.hpp>

namespace kip::updater {

/// Who the network process is, and what it may read.
struct NetworkProcessOptions {
  std::string user;           ///< that it becomes where this process is root; must exist
  bool must_be_user = false;  ///< else Landlock alone will do, where this root may not become others (in a container)
  std::vector<std::filesystem::path> readable = {};  ///< besides the system's own libraries and settings
};

/// A child of this process that is to talk to the network. It has no open files of this one but its end of the channel.
/// It is another user where this process is root, has no capabilities, and can make, change, start and signal nothing
/// (Landlock and a filter of system calls, where the kernel has them); of files it reads what the system needs for
/// names, libraries and certificates. It ends with this object, or with this process. Start it before there is a secret
/// in memory: the child has all that was there. Thread rule: none may be running.
class NetworkProcess {
 public:
  /// Runs `serve` in the child until that returns. Errors: not_found where there is no such user; denied where the
  /// child cannot give its rights up, then it does not run; storage.
  static Result<NetworkProcess> start(const NetworkProcessOptions& options, const std::function<void(Channel&)>& serve);
  NetworkProcess(NetworkProcess&& other) noexcept;
  NetworkProcess& operator=(NetworkProcess&&) = delete;
  ~NetworkProcess();

  /// This side's end; to be taken once.
  std::unique_ptr<Channel> take_channel() { return std::move(channel_); }
  int id() const { return id_; }

 private:
  NetworkProcess(int id, std::unique_ptr<Channel> channel) : id_(id), channel_(std::move(channel)) {}

  int id_;
  std::unique_ptr<Channel> channel_;
};

/// The account of the network process where the administrator names none: "kip-network", or "nobody" where there is no
/// such account.
std::string default_network_user();

}  // namespace kip::updater
