#include <algorithm>

#include <fmt/format.h>

#include <manifests/codec/choice.hpp>
#include <manifests/core/backoff.hpp>
#include <signing/timestamp/stamp.hpp>

namespace kip::tsp {
namespace {

constexpr Choices<StampState, 3> kStates{
    {{StampState::pending, "pending"}, {StampState::stamped, "stamped"}, {StampState::bad, "bad"}}};

/// Between half and all of it.
std::chrono::milliseconds jittered(std::chrono::milliseconds pause, RandomSource& random) {
  constexpr std::uint64_t kSteps = 1U << 16U;
  const Bytes drawn = random.bytes(2);
  const std::uint64_t chance =
      static_cast<std::uint64_t>(static_cast<unsigned char>(drawn[0])) << 8U | static_cast<unsigned char>(drawn[1]);
  const auto half = static_cast<std::uint64_t>(pause.count()) / 2;
  return pause - std::chrono::milliseconds(static_cast<std::int64_t>(half * chance / kSteps));
}

std::chrono::seconds pause_after(std::uint32_t failures, const Patience& patience) {
  return doubled(patience.first, patience.longest, std::int64_t{failures} - 1);
}

Stamp stamped(Stamp stamp, const Stamped& outcome) {
  stamp.state = StampState::stamped;
  stamp.facts = StampFacts{outcome.bytes,           outcome.token.claims.gen_time,
                           outcome.accuracy,        outcome.token.identity(),
                           outcome.token.not_after, outcome.independent};
  stamp.failures = 0;
  stamp.problem.clear();
  return stamp;
}

Stamp refused(Stamp stamp, const Refused& outcome) {
  stamp.state = StampState::bad;
  stamp.refusal = outcome.reason;
  stamp.problem = outcome.message;
  return stamp;
}

}  // namespace

std::string_view to_string(StampState state) {
  return choice_text(kStates, state);
}

Result<StampState> parse_stamp_state(std::string_view text) {
  return parse_choice(kStates, "a state of a stamp", text);
}

bool is_due(const Stamp& stamp, Instant now) {
  constexpr std::chrono::days kFarthest(3);
  return stamp.state == StampState::pending && (stamp.next_at <= now || stamp.next_at > now + kFarthest);
}

Result<Stamp> prepare(Stamp stamp, const std::string& policy, RandomSource& random) {
  KIP_CHECK(stamp.state == StampState::pending);
  if (stamp.request) return stamp;
  KIP_TRY(stamp.request, make_request(stamp.subject, random, policy));
  return stamp;
}

Stamp settle(Stamp stamp, const Outcome& outcome, Instant now, const Patience& patience, RandomSource& random) {
  if (const auto* done = std::get_if<Stamped>(&outcome)) return stamped(std::move(stamp), *done);
  if (const auto* bad = std::get_if<Refused>(&outcome)) return refused(std::move(stamp), *bad);
  const auto& away = std::get<Unreachable>(outcome);
  ++stamp.failures;
  const auto pause = jittered(pause_after(stamp.failures, patience), random);
  stamp.next_at = now + pause;
  // What is asked for is the least: beside it there is chance again.
  if (away.retry_after && *away.retry_after > pause / 2) {
    stamp.next_at = now + *away.retry_after + (pause - pause / 2);
  }
  stamp.problem = away.message;
  return stamp;
}

Stamp ask_again(Stamp stamp, Instant now) {
  if (stamp.state != StampState::bad) return stamp;
  return Stamp{.subject = stamp.subject, .authority = std::move(stamp.authority), .next_at = now};
}

StampSummary summarise(const std::vector<Stamp>& stamps) {
  StampSummary out;
  for (const Stamp& stamp : stamps) {
    if (stamp.state == StampState::pending) ++out.pending;
    if (stamp.state == StampState::bad) ++out.bad;
    if (stamp.state != StampState::stamped) continue;
    ++out.stamped;
    if (stamp.facts && stamp.facts->independent) ++out.independent;
  }
  return out;
}

std::string StampSummary::text() const {
  if (stamped == 0) return pending > 0 || bad == 0 ? "pending" : "refused by all";
  const std::string note =
      independent == stamped
          ? ""
          : (independent == 0 ? std::string(", ") + std::string(kNotIndependent)
                              : fmt::format(", {} of them {}", stamped - independent, kNotIndependent));
  return fmt::format("stamped {} of {}{}", stamped, asked(), note);
}

}  // namespace kip::tsp
