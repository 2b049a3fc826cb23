#include <algorithm>

#include <fmt/format.h>

#include <server/domain/decisions.hpp>

namespace kip::server {
namespace {

constexpr std::size_t kMaxNames = 1000;

}  // namespace

/// One date as a second person's list has it, beside what was said before.
struct Decisions::Entry {
  const Act& act;
  const ActHistory& history;
  Trigger date;
  LegalDate day;
};

Result<void> Decisions::compare_date(const Entry& entry, std::string_view actor, UnitOfWork& unit, DoubleEntry& out) {
  const auto& statements = entry.history.statements();
  const auto is_it = [&](const DateStatement& one) { return one.date == entry.date && one.day == entry.day; };
  const bool by_another = std::any_of(statements.begin(), statements.end(),
                                      [&](const DateStatement& one) { return is_it(one) && one.by != actor; });
  const bool by_same = std::any_of(statements.begin(), statements.end(),
                                   [&](const DateStatement& one) { return is_it(one) && one.by == actor; });
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
                     std::string(actor), recorder_.now()}};
  const auto done = recorder_.record(unit, event_type::kActDateStated, actor, date_stated_body(stated));
  if (standing.stated.empty()) {
    ++out.stated;
  } else {
    out.disputed.push_back(std::move(stated));
  }
  return done ? Result<void>() : Unexpected(done.error());
}

Result<void> Decisions::record(std::string_view type, std::string_view actor, json::Value body) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY_VOID(recorder_.record(*unit, type, actor, std::move(body)));
  return unit->commit();
}

Result<void> Decisions::state_date(std::string_view actor, const DateStated& stated) {
  return record(event_type::kActDateStated, actor, date_stated_body(stated));
}

Result<void> Decisions::confirm_date(std::string_view actor, const DateConfirmed& confirmed) {
  return record(event_type::kActDateConfirmed, actor, date_confirmed_body(confirmed));
}

Result<DoubleEntry> Decisions::compare(std::string_view actor, const std::vector<Act>& acts) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  DoubleEntry out;
  std::string unknown;
  for (const Act& act : acts) {
    KIP_TRY(const auto history, unit->projection().histories.find(act.key.str()));
    if (!history) {
      unknown += (unknown.empty() ? "" : ", ") + act.key.str();
      continue;
    }
    for (const Trigger date : {Trigger::act_signed, Trigger::act_gazetted, Trigger::act_effective}) {
      if (const auto day = act.date(date)) KIP_TRY_VOID(compare_date({act, *history, date, *day}, actor, *unit, out));
    }
  }
  if (!unknown.empty()) {
    return fail(ErrorCode::not_found, fmt::format("these acts are not registered: {}", unknown.substr(0, kMaxNames)));
  }
  KIP_TRY_VOID(unit->commit());
  return out;
}

Result<void> Decisions::state_development(std::string_view actor, const DevelopmentStated& stated) {
  return record(event_type::kActDevelopmentStated, actor, development_stated_body(stated));
}

Result<void> Decisions::confirm_development(std::string_view actor, const DevelopmentConfirmed& confirmed) {
  return record(event_type::kActDevelopmentConfirmed, actor, development_confirmed_body(confirmed));
}

Result<void> Decisions::request_waiver(std::string_view actor, const WaiverRequested& requested) {
  return record(event_type::kWaiverRequested, actor, waiver_requested_body(requested));
}

Result<void> Decisions::approve_waiver(std::string_view actor, const WaiverApproved& approved) {
  return record(event_type::kWaiverApproved, actor, waiver_approved_body(approved));
}

Result<void> Decisions::block(std::string_view actor, const ObligationBlocked& blocked) {
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

Result<void> Decisions::unblock(std::string_view actor, const ObligationUnblocked& unblocked) {
  return record(event_type::kObligationUnblocked, actor, obligation_unblocked_body(unblocked));
}

}  // namespace kip::server
