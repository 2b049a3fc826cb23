#pragma once

#include <mutex>

#include <manifests/core/instant.hpp>
#include <signing/daemon/log.hpp>

namespace kip {

/// One line per event on stderr, with the time in front. Thread-safe.
class StderrLog final : public Log {
 public:
  /// The clock must outlive it.
  explicit StderrLog(const Clock& clock) : clock_(clock) {}

  void write(std::string_view event, const LogFields& fields) override;

 private:
  const Clock& clock_;
  std::mutex mutex_;
};

}  // namespace kip
