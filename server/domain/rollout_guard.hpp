#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <server/domain/publishing.hpp>
#include <signing/daemon/log.hpp>

namespace kip::server {

/// When a rollout pauses by itself, and what counts as stuck.
struct GuardPolicy {
  std::int64_t pause_percent = 5;   ///< of the installs that something came of; at this share it pauses
  std::int64_t minimum = 20;        ///< installs that something came of, before any share says anything
  std::chrono::hours fetching{48};  ///< from "downloaded" and "verified" on
  std::chrono::hours applying{4};   ///< from "applying" on

  bool operator==(const GuardPolicy&) const = default;
};

/// What came of a version at the installs that said something of it. What lies before `since` counts for nothing.
struct Outcomes {
  std::int64_t done = 0;
  std::int64_t failed = 0;     ///< failed, rejected, rolled back or held, and not installed after that
  std::int64_t timed_out = 0;  ///< said that they had begun, and nothing more for too long
  std::int64_t under_way = 0;
  std::int64_t waiting = 0;  ///< offered, put off, or waiting for a window

  std::int64_t decided() const { return done + failed + timed_out; }
  bool operator==(const Outcomes&) const = default;
};

/// Whether one install is stuck. Pure.
bool is_stuck(const ProgressRecord& progress, const GuardPolicy& policy, Instant now);
/// Pure.
Outcomes count_outcomes(const std::vector<ProgressRecord>& progress, Instant since, const GuardPolicy& policy,
                        Instant now);
/// Whether that many failures are too many. Pure.
bool has_to_pause(const Outcomes& outcomes, const GuardPolicy& policy);

/// Pauses rollouts by itself, and stops them at a person's word. Each takes effect at an install's next check, and once
/// more before its commit point. Thread-safe.
class RolloutGuard {
 public:
  /// All must outlive it.
  RolloutGuard(Store& store, const Recorder& recorder, Publisher& publisher, Log& log, const GuardPolicy& policy)
      : store_(store), recorder_(recorder), publisher_(publisher), log_(log), policy_(policy) {}

  const GuardPolicy& policy() const { return policy_; }

  /// Looks at each rollout that goes on, pauses those with too many failures, and lets what is tied to a limit follow
  /// it. Returns which were paused. Errors: those of the store and of Publisher::publish().
  Result<std::vector<ProductId>> turn();

  /// Stops a rollout; one that is stopped already gets the new reason, so that nothing that was asked for before
  /// undoes this one either. `reason` is public. Waits for what is being published, and stops what holds then. Errors:
  /// not_found where nothing is rolled out of the product; those of Publisher::publish().
  Result<Rollout> stop(const Actor& actor, const ProductId& product, const std::string& reason);

 private:
  Result<void> follow_limit(const Rollout& rollout);

  Store& store_;
  const Recorder& recorder_;
  Publisher& publisher_;
  Log& log_;
  GuardPolicy policy_;
};

}  // namespace kip::server
