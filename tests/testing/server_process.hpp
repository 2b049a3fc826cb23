#pragma once

#include <filesystem>
#include <string>

#include <sys/types.h>

#include <manifests/core/result.hpp>

namespace kip::testing {

/// A kip-server of its own on the loopback interface, killed at the end. Not thread-safe.
class ServerProcess {
 public:
  ServerProcess(std::string binary, std::filesystem::path directory, std::string tenant);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  /// Makes the server's directory, on a port that is free now; under with_postgresql.sh with its database there.
  Result<void> init();
  /// Returns once it listens.
  Result<void> start();
  /// SIGKILL, and waits until it is gone.
  void kill();

  const std::filesystem::path& directory() const { return directory_; }
  std::string url() const;
  std::string token() const;
  int port() const { return port_; }
  /// Only while it runs.
  pid_t process() const { return process_; }

 private:
  std::string binary_;
  std::filesystem::path directory_;
  std::string tenant_;
  int port_ = 0;
  pid_t process_ = -1;
};

}  // namespace kip::testing
