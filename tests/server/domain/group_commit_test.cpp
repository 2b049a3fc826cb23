#include <condition_variable>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <server/domain/group_commit.hpp>
#include <server/storage/memory_store.hpp>
#include <testing/matchers.hpp>

namespace kip::server {
namespace {

using kip::testing::fails_with;
using kip::testing::is_ok;

/// A store whose first writer waits until it is let in, and whose commits can be made to fail.
class SlowStore final : public Store {
 public:
  Result<std::unique_ptr<UnitOfWork>> begin(const TenantId& tenant, Access access) override {
    if (access == Access::write) {
      std::unique_lock lock(mutex_);
      ++begun_;
      changed_.notify_all();
      changed_.wait(lock, [&] { return open_; });
      if (broken_) return fail(ErrorCode::busy, "the server is busy writing");
    }
    return store_.begin(tenant, access);
  }
  void wait_for_writer() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return begun_ > 0; });
  }
  void let_in(bool broken = false) {
    const std::lock_guard lock(mutex_);
    open_ = true;
    broken_ = broken;
    changed_.notify_all();
  }
  int begun() const {
    const std::lock_guard lock(mutex_);
    return begun_;
  }

 private:
  MemoryStore store_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  bool broken_ = false;
  int begun_ = 0;
};

class GroupCommitTest : public ::testing::Test {
 protected:
  Result<void> append(UnitOfWork& unit, std::uint8_t number) {
    KIP_TRY(const std::int64_t index, unit.events().append(EventId::make({}, {number}), "e", "e", {}));
    static_cast<void>(index);
    return {};
  }
  /// Ten writers, of which the first waits for its turn until all have come. Those of `failing` fail.
  std::vector<Result<void>> write_ten(std::uint8_t failing, bool broken = false) {
    std::vector<Result<void>> out(10);
    std::vector<std::jthread> writers;
    for (std::uint8_t i = 0; i < 10; ++i) {
      writers.emplace_back([this, i, failing, &out] {
        out[i] = group.write([&](UnitOfWork& unit) -> Result<void> {
          KIP_TRY_VOID(append(unit, i));
          return i == failing ? fail(ErrorCode::storage, "this one fails") : Result<void>();
        });
      });
      if (i == 0) store.wait_for_writer();
    }
    while (group.waiting() < 10)
      std::this_thread::yield();
    store.let_in(broken);
    writers.clear();
    return out;
  }
  std::int64_t events() { return store.begin(tenant, Access::read).value()->events().last_index().value(); }

  TenantId tenant = TenantId::parse("t").value();
  SlowStore store;
  GroupCommit group{store, tenant};
};

constexpr std::uint8_t kNone = 200;

TEST_F(GroupCommitTest, WhatComesTogetherIsCommittedOnce) {
  for (const Result<void>& outcome : write_ten(kNone))
    EXPECT_THAT(outcome, is_ok());
  EXPECT_EQ(events(), 10);
  EXPECT_EQ(group.commits(), 1);
  EXPECT_EQ(store.begun(), 1);
}

TEST_F(GroupCommitTest, OneThatFailsTakesNobodyWithIt) {
  const auto outcomes = write_ten(3);
  for (std::uint8_t i = 0; i < 10; ++i) {
    if (i == 3)
      EXPECT_THAT(outcomes[i], fails_with(ErrorCode::storage, "this one fails"));
    else
      EXPECT_THAT(outcomes[i], is_ok()) << int{i};
  }
  EXPECT_EQ(events(), 9);
}

TEST_F(GroupCommitTest, WhereNobodyMayWriteAllAreTold) {
  for (const Result<void>& outcome : write_ten(kNone, true))
    EXPECT_THAT(outcome, fails_with(ErrorCode::busy));
  EXPECT_EQ(events(), 0);
}

TEST_F(GroupCommitTest, HeavyOnesGoOneAfterTheOther) {
  store.let_in();
  for (std::uint8_t i = 0; i < 2; ++i) {
    EXPECT_THAT(group.write([&](UnitOfWork& unit) { return append(unit, i); }, GroupCommit::kMaxWeight + 1), is_ok());
  }
  EXPECT_EQ(events(), 2);
  EXPECT_EQ(group.commits(), 2);
}

}  // namespace
}  // namespace kip::server
