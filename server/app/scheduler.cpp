#include <server/app/scheduler.hpp>

namespace kip::server {

Scheduler::Scheduler(std::chrono::milliseconds interval, std::function<void()> task,
                     const std::function<void(const char*)>& name, const char* thread)
    : thread_([this, interval, task = std::move(task), name, thread](const std::stop_token& stop) {
        if (name) name(thread);
        run(stop, interval, task);
      }) {}

void Scheduler::run(const std::stop_token& stop, std::chrono::milliseconds interval,
                    const std::function<void()>& task) {
  while (!stop.stop_requested()) {
    task();
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, interval, [] { return false; });
  }
}

}  // namespace kip::server
