#include <fmt/format.h>

#include <server/domain/rollout_guard.hpp>

namespace kip::server {
namespace {

constexpr std::int64_t kWhole = 100;

std::string describe(const Outcomes& outcomes, const GuardPolicy& policy) {
  return fmt::format("paused by itself: {} of {} installs failed and {} were stuck; the limit is {} %", outcomes.failed,
                     outcomes.decided(), outcomes.timed_out, policy.pause_percent);
}

}  // namespace

bool is_stuck(const ProgressRecord& progress, const GuardPolicy& policy, Instant now) {
  if (!progress.is_under_way()) return false;
  const auto limit = progress.state == InstallState::applying ? policy.applying : policy.fetching;
  return progress.at + limit <= now;
}

Outcomes count_outcomes(const std::vector<ProgressRecord>& progress, Instant since, const GuardPolicy& policy,
                        Instant now) {
  Outcomes out;
  for (const ProgressRecord& one : progress) {
    if (one.at < since) continue;
    if (one.is_done()) {
      ++out.done;
    } else if (one.failed_at && *one.failed_at >= since) {
      ++out.failed;
    } else if (is_stuck(one, policy, now)) {
      ++out.timed_out;
    } else if (one.is_under_way()) {
      ++out.under_way;
    } else {
      ++out.waiting;
    }
  }
  return out;
}

bool has_to_pause(const Outcomes& outcomes, const GuardPolicy& policy) {
  const std::int64_t bad = outcomes.failed + outcomes.timed_out;
  return bad > 0 && outcomes.decided() >= policy.minimum && bad * kWhole >= outcomes.decided() * policy.pause_percent;
}

Result<std::vector<ProductId>> RolloutGuard::turn() {
  std::vector<std::pair<Rollout, std::string>> bad;
  std::vector<Rollout> tied;
  {
    KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::read));
    KIP_TRY(const auto rollouts, unit->projection().rollouts.all());
    for (const RolloutRecord& one : rollouts) {
      if (one.rollout.paused) continue;
      KIP_TRY(const auto progress, unit->projection().progress.of(one.rollout.product, one.rollout.version));
      const Outcomes outcomes = count_outcomes(progress, one.since, policy_, recorder_.now());
      if (has_to_pause(outcomes, policy_)) {
        bad.emplace_back(one.rollout, describe(outcomes, policy_));
      } else if (one.rollout.force_before_due_hours) {
        tied.push_back(one.rollout);
      }
    }
  }
  std::vector<ProductId> out;
  for (const auto& [rollout, reason] : bad) {
    Rollout paused = rollout;
    paused.paused = true;
    paused.reason = reason;
    KIP_TRY_VOID(publisher_.publish(kServerActor, {{}, {paused}, {{rollout}}}));
    log_.write("rollout.paused",
               {{"product", rollout.product.str()}, {"version", rollout.version.str()}, {"reason", reason}});
    out.push_back(rollout.product);
  }
  for (const Rollout& rollout : tied)
    KIP_TRY_VOID(follow_limit(rollout));
  return out;
}

Result<void> RolloutGuard::follow_limit(const Rollout& rollout) {
  KIP_TRY(const Rollout tied, publisher_.tied_anew(rollout));
  if (tied == rollout) return {};
  KIP_TRY_VOID(publisher_.publish(kServerActor, {{}, {tied}, {{rollout}}}));
  log_.write("rollout.force_moved", {{"product", rollout.product.str()},
                                     {"version", rollout.version.str()},
                                     {"force_after", format_instant(*tied.force_after)}});
  return {};
}

Result<Rollout> RolloutGuard::stop(const Actor& actor, const ProductId& product, const std::string& reason) {
  // What holds now is what is stopped, whatever is being asked for beside it.
  KIP_TRY(const Publisher::Writing writing, publisher_.begin_writing());
  std::optional<RolloutRecord> found;
  {
    KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::read));
    KIP_TRY(found, unit->projection().rollouts.find(product));
  }
  if (!found) return fail(ErrorCode::not_found, fmt::format("nothing is rolled out of {}", product.str()));
  Rollout stopped = found->rollout;
  if (stopped.paused && stopped.reason == reason) return stopped;
  stopped.paused = true;
  stopped.reason = reason;
  KIP_TRY_VOID(publisher_.publish(actor, {{}, {stopped}, {{found->rollout}}}, writing));
  return stopped;
}

}  // namespace kip::server
