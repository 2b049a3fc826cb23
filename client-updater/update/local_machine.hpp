#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <manifests/core/bytes.hpp>

namespace kip::updater {

/// A program to be run, without a shell, with no more than PATH, LANG and HOME in its environment.
struct Command {
  std::filesystem::path program;  ///< absolute
  std::vector<std::string> arguments = {};
  std::chrono::seconds within = std::chrono::seconds(30);  ///< then it and all that it has started are killed
  std::string user = {};                                   ///< empty: the updater's own
};

struct CommandOutcome {
  int status = 0;           ///< of its end; 128 + N where a signal N ended it
  bool timed_out = false;   ///< it was killed
  std::string output = {};  ///< the last 2 KiB that it said, in UTF-8
};

/// What probes and hooks see of the machine. Not thread-safe.
class LocalMachine {
 public:
  virtual ~LocalMachine() = default;

  /// Status of what a server on this machine answers. Errors: network where there is no answer.
  virtual Result<int> http_status(std::int64_t port, const std::string& path) = 0;
  /// Errors: network where nobody accepts a connection.
  virtual Result<void> connect(std::int64_t port) = 0;
  /// Errors: not_found, denied where it cannot be started, and where there is no such user.
  virtual Result<CommandOutcome> run(const Command& command) = 0;
  /// The content of a file that only the administrator can have written; nothing where there is none. Errors: denied
  /// where somebody else could have written it; too_large; storage.
  virtual Result<std::optional<Bytes>> read_administrators_file(const std::filesystem::path& path) = 0;
  virtual void pause(std::chrono::milliseconds time) = 0;
};

}  // namespace kip::updater
