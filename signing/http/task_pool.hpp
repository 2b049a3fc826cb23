#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace kip::http {

/// A fixed number of threads with a queue of fixed length in front. Thread-safe.
class TaskPool {
 public:
  /// `on_start` runs first in each thread, for its name.
  TaskPool(std::size_t threads, std::size_t queue_length, const std::function<void()>& on_start = {});
  ~TaskPool() { finish(); }
  TaskPool(const TaskPool&) = delete;
  TaskPool& operator=(const TaskPool&) = delete;

  /// False where the queue is full or the pool is finishing; the task is then not run.
  bool try_add(std::function<void()> task);
  /// Whether the caller runs in one of its threads.
  bool runs_here() const;
  /// How many tasks wait, and how many are being done.
  std::pair<std::size_t, std::size_t> load() const;
  /// Takes no more, does what is queued, and returns once all threads have ended. May be called again.
  void finish();

 private:
  void work();

  const std::size_t queue_length_;
  mutable std::mutex mutex_;  ///< guards the next three
  std::deque<std::function<void()>> queue_;
  bool finishing_ = false;
  std::size_t in_work_ = 0;
  std::condition_variable wake_;
  std::vector<std::thread> threads_;
  std::vector<std::thread::id> ids_;  ///< written before any task can be added
};

}  // namespace kip::http
