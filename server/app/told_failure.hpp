#pragma once

#include <string>

#include <manifests/core/result.hpp>
#include <signing/daemon/log.hpp>

namespace kip::server {

/// What is done again and again, and how that failed last: a failure stands in the log once, until it has become
/// another one or none. Not thread-safe.
class ToldFailure {
 public:
  /// `log` must outlive it.
  ToldFailure(Log& log, std::string event) : log_(log), event_(std::move(event)) {}

  /// Whether it failed the last time.
  bool is_failing() const { return !last_.empty(); }

  template <class T>
  void take(const Result<T>& result) {
    take_error(result ? std::string() : result.error().message);
  }

 private:
  void take_error(const std::string& failure) {
    if (!failure.empty() && failure != last_) log_.write(event_, {{"error", failure}});
    last_ = failure;
  }

  Log& log_;
  std::string event_;
  std::string last_;
};

}  // namespace kip::server
