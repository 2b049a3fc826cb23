#include <algorithm>
#include <variant>

#include <manifests/codec/choice.hpp>
#include <manifests/deadline/clock.hpp>
#include <manifests/deadline/engine.hpp>
#include <manifests/model/obligation_clock.hpp>

namespace kip {
namespace {

constexpr Choices<ClockCause, 5> kCauses = {{{ClockCause::stated, "stated"},
                                             {ClockCause::confirmed, "confirmed"},
                                             {ClockCause::corrected, "corrected"},
                                             {ClockCause::restarted, "restarted"},
                                             {ClockCause::aware, "aware"}}};

using Decision = std::variant<const DateConfirmation*, const ActDevelopment*>;

Instant time_of(const Decision& decision) {
  if (const auto* confirmation = std::get_if<const DateConfirmation*>(&decision)) return (*confirmation)->at;
  return *std::get<const ActDevelopment*>(decision)->confirmed_at;
}

/// Whether the act was in force again later, whatever was entered first.
bool is_resumed_after(const ActHistory& history, const ActDevelopment& stop) {
  const auto& all = history.developments();
  return std::any_of(all.begin(), all.end(), [&](const ActDevelopment& other) {
    return other.is_confirmed() && other.turn == ActTurn::resumed && other.clock == ClockDecision::goes_on &&
           stop.on <= other.on;
  });
}

/// Those that move or stop a clock with this trigger, in the order in which they took effect.
std::vector<Decision> decisions_about(const ActHistory& history, Trigger trigger) {
  std::vector<Decision> out;
  for (const DateConfirmation& confirmation : history.confirmations()) {
    if (confirmation.date == trigger) out.emplace_back(&confirmation);
  }
  for (const ActDevelopment& development : history.developments()) {
    if (!development.is_confirmed() || development.clock == ClockDecision::goes_on) continue;
    if (development.clock == ClockDecision::stops && is_resumed_after(history, development)) continue;
    out.emplace_back(&development);
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const Decision& a, const Decision& b) { return time_of(a) < time_of(b); });
  return out;
}

void take_in(std::vector<ObligationClock>& clocks, const DateConfirmation& confirmation) {
  if (clocks.empty() || clocks.back().cause == ClockCause::stated) {
    const bool was_stopped = !clocks.empty() && clocks.back().stopped_on;
    ObligationClock first{.cause = ClockCause::confirmed, .start = confirmation.day};
    if (was_stopped) {
      first.stopped_on = clocks.back().stopped_on;
      first.stopped_by = clocks.back().stopped_by;
    }
    clocks.assign(1, std::move(first));
  } else if (clocks.back().start == confirmation.day) {
    return;
  } else {
    ObligationClock corrected = clocks.back();
    corrected.cause = ClockCause::corrected;
    corrected.start = confirmation.day;
    clocks.push_back(std::move(corrected));
  }
  clocks.back().reason = confirmation.reason;
  clocks.back().by = confirmation.by;
  clocks.back().decided_at = confirmation.at;
}

void stop(ObligationClock& clock, const ActDevelopment& development) {
  const bool is_of_an_earlier_clock = clock.cause == ClockCause::restarted && development.on < clock.start;
  if (is_of_an_earlier_clock || (clock.stopped_on && *clock.stopped_on <= development.on)) return;
  clock.stopped_on = development.on;
  clock.stopped_by = development.turn;
}

void take_in(std::vector<ObligationClock>& clocks, const ActDevelopment& development) {
  if (development.clock == ClockDecision::starts_anew) {
    clocks.push_back({.cause = ClockCause::restarted,
                      .start = *development.from,
                      .reason = development.reason,
                      .by = development.confirmed_by,
                      .decided_at = development.confirmed_at});
  } else if (!clocks.empty()) {
    stop(clocks.back(), development);
  }
}

/// From when on hours run: from the registration, where that was on the clock's day, else from the beginning of the
/// day, since nobody has said at what hour the vendor learned of it or the clock started anew.
Result<Instant> moment_of(const ObligationClock& clock, const ActHistory& history, const Calendar& calendar,
                          const ZoneDatabase& zones) {
  KIP_TRY(const ZonedInstant day, start_of_day(clock.start, calendar, zones));
  KIP_TRY(const ZonedInstant next, start_of_day(clock.start + std::chrono::days(1), calendar, zones));
  const Instant registered = history.registered();
  const bool on_that_day = day.instant <= registered && registered < next.instant;
  return on_that_day && clock.cause == ClockCause::aware ? registered : day.instant;
}

}  // namespace

std::string_view to_string(ClockCause cause) {
  return choice_text(kCauses, cause);
}

std::vector<ObligationClock> clocks_of(const Act& act, const ActHistory& history, Trigger trigger) {
  std::vector<ObligationClock> out;
  if (trigger == Trigger::vendor_aware) {
    if (act.aware_on) out.push_back({.cause = ClockCause::aware, .start = *act.aware_on});
  } else if (const auto stated = history.standing(trigger).stated; !stated.empty()) {
    // The earliest, so that whoever works by it is in time whichever turns out to be right.
    out.push_back({.cause = ClockCause::stated, .start = *std::min_element(stated.begin(), stated.end())});
  }
  for (const Decision& decision : decisions_about(history, trigger))
    std::visit([&out](const auto* one) { take_in(out, *one); }, decision);
  return out;
}

std::vector<LegalDate> days_of_rise(const Act& act, const ActHistory& history, Trigger trigger) {
  std::vector<LegalDate> out;
  const auto clocks = clocks_of(act, history, trigger);
  for (auto clock = clocks.rbegin(); clock != clocks.rend(); ++clock) {
    out.push_back(clock->start);
    if (clock->cause != ClockCause::restarted) break;
  }
  if (out.empty()) out.push_back(act.signed_on);
  std::sort(out.begin(), out.end());
  return out;
}

Result<Deadline> due_of(const ObligationClock& clock, const Commitment& commitment, const ActHistory& history,
                        const Calendar& calendar, const ZoneDatabase& zones) {
  KIP_CHECK(commitment.period.has_value());
  if (is_clock_unit(commitment.period->unit())) {
    KIP_TRY(const Instant at, moment_of(clock, history, calendar, zones));
    return compute_clock_deadline({.rule = commitment.rule,
                                   .calendar = calendar,
                                   .profile = commitment.profile,
                                   .at = at,
                                   .period = *commitment.period,
                                   .clock = commitment.clock,
                                   .office = commitment.office},
                                  zones);
  }
  return compute_deadline({.rule = commitment.rule,
                           .calendar = calendar,
                           .profile = commitment.profile,
                           .trigger = commitment.trigger,
                           .trigger_date = clock.start,
                           .starts_anew = clock.cause == ClockCause::restarted,
                           .period = *commitment.period},
                          zones);
}

}  // namespace kip
