#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>

#include <fmt/format.h>

#include <manifests/codec/reader.hpp>
#include <manifests/core/printable.hpp>
#include <manifests/model/act_relations.hpp>
#include <server/http/api.hpp>
#include <server/http/api_json.hpp>

namespace kip::server {
namespace {

constexpr std::size_t kMaxItems = 20'000;
constexpr std::array<Trigger, 3> kDates = {Trigger::act_signed, Trigger::act_gazetted, Trigger::act_effective};

/// A number in the path, put where the readers of events look for it.
Result<std::int64_t> path_number(const Call& call, std::string_view name) {
  const std::string& text = call.params.find(name)->second;
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc() && stop == end && value > 0) return value;
  return fail(ErrorCode::not_found, fmt::format("\"{}\" is no number", printable_line(text.substr(0, 40))));
}

json::Value dates_json(const ActHistory& history) {
  json::Array out;
  for (const Trigger date : kDates) {
    const DateStanding standing = history.standing(date);
    if (standing.stated.empty()) continue;
    json::Array days;
    for (const LegalDate day : standing.stated)
      days.push_back(format_date(day));
    json::Object one{{"date", to_string(date)}, {"stated", std::move(days)}, {"disputed", standing.disputed}};
    if (standing.in_force) one.emplace("confirmed", format_date(*standing.in_force));
    out.push_back(std::move(one));
  }
  return out;
}

json::Value relations_json(const std::vector<Relation>& relations) {
  json::Array out;
  for (const Relation& relation : relations) {
    json::Object one{{"kind", to_string(relation.kind)}, {"text", relation.text}};
    if (relation.other) one.emplace("act", relation.other->str());
    out.push_back(std::move(one));
  }
  return out;
}

std::vector<Warning> all_warnings(const Act& act, const ActHistory& history, const std::vector<Act>& registered,
                                  LegalDate today) {
  std::vector<Warning> out = check_act(act);
  for (const auto& more : {check_history(history, today), check_relations(act, registered)})
    out.insert(out.end(), more.begin(), more.end());
  return out;
}

Result<Response> show_act(const Services& services, const Call& call, const ActKey& key) {
  const Instant now = services.recorder.now();
  KIP_TRY(const auto unit, services.store.begin(call.tenant, Access::read));
  Projection& from = unit->projection();
  KIP_TRY(const auto act, from.acts.find(key.str()));
  KIP_TRY(const auto history, from.histories.find(key.str()));
  if (!act || !history) return fail(ErrorCode::not_found, fmt::format("the act {} is not registered", key.str()));
  const auto of_act = [&key](const ObligationRecord& record) { return record.act == key; };
  KIP_TRY(const auto board, services.board.judge(from, now, Detail::tallies, of_act));
  KIP_TRY(const auto all, from.acts.all());
  KIP_TRY(const LegalDate today, services.board.day_in(act->country, now));
  json::Array obligations;
  for (const BoardEntry& entry : board)
    obligations.push_back(obligation_json(entry));
  return json_response(200, json::Object{{"act", to_json(*act)},
                                         {"dates", dates_json(*history)},
                                         {"history", to_json(*history)},
                                         {"relations", relations_json(relations_of(*act, all))},
                                         {"warnings", warnings_json(all_warnings(*act, *history, all, today))},
                                         {"obligations", std::move(obligations)}});
}

Result<Response> get_act(const Services& services, const Call& call) {
  const auto given = call.target.query.find("act");
  if (given == call.target.query.end() || call.target.query.size() != 1) {
    return fail(ErrorCode::usage, "name one act: ?act=ISSUER:NUMBER:YEAR");
  }
  KIP_TRY(const ActKey key, ActKey::parse(given->second));
  return show_act(services, call, key);
}

Result<Response> state_date(const Services& services, const Call& call) {
  KIP_TRY(const json::Value body, read_members(call, {"act", "date", "day", "source"}));
  KIP_TRY(const DateStated stated, read_date_stated(body, call.actor.name, services.recorder.now()));
  if (stated.statement.source.empty()) return fail(ErrorCode::usage, "say in \"source\" where the date was read");
  KIP_TRY_VOID(services.decisions.state_date(call.actor, stated));
  return show_act(services, call, stated.act);
}

Result<Response> confirm_date(const Services& services, const Call& call) {
  KIP_TRY(const json::Value body, read_members(call, {"act", "date", "day", "reason"}));
  KIP_TRY(const DateConfirmed confirmed, read_date_confirmed(body, call.actor.name, services.recorder.now()));
  KIP_TRY_VOID(services.decisions.confirm_date(call.actor, confirmed));
  return show_act(services, call, confirmed.act);
}

Result<Response> compare_acts(const Services& services, const Call& call) {
  KIP_TRY(const json::Value body, json::parse(call.body));
  json::ObjectReader in(body, "comparison");
  in.array("acts", kMaxItems);
  const std::vector<Act> acts = in.each("acts", read_act, kMaxItems);
  KIP_TRY_VOID(in.finish(json::ObjectReader::Unknown::refuse));
  KIP_TRY(const DoubleEntry entry, services.decisions.compare(call.actor, acts));
  json::Array disputed;
  for (const DateStated& stated : entry.disputed)
    disputed.push_back(date_stated_body(stated));
  return json_response(200, json::Object{{"confirmed", entry.confirmed},
                                         {"confirmed_before", entry.confirmed_before},
                                         {"own", entry.own},
                                         {"stated", entry.stated},
                                         {"disputed", std::move(disputed)}});
}

Result<Response> state_development(const Services& services, const Call& call) {
  KIP_TRY(const json::Value body, read_members(call, {"act", "turn", "on", "source", "clock", "from", "reason"}));
  KIP_TRY(const DevelopmentStated stated, read_development_stated(body, call.actor.name, services.recorder.now()));
  KIP_TRY_VOID(services.decisions.state_development(call.actor, stated));
  return show_act(services, call, stated.act);
}

Result<Response> confirm_development(const Services& services, const Call& call) {
  KIP_TRY(const json::Value body, read_members(call, {"act", "number"}));
  KIP_TRY(const DevelopmentConfirmed confirmed, read_development_confirmed(body));
  KIP_TRY_VOID(services.decisions.confirm_development(call.actor, confirmed));
  return show_act(services, call, confirmed.act);
}

Result<Response> show_obligation(const Services& services, const Call& call, std::int64_t number) {
  const Instant now = services.recorder.now();
  KIP_TRY(const auto unit, services.store.begin(call.tenant, Access::read));
  const auto is_it = [number](const ObligationRecord& record) { return record.number == number; };
  KIP_TRY(const auto found, services.board.judge(unit->projection(), now, Detail::customers, is_it));
  if (found.empty()) return fail(ErrorCode::not_found, fmt::format("there is no obligation #{}", number));
  json::Value out = obligation_json(found.front());
  out.as_object()->emplace("as_of", format_instant(now));
  out.as_object()->emplace("circumstances", to_json(found.front().circumstances));
  return json_response(200, std::move(out));
}

Result<Response> get_obligation(const Services& services, const Call& call) {
  KIP_TRY(const std::int64_t number, path_number(call, "number"));
  return show_obligation(services, call, number);
}

/// A waiver ends at an instant, or with a day where the obligation counts: "until" becomes "expires".
Result<void> end_with_day(const Services& services, std::int64_t number, json::Object& body) {
  const auto until = body.find("until");
  if (until == body.end()) return {};
  if (body.contains("expires")) return fail(ErrorCode::usage, "say \"expires\" or \"until\", not both");
  const std::string* const text = until->second.as_text();
  KIP_TRY(const LegalDate day, parse_date(text == nullptr ? "" : *text));
  KIP_TRY(const Instant end, services.decisions.end_of_day(number, day));
  body.erase(until);
  body.emplace("expires", format_instant(end));
  return {};
}

Result<Response> request_waiver(const Services& services, const Call& call) {
  KIP_TRY(const std::int64_t number, path_number(call, "number"));
  KIP_TRY(json::Value body, read_members(call, {"reason", "expires", "until"}));
  KIP_TRY_VOID(end_with_day(services, number, *body.as_object()));
  body.as_object()->emplace("number", number);
  KIP_TRY(const WaiverRequested requested, read_waiver_requested(body, call.actor.name, services.recorder.now()));
  KIP_TRY_VOID(services.decisions.request_waiver(call.actor, requested));
  return show_obligation(services, call, number);
}

Result<Response> approve_waiver(const Services& services, const Call& call) {
  KIP_TRY(const std::int64_t number, path_number(call, "number"));
  KIP_TRY(const std::int64_t waiver, path_number(call, "waiver"));
  KIP_TRY_VOID(read_members(call, {}));
  KIP_TRY_VOID(services.decisions.approve_waiver(call.actor, {number, static_cast<std::size_t>(waiver)}));
  return show_obligation(services, call, number);
}

Result<Response> block(const Services& services, const Call& call) {
  KIP_TRY(const std::int64_t number, path_number(call, "number"));
  KIP_TRY(json::Value body, read_members(call, {"part", "since", "evidence"}));
  body.as_object()->emplace("number", number);
  KIP_TRY(const ObligationBlocked blocked, read_obligation_blocked(body, call.actor.name, services.recorder.now()));
  KIP_TRY_VOID(services.decisions.block(call.actor, blocked));
  return show_obligation(services, call, number);
}

Result<Response> unblock(const Services& services, const Call& call) {
  KIP_TRY(const std::int64_t number, path_number(call, "number"));
  KIP_TRY(json::Value body, read_members(call, {"part", "on", "evidence"}));
  body.as_object()->emplace("number", number);
  KIP_TRY(const ObligationUnblocked unblocked, read_obligation_unblocked(body));
  KIP_TRY_VOID(services.decisions.unblock(call.actor, unblocked));
  return show_obligation(services, call, number);
}

}  // namespace

std::vector<Route> act_routes(const Services& services) {
  const auto with = [services](auto handler) {
    return [services, handler](const Call& call) { return handler(services, call); };
  };
  return {
      {"GET", "/v1/tenants/{tenant}/act", kReader, BodyKind::none, with(get_act)},
      {"POST", "/v1/tenants/{tenant}/act-dates", staff(StaffAction::acts_register), BodyKind::whole, with(state_date)},
      {"POST", "/v1/tenants/{tenant}/act-date-confirmations", staff(StaffAction::acts_confirm), BodyKind::whole,
       with(confirm_date)},
      {"POST", "/v1/tenants/{tenant}/acts/comparison", staff(StaffAction::acts_confirm), BodyKind::large,
       with(compare_acts)},
      {"POST", "/v1/tenants/{tenant}/act-developments", staff(StaffAction::acts_register), BodyKind::whole,
       with(state_development)},
      {"POST", "/v1/tenants/{tenant}/act-development-confirmations", staff(StaffAction::acts_confirm), BodyKind::whole,
       with(confirm_development)},
      {"GET", "/v1/tenants/{tenant}/obligations/{number}", kReader, BodyKind::none, with(get_obligation)},
      {"POST", "/v1/tenants/{tenant}/obligations/{number}/waivers", staff(StaffAction::circumstances_record),
       BodyKind::whole, with(request_waiver)},
      {"POST", "/v1/tenants/{tenant}/obligations/{number}/waivers/{waiver}/approval",
       staff(StaffAction::waivers_approve), BodyKind::whole, with(approve_waiver)},
      {"POST", "/v1/tenants/{tenant}/obligations/{number}/blocks", staff(StaffAction::circumstances_record),
       BodyKind::whole, with(block)},
      {"POST", "/v1/tenants/{tenant}/obligations/{number}/unblocking", staff(StaffAction::circumstances_record),
       BodyKind::whole, with(unblock)},
  };
}

}  // namespace kip::server
