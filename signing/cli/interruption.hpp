#pragma once

#include <array>
#include <csignal>

#include <manifests/core/result.hpp>

namespace kip::cli {

/// Holds back the signals that ask a program to end, so that what it has begun can be taken back; at its own end a
/// signal that has come does what it would have done. A second one ends the program at once. One at a time.
class Interruption {
 public:
  Interruption();
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  /// Fails once a signal has come.
  static Result<void> check();

 private:
  static constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};

  std::array<struct sigaction, kSignals.size()> before_{};
};

}  // namespace kip::cli
