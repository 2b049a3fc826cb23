#include <server/domain/group_commit.hpp>

namespace kip::server {

/// One thread's turn at writing for all. However it ends, nobody is left waiting.
class GroupCommit::Lead {
 public:
  explicit Lead(GroupCommit& of) : of_(of) {}
  ~Lead() {
    {
      const std::lock_guard lock(of_.mutex_);
      for (Waiting* one : group_)
        one->done = true;
      of_.led_ = false;
    }
    of_.changed_.notify_all();
  }
  Lead(const Lead&) = delete;
  Lead& operator=(const Lead&) = delete;

  void run() {
    // Whoever comes until now comes along.
    auto unit = of_.store_.begin(of_.tenant_, Access::write);
    group_ = of_.take_group();
    if (unit) return of_.perform(group_, *std::move(unit));
    for (Waiting* one : group_)
      one->outcome = Unexpected(unit.error());
  }

 private:
  GroupCommit& of_;
  Group group_;
};

Result<void> GroupCommit::write(const Task& task, std::size_t weight) {
  Waiting own{task, weight};
  std::unique_lock lock(mutex_);
  waiting_.push_back(&own);
  while (true) {
    changed_.wait(lock, [&] { return own.done || !led_; });
    if (own.done) return own.outcome;
    led_ = true;
    lock.unlock();
    Lead(*this).run();
    lock.lock();
  }
}

std::int64_t GroupCommit::commits() const {
  const std::lock_guard lock(mutex_);
  return commits_;
}

std::size_t GroupCommit::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

GroupCommit::Group GroupCommit::take_group() {
  const std::lock_guard lock(mutex_);
  Group out;
  std::size_t weight = 0;
  while (!waiting_.empty() && (out.empty() || weight + waiting_.front()->weight <= kMaxWeight)) {
    weight += waiting_.front()->weight;
    out.push_back(waiting_.front());
    waiting_.pop_front();
  }
  return out;
}

void GroupCommit::perform(const Group& group, std::unique_ptr<UnitOfWork> unit) {
  for (Waiting* one : group) {
    one->outcome = one->task(*unit);
    if (one->outcome) continue;
    unit.reset();
    if (group.size() == 1) return;
    for (Waiting* each : group)
      each->outcome = alone(each->task);
    return;
  }
  const Result<void> committed = unit->commit();
  if (committed) return count_commit();
  for (Waiting* one : group)
    one->outcome = committed;
}

Result<void> GroupCommit::alone(const Task& task) {
  KIP_TRY(const auto unit, store_.begin(tenant_, Access::write));
  KIP_TRY_VOID(task(*unit));
  KIP_TRY_VOID(unit->commit());
  count_commit();
  return {};
}

void GroupCommit::count_commit() {
  const std::lock_guard lock(mutex_);
  ++commits_;
}

}  // namespace kip::server
