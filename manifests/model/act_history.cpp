#include <algorithm>

#include <fmt/format.h>

#include <manifests/codec/choice.hpp>
#include <manifests/model/act_history.hpp>

namespace kip {
namespace {

constexpr Choices<ActTurn, 4> kTurns = {{{ActTurn::corrected, "corrected"},
                                         {ActTurn::suspended, "suspended"},
                                         {ActTurn::resumed, "resumed"},
                                         {ActTurn::withdrawn, "withdrawn"}}};
constexpr Choices<ClockDecision, 3> kDecisions = {{{ClockDecision::goes_on, "goes-on"},
                                                   {ClockDecision::starts_anew, "starts-anew"},
                                                   {ClockDecision::stops, "stops"}}};

Result<void> check_room(std::size_t present) {
  if (present < kMaxStatements) return {};
  return fail(ErrorCode::too_large, fmt::format("more than {} statements about one act", kMaxStatements));
}

/// Days stated later than the act's own, which check_act() looks at.
void add_early_dates(const ActHistory& history, std::vector<Warning>& out) {
  const auto signed_days = history.standing(Trigger::act_signed).stated;
  for (const Trigger date : {Trigger::act_gazetted, Trigger::act_effective}) {
    const auto days = history.standing(date).stated;
    for (std::size_t i = 0; i < days.size(); ++i) {
      for (std::size_t k = 0; k < signed_days.size(); ++k) {
        if (i + k == 0 || signed_days[k] <= days[i]) continue;
        out.push_back({fmt::format("{}-before-signed", to_string(date)),
                       fmt::format("{} is said to have been signed on {}, after it was {} on {}", history.act(),
                                   format_date(signed_days[k]), to_string(date), format_date(days[i]))});
      }
    }
  }
}

Warning date_to_come(std::string_view act, Trigger date, LegalDate day) {
  return {"date-to-come",
          fmt::format("{} is said to have been {} on {}, which is still to come: look at the date again", act,
                      to_string(date), format_date(day))};
}

}  // namespace

std::string_view to_string(ActTurn turn) {
  return choice_text(kTurns, turn);
}
Result<ActTurn> parse_act_turn(std::string_view text) {
  return parse_choice(kTurns, "a turn of an act", text);
}
std::string_view to_string(ClockDecision decision) {
  return choice_text(kDecisions, decision);
}
Result<ClockDecision> parse_clock_decision(std::string_view text) {
  return parse_choice(kDecisions, "a decision about the clock", text);
}

ActHistory ActHistory::begin(const Act& act, std::string_view by, Instant at) {
  ActHistory out;
  out.act_ = act.key.str();
  out.registered_by_ = by;
  out.registered_ = at;
  for (const Trigger date : {Trigger::act_signed, Trigger::act_gazetted, Trigger::act_effective}) {
    const auto day = act.date(date);
    if (!day) continue;
    const auto source = act.sources.find(date);
    out.statements_.push_back(
        {date, *day, source == act.sources.end() ? act.confidence : source->second, std::string(by), at});
  }
  return out;
}

DateStanding ActHistory::standing(Trigger date) const {
  DateStanding out;
  std::size_t known = 0;
  for (const DateConfirmation& confirmation : confirmations_) {
    if (confirmation.date != date) continue;
    out.in_force = confirmation.day;
    known = confirmation.known;
  }
  for (std::size_t i = 0; i < statements_.size(); ++i) {
    const DateStatement& statement = statements_[i];
    if (statement.date != date) continue;
    if (std::find(out.stated.begin(), out.stated.end(), statement.day) == out.stated.end())
      out.stated.push_back(statement.day);
    if (out.in_force && i >= known && statement.day != *out.in_force) out.disputed = true;
  }
  if (!out.in_force) out.disputed = out.stated.size() > 1;
  return out;
}

Result<void> ActHistory::state(DateStatement statement) {
  if (statement.date == Trigger::vendor_aware) {
    return fail(ErrorCode::usage,
                "when the vendor learned of an act is said where it is registered, and by nothing else");
  }
  KIP_TRY_VOID(check_room(statements_.size()));
  const bool said = std::any_of(statements_.begin(), statements_.end(), [&](const DateStatement& other) {
    return other.date == statement.date && other.day == statement.day && other.by == statement.by;
  });
  if (said) {
    return fail(ErrorCode::conflict, fmt::format("{} has stated already that {} was {} on {}", statement.by, act_,
                                                 to_string(statement.date), format_date(statement.day)));
  }
  statements_.push_back(std::move(statement));
  return {};
}

Result<void> ActHistory::confirm(DateConfirmation confirmation) {
  KIP_TRY_VOID(check_room(confirmations_.size()));
  const DateStanding now = standing(confirmation.date);
  const auto of_day = [&](const DateStatement& statement) {
    return statement.date == confirmation.date && statement.day == confirmation.day;
  };
  if (std::none_of(statements_.begin(), statements_.end(), of_day)) {
    return fail(ErrorCode::not_found,
                fmt::format("nobody has stated that {} was {} on {}; state it with its source first", act_,
                            to_string(confirmation.date), format_date(confirmation.day)));
  }
  const auto by_another = [&](const DateStatement& statement) {
    return of_day(statement) && statement.by != confirmation.by;
  };
  if (std::none_of(statements_.begin(), statements_.end(), by_another)) {
    return fail(ErrorCode::denied, fmt::format("{} has stated this date; another person has to confirm it after a look "
                                               "at its source",
                                               confirmation.by));
  }
  if (now.stated.size() > 1 && confirmation.reason.empty()) {
    return fail(ErrorCode::usage,
                fmt::format("several days are stated for \"{}\"; give the reason why {} is the right one",
                            to_string(confirmation.date), format_date(confirmation.day)));
  }
  if (now.in_force == confirmation.day && !now.disputed) {
    return fail(ErrorCode::conflict, fmt::format("{} is confirmed already", format_date(confirmation.day)));
  }
  confirmation.known = statements_.size();
  confirmations_.push_back(std::move(confirmation));
  return {};
}

Result<void> ActHistory::develop(ActDevelopment development) {
  KIP_TRY_VOID(check_room(developments_.size()));
  if ((development.clock == ClockDecision::starts_anew) != development.from.has_value()) {
    return fail(ErrorCode::usage,
                "a clock that starts anew needs the day from which it runs, and only such a one has it");
  }
  if (development.source.empty() || development.reason.empty()) {
    return fail(ErrorCode::usage, "give the source of it and the reason of the decision about the clock");
  }
  developments_.push_back(std::move(development));
  return {};
}

Result<void> ActHistory::confirm_development(std::size_t number, std::string_view by, Instant at) {
  if (number == 0 || number > developments_.size()) {
    return fail(ErrorCode::not_found, fmt::format("{} has no development {}", act_, number));
  }
  ActDevelopment& development = developments_[number - 1];
  if (development.is_confirmed()) {
    return fail(ErrorCode::conflict, fmt::format("{} has confirmed it already", development.confirmed_by));
  }
  if (development.by == by) {
    return fail(ErrorCode::denied, fmt::format("{} has entered it; another person has to confirm it", by));
  }
  development.confirmed_by = by;
  development.confirmed_at = at;
  return {};
}

std::vector<Warning> check_history(const ActHistory& history, LegalDate today) {
  std::vector<Warning> out;
  for (const Trigger date : {Trigger::act_signed, Trigger::act_gazetted}) {
    for (const LegalDate day : history.standing(date).stated) {
      if (today < day) out.push_back(date_to_come(history.act(), date, day));
    }
  }
  add_early_dates(history, out);
  std::size_t number = 0;
  for (const ActDevelopment& development : history.developments()) {
    ++number;
    if (today < development.on && development.clock == ClockDecision::stops) {
      out.push_back({"turn-to-come",
                     fmt::format("development {} of {}: {} on {}, which is still to come, stops the clock "
                                 "as soon as it is confirmed",
                                 number, history.act(), to_string(development.turn), format_date(development.on))});
    }
    if (!development.from) continue;
    const std::string what = fmt::format("development {} of {}: the clock starts anew on {}", number, history.act(),
                                         format_date(*development.from));
    if (*development.from < development.on) {
      out.push_back({"restart-before-turn", fmt::format("{}, before the act was {} on {}", what,
                                                        to_string(development.turn), format_date(development.on))});
    } else if (today < *development.from) {
      out.push_back({"restart-to-come", fmt::format("{}, which is still to come", what)});
    }
  }
  return out;
}

}  // namespace kip
