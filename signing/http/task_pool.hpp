#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace kip::http {

/// Something to do, for somebody. One of the two functions is called, once.
struct Task {
  std::string group;             ///< for whom; who they are is the caller's business
  bool waits = false;            ///< it may have to wait for somebody else while it has a thread
  std::function<void()> run;     ///< in a thread of the pool
  std::function<void()> refuse;  ///< in the thread that adds a task, this one or one for which there is no place since
};

/// A fixed number of threads with a queue of fixed length in front, shared fairly: a group gets a thread only while it
/// has fewer than are idle, so that one alone never has more than half of them; and where the queue is full, the group
/// that has most in it loses its last. Tasks that wait for somebody else have, all together, at most half of the
/// threads and of the queue. Thread-safe. Source: dynamic thresholds (Choudhury and Hahne, 1998)
class TaskPool {
 public:
  /// `on_start` runs first in each thread, for its name.
  TaskPool(std::size_t threads, std::size_t queue_length, const std::function<void()>& on_start = {});
  ~TaskPool() { finish(); }
  TaskPool(const TaskPool&) = delete;
  TaskPool& operator=(const TaskPool&) = delete;

  /// Refuses at once what comes after finish().
  void add(Task task);
  struct Load {
    std::size_t queued = 0;
    std::size_t in_work = 0;
  };
  Load load() const;
  /// Takes no more, does what is queued, and returns once all threads have ended. May be called again.
  void finish();

 private:
  using Queue = std::list<Task>;

  void work();
  /// The first that may be done now.
  Queue::iterator next();
  bool may_begin(const Task& task) const;
  /// Of the queue, with `newest`, the one that has to go.
  Task give_up(Task newest);

  const std::size_t thread_count_;
  const std::size_t queue_length_;
  mutable std::mutex mutex_;  ///< guards the next five
  Queue queue_;
  std::map<std::string, std::size_t, std::less<>> in_work_;  ///< threads by group, none of them 0
  std::size_t busy_ = 0;
  std::size_t waiting_ = 0;  ///< threads whose task waits for somebody else
  bool finishing_ = false;
  std::condition_variable wake_;
  std::vector<std::thread> threads_;
};

}  // namespace kip::http
