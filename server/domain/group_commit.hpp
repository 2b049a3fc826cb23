#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include <server/domain/unit_of_work.hpp>

namespace kip::server {

/// Lets what several threads want to write become durable together. The first one that comes begins a unit of work,
/// does in it what the others have asked for until it may write, commits once for all and wakes them. While it waits
/// for the disk the next ones gather. Thread-safe.
class GroupCommit {
 public:
  /// What one caller wants written. An error says that the unit of work is of no further use; whoever only refuses
  /// something, having changed nothing, succeeds here and keeps that to itself. It may be run twice, the second time
  /// after all of the first was undone, and in a thread that is not the caller's; never after write() has returned.
  using Task = std::function<Result<void>(UnitOfWork&)>;

  /// So much is done in one unit of work, as a rule: others want to write as well.
  static constexpr std::size_t kMaxWeight = 1000;

  /// The store must outlive it.
  GroupCommit(Store& store, TenantId tenant) : store_(store), tenant_(std::move(tenant)) {}
  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;

  /// On success what the task has written is durable. One that fails takes nobody with it: the others are done again,
  /// each by itself. Errors: the task's; those of the unit of work, and then nothing of this task was written, or,
  /// where committing failed, nobody knows.
  Result<void> write(const Task& task, std::size_t weight = 1);

  /// How many units of work were committed since the start.
  std::int64_t commits() const;
  /// How many callers have not been taken up yet.
  std::size_t waiting() const;

 private:
  struct Waiting {
    const Task& task;
    std::size_t weight = 1;
    bool done = false;
    Result<void> outcome = fail(ErrorCode::internal, "what was to be written was given up");
  };
  using Group = std::vector<Waiting*>;
  class Lead;

  Group take_group();
  void perform(const Group& group, std::unique_ptr<UnitOfWork> unit);
  Result<void> alone(const Task& task);
  void count_commit();

  Store& store_;
  const TenantId tenant_;
  mutable std::mutex mutex_;  ///< guards what follows, and what is in `waiting_`
  bool led_ = false;
  std::int64_t commits_ = 0;
  std::deque<Waiting*> waiting_;
  std::condition_variable changed_;
};

}  // namespace kip::server
