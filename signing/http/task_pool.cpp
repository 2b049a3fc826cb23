#include <algorithm>
#include <optional>

#include <signing/http/task_pool.hpp>

namespace kip::http {

TaskPool::TaskPool(std::size_t threads, std::size_t queue_length, const std::function<void()>& on_start)
    : thread_count_(threads), queue_length_(queue_length) {
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this, on_start] {
      if (on_start) on_start();
      work();
    });
  }
}

void TaskPool::add(Task task) {
  std::optional<Task> refused;
  {
    const std::lock_guard lock(mutex_);
    if (finishing_) {
      refused = std::move(task);
    } else if (queue_.size() >= queue_length_) {
      refused = give_up(std::move(task));
    } else {
      queue_.push_back(std::move(task));
    }
  }
  wake_.notify_one();
  if (refused) refused->refuse();
}

Task TaskPool::give_up(Task newest) {
  const auto slow = std::count_if(queue_.begin(), queue_.end(), [](const Task& task) { return task.waits; });
  const bool too_slow = 2 * (static_cast<std::size_t>(slow) + (newest.waits ? 1 : 0)) > queue_length_;
  const auto may_go = [too_slow](const Task& task) { return task.waits || !too_slow; };
  std::map<std::string_view, std::size_t> counts;
  for (const Task& task : queue_)
    counts[task.group] += may_go(task) ? 1U : 0U;
  const std::size_t own = counts[newest.group] += may_go(newest) ? 1U : 0U;
  const auto most =
      std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  if (own == most->second) return newest;
  const auto last = std::find_if(queue_.rbegin(), queue_.rend(),
                                 [&](const Task& task) { return task.group == most->first && may_go(task); });
  Task out = std::move(*last);
  queue_.erase(std::next(last).base());
  queue_.push_back(std::move(newest));
  return out;
}

TaskPool::Load TaskPool::load() const {
  const std::lock_guard lock(mutex_);
  return {queue_.size(), busy_};
}

bool TaskPool::may_begin(const Task& task) const {
  if (task.waits && waiting_ >= std::max<std::size_t>(thread_count_ / 2, 1)) return false;
  const auto own = in_work_.find(task.group);
  return own == in_work_.end() || own->second < thread_count_ - busy_;
}

TaskPool::Queue::iterator TaskPool::next() {
  return std::find_if(queue_.begin(), queue_.end(), [this](const Task& task) { return may_begin(task); });
}

void TaskPool::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    auto found = queue_.end();
    wake_.wait(lock, [&] { return (found = next()) != queue_.end() || (finishing_ && queue_.empty()); });
    if (found == queue_.end()) return;
    const Task task = std::move(*found);
    queue_.erase(found);
    ++in_work_[task.group];
    ++busy_;
    waiting_ += task.waits ? 1 : 0;
    lock.unlock();
    task.run();
    lock.lock();
    --busy_;
    waiting_ -= task.waits ? 1 : 0;
    const auto own = in_work_.find(task.group);
    if (--own->second == 0) in_work_.erase(own);
    // One thread more is idle, and the group has one fewer: several of those that wait may begin.
    if (!queue_.empty() || finishing_) wake_.notify_all();
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
