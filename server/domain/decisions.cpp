#include <algorithm>
#include <set>
#include <string>

#include <fmt/format.h>

#include <server/domain/decisions.hpp>
#include <server/domain/pending.hpp>

namespace kip::server {
namespace {

constexpr std::size_t kMaxNames = 1000;

/// Who has stated that day.
std::set<std::string> authors_of(const ActHistory& history, const DateConfirmed& confirmed) {
  std::set<std::string> out;
  for (const DateStatement& one : history.statements()) {
    if (one.date == confirmed.confirmation.date && one.day == confirmed.confirmation.day) out.insert(one.by);
  }
  return out;
}

}  // namespace

/// One date as a second person's list has it, beside what was said before.
struct Decisions::Entry {
  const Act& act;
  const ActHistory& history;
  Trigger date;
  LegalDate day;
  const std::set<std::string>& voices;  ///< whose word is the actor's
};

Result<void> Decisions::compare_date(const Entry& entry, const Actor& actor, UnitOfWork& unit, DoubleEntry& out) {
  const auto& statements = entry.history.statements();
  const auto is_it = [&](const DateStatement& one) { return one.date == entry.date && one.day == entry.day; };
  const bool by_another = std::any_of(statements.begin(), statements.end(), [&](const DateStatement& one) {
    return is_it(one) && !entry.voices.contains(one.by);
  });
  const bool by_same = std::any_of(statements.begin(), statements.end(), [&](const DateStatement& one) {
    return is_it(one) && entry.voices.contains(one.by);
  });
  const DateStanding standing = entry.history.standing(entry.date);
  if (standing.in_force == entry.day) {
    ++out.confirmed_before;
    return {};
  }
  if (by_another && !standing.disputed && !standing.in_force) {
    ++out.confirmed;
    const auto done = recorder_.record(unit, event_type::kActDateConfirmed, actor,
                                       date_confirmed_body({entry.act.key, {entry.date, entry.day, {}, {}, {}}}));
    return done ? Result<void>() : Unexpected(done.error());
  }
  if (by_same) {
    ++out.own;
    return {};
  }
  const auto source = entry.act.sources.find(entry.date);
  DateStated stated{entry.act.key,
                    {entry.date, entry.day, source == entry.act.sources.end() ? entry.act.confidence : source->second,
                     actor.name, recorder_.now()}};
  const auto done = recorder_.record(unit, event_type::kActDateStated, actor, date_stated_body(stated));
  if (standing.stated.empty()) {
    ++out.stated;
  } else {
    out.disputed.push_back(std::move(stated));
  }
  return done ? Result<void>() : Unexpected(done.error());
}

Result<void> Decisions::record(std::string_view type, const Actor& actor, json::Value body) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY_VOID(recorder_.record(*unit, type, actor, std::move(body)));
  return unit->commit();
}

Result<void> Decisions::confirm(UnitOfWork& unit, std::string_view type, const Actor& actor, json::Value body,
                                const std::set<std::string>& authors) {
  KIP_TRY_VOID(refuse_successor(unit.projection(), actor.name, authors));
  KIP_TRY_VOID(recorder_.record(unit, type, actor, std::move(body)));
  return unit.commit();
}

Result<void> Decisions::state_date(const Actor& actor, const DateStated& stated) {
  return record(event_type::kActDateStated, actor, date_stated_body(stated));
}

Result<void> Decisions::confirm_date(const Actor& actor, const DateConfirmed& confirmed) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY(const auto history, unit->projection().histories.find(confirmed.act.str()));
  std::set<std::string> authors;
  if (history) authors = authors_of(*history, confirmed);
  return confirm(*unit, event_type::kActDateConfirmed, actor, date_confirmed_body(confirmed), authors);
}

Result<DoubleEntry> Decisions::compare(const Actor& actor, const std::vector<Act>& acts) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  DoubleEntry out;
  KIP_TRY(const auto voices, voices_of_actor(unit->projection(), actor.name));
  std::string unknown;
  for (const Act& act : acts) {
    KIP_TRY(const auto history, unit->projection().histories.find(act.key.str()));
    if (!history) {
      unknown += (unknown.empty() ? "" : ", ") + act.key.str();
      continue;
    }
    for (const Trigger date : {Trigger::act_signed, Trigger::act_gazetted, Trigger::act_effective}) {
      if (const auto day = act.date(date))
        KIP_TRY_VOID(compare_date({act, *history, date, *day, voices}, actor, *unit, out));
    }
  }
  if (!unknown.empty()) {
    return fail(ErrorCode::not_found, fmt::format("these acts are not registered: {}", unknown.substr(0, kMaxNames)));
  }
  KIP_TRY_VOID(unit->commit());
  return out;
}

Result<void> Decisions::state_development(const Actor& actor, const DevelopmentStated& stated) {
  return record(event_type::kActDevelopmentStated, actor, development_stated_body(stated));
}

Result<void> Decisions::confirm_development(const Actor& actor, const DevelopmentConfirmed& confirmed) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY(const auto history, unit->projection().histories.find(confirmed.act.str()));
  std::set<std::string> authors;
  if (history && confirmed.number >= 1 && confirmed.number <= history->developments().size())
    authors.insert(history->developments()[confirmed.number - 1].by);
  return confirm(*unit, event_type::kActDevelopmentConfirmed, actor, development_confirmed_body(confirmed), authors);
}

Result<void> Decisions::request_waiver(const Actor& actor, const WaiverRequested& requested) {
  return record(event_type::kWaiverRequested, actor, waiver_requested_body(requested));
}

Result<void> Decisions::approve_waiver(const Actor& actor, const WaiverApproved& approved) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY(const auto obligation, unit->projection().obligations.find(approved.obligation));
  std::set<std::string> authors;
  if (obligation && approved.waiver >= 1 && approved.waiver <= obligation->circumstances.waivers().size())
    authors.insert(obligation->circumstances.waivers()[approved.waiver - 1].requested_by);
  return confirm(*unit, event_type::kWaiverApproved, actor, waiver_approved_body(approved), authors);
}

/// The country of the calendar by which it counts; empty where its promise is gone.
Result<std::string> Decisions::calendar_of(std::int64_t obligation) const {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::read));
  KIP_TRY(const auto found, unit->projection().obligations.find(obligation));
  if (!found) return fail(ErrorCode::not_found, fmt::format("there is no obligation #{}", obligation));
  KIP_TRY(const auto commitment, unit->projection().commitments.find(found->commitment));
  return commitment ? commitment->calendar : std::string();
}

Result<Instant> Decisions::end_of_day(std::int64_t obligation, LegalDate day) const {
  KIP_TRY(const std::string country, calendar_of(obligation));
  return board_.end_of_day(country, day);
}

/// What is told has happened: not after today where the obligation's calendar counts.
Result<void> Decisions::check_past(std::int64_t obligation, LegalDate day) const {
  KIP_TRY(const std::string country, calendar_of(obligation));
  KIP_TRY(const LegalDate today, board_.day_in(country, recorder_.now()));
  if (day <= today) return {};
  return fail(ErrorCode::usage, fmt::format("{} is still to come: say it once it has happened", format_date(day)));
}

Result<void> Decisions::block(const Actor& actor, const ObligationBlocked& blocked) {
  KIP_TRY_VOID(check_past(blocked.obligation, blocked.block.since));
  if (!blocked.block.part.empty()) KIP_TRY_VOID(check_part(blocked));
  return record(event_type::kObligationBlocked, actor, obligation_blocked_body(blocked));
}

/// Whether the act has that part.
Result<void> Decisions::check_part(const ObligationBlocked& blocked) const {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::read));
  KIP_TRY(const auto obligation, unit->projection().obligations.find(blocked.obligation));
  if (!obligation) return fail(ErrorCode::not_found, fmt::format("there is no obligation #{}", blocked.obligation));
  KIP_TRY(const auto act, unit->projection().acts.find(obligation->act.str()));
  const auto& parts = act->parts;
  if (std::find(parts.begin(), parts.end(), blocked.block.part) != parts.end()) return {};
  return fail(ErrorCode::usage,
              fmt::format("{} has no part \"{}\"; {}", obligation->act.str(), blocked.block.part,
                          parts.empty() ? std::string("it was registered as one whole, so leave the part out")
                                        : fmt::format("its parts are {}", fmt::join(parts, ", "))));
}

Result<void> Decisions::unblock(const Actor& actor, const ObligationUnblocked& unblocked) {
  KIP_TRY_VOID(check_past(unblocked.obligation, unblocked.on));
  return record(event_type::kObligationUnblocked, actor, obligation_unblocked_body(unblocked));
}

}  // namespace kip::server
