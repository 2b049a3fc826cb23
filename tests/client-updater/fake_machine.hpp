#pragma once

#include <functional>
#include <map>
#include <set>

#include <client-updater/update/local_machine.hpp>
#include <testing/fixed_world.hpp>

namespace kip::updater {

/// A machine whose time passes only where somebody waits. Not thread-safe.
class FakeMachine final : public LocalMachine {
 public:
  explicit FakeMachine(testing::SimulatedClock& clock) : clock_(clock) {}

  std::map<std::string, int> answers;  ///< "8080/health" -> status
  std::set<std::int64_t> ports;        ///< that accept connections
  Result<std::optional<Bytes>> hooks = std::optional<Bytes>();
  std::vector<std::string> ran;  ///< "PROGRAM ARGUMENTS as USER"
  std::function<CommandOutcome(const Command&)> on_run = [](const Command&) { return CommandOutcome(); };
  std::function<void()> on_pause = [] {};

  Result<int> http_status(std::int64_t port, const std::string& path) override {
    const auto found = answers.find(std::to_string(port) + path);
    if (found == answers.end()) return fail(ErrorCode::network, "nobody answers");
    return found->second;
  }
  Result<void> connect(std::int64_t port) override {
    if (ports.contains(port)) return {};
    return fail(ErrorCode::network, "nobody listens");
  }
  Result<CommandOutcome> run(const Command& command) override {
    std::string line = command.program.string();
    for (const std::string& argument : command.arguments)
      line += " " + argument;
    ran.push_back(command.user.empty() ? line : line + " as " + command.user);
    return on_run(command);
  }
  Result<std::optional<Bytes>> read_administrators_file(const std::filesystem::path&) override { return hooks; }
  void pause(std::chrono::milliseconds time) override {
    clock_.advance(time);
    on_pause();
  }

 private:
  testing::SimulatedClock& clock_;
};

}  // namespace kip::updater
