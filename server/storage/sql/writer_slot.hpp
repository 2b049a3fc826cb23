#pragma once

// Inside server/storage only.

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include <manifests/core/result.hpp>

namespace kip::server::sql {

/// How long anybody waits for the right to write, as a rule.
inline constexpr std::chrono::seconds kPatience(10);

/// The right to write. Writers of this process queue up here rather than in the database. (No std::timed_mutex: the
/// thread sanitizer of GCC 12 does not know its calls.) Thread-safe.
class WriterSlot {
 public:
  /// Gives the slot back when destroyed. May be empty.
  class Turn {
   public:
    Turn() = default;
    explicit Turn(WriterSlot& slot) : slot_(&slot) {}
    Turn(Turn&& other) noexcept : slot_(std::exchange(other.slot_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (slot_ != nullptr) slot_->release();
    }
    explicit operator bool() const { return slot_ != nullptr; }

   private:
    WriterSlot* slot_ = nullptr;
  };

  /// Errors: busy.
  Result<Turn> take(std::chrono::milliseconds patience = kPatience) {
    std::unique_lock lock(mutex_);
    if (!free_again_.wait_for(lock, patience, [this] { return !taken_; })) {
      return fail(ErrorCode::busy, "the server is busy writing; try again");
    }
    taken_ = true;
    return Turn(*this);
  }

 private:
  void release() {
    {
      const std::lock_guard lock(mutex_);
      taken_ = false;
    }
    free_again_.notify_one();
  }

  std::mutex mutex_;  ///< guards `taken_`
  bool taken_ = false;
  std::condition_variable free_again_;
};

}  // namespace kip::server::sql
