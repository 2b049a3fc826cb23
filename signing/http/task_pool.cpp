#include <algorithm>

#include <signing/http/task_pool.hpp>

namespace kip::http {

TaskPool::TaskPool(std::size_t threads, std::size_t queue_length, const std::function<void()>& on_start)
    : queue_length_(queue_length) {
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this, on_start] {
      if (on_start) on_start();
      work();
    });
    ids_.push_back(threads_.back().get_id());
  }
}

bool TaskPool::try_add(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    if (finishing_ || queue_.size() >= queue_length_) return false;
    queue_.push_back(std::move(task));
  }
  wake_.notify_one();
  return true;
}

bool TaskPool::runs_here() const {
  return std::find(ids_.begin(), ids_.end(), std::this_thread::get_id()) != ids_.end();
}

std::pair<std::size_t, std::size_t> TaskPool::load() const {
  const std::lock_guard lock(mutex_);
  return {queue_.size(), in_work_};
}

void TaskPool::work() {
  while (true) {
    std::function<void()> task;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return finishing_ || !queue_.empty(); });
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
      ++in_work_;
    }
    task();
    const std::lock_guard lock(mutex_);
    --in_work_;
  }
}

void TaskPool::finish() {
  {
    const std::lock_guard lock(mutex_);
    finishing_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace kip::http
