#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace kip::server {

/// Runs a task at once and then at an interval, in one thread of the given name, until destroyed.
class Scheduler {
 public:
  Scheduler(std::chrono::milliseconds interval, std::function<void()> task,
            const std::function<void(const char*)>& name, const char* thread = "kip-scheduler");

 private:
  void run(const std::stop_token& stop, std::chrono::milliseconds interval, const std::function<void()>& task);

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  ///< last, so that it ends before what it uses
};

}  // namespace kip::server
