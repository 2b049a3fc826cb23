#pragma once

#include <client-updater/update/local_machine.hpp>

namespace kip::updater {

/// The machine that this program runs on. Thread rule: none may be waiting for children elsewhere.
class PosixMachine final : public LocalMachine {
 public:
  Result<int> http_status(std::int64_t port, const std::string& path) override;
  Result<void> connect(std::int64_t port) override;
  Result<CommandOutcome> run(const Command& command) override;
  Result<std::optional<Bytes>> read_administrators_file(const std::filesystem::path& path) override;
  void pause(std::chrono::milliseconds time) override;
};

}  // namespace kip::updater
