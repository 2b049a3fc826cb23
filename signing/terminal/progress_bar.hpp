#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <manifests/core/instant.hpp>

namespace kip {

/// "[#########-----------]  45 %  1.2 of 2.7 MB  0.1 MB/s  15 s left". Octets, below 2^50. Pure.
std::string progress_line(std::uint64_t done, std::uint64_t total, std::uint64_t per_second);

/// One line on stderr that is redrawn as work proceeds, at most ten times a second, and wiped at the end. Shows nothing
/// where stderr is no terminal. Not thread-safe; the clock must outlive it.
class ProgressBar {
 public:
  explicit ProgressBar(const Clock& clock);
  ~ProgressBar() { wipe(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// `done` of `total` octets. The rate counts from the first call.
  void show(std::uint64_t done, std::uint64_t total);
  void wipe();

 private:
  struct Beginning {
    Instant at;
    std::uint64_t done;
  };

  const Clock& clock_;
  bool on_terminal_;
  bool drawn_ = false;
  std::optional<Beginning> beginning_;
  Instant last_;
};

}  // namespace kip
