#include <manifests/codec/reading.hpp>
#include <manifests/deadline/calendar.hpp>
#include <manifests/model/act_events.hpp>

namespace kip {
namespace {

constexpr std::int64_t kMaxNumber = 1'000'000'000;

void put(json::Object& out, const char* name, const std::string& text) {
  if (!text.empty()) out.emplace(name, text);
}

}  // namespace

json::Value date_stated_body(const DateStated& stated) {
  json::Object out{{"act", stated.act.str()},
                   {"date", to_string(stated.statement.date)},
                   {"day", format_date(stated.statement.day)}};
  put(out, "source", stated.statement.source);
  return out;
}

Result<DateStated> read_date_stated(const json::Value& body, std::string_view actor, Instant at) {
  json::ObjectReader in(body, "act.date-stated");
  auto act = in.parsed("act", ActKey::parse);
  const auto date = in.parsed("date", parse_trigger);
  const auto day = in.parsed("day", parse_date);
  std::string source = json::words(in, "source");
  KIP_TRY_VOID(in.finish());
  return DateStated{*std::move(act), {*date, *day, std::move(source), std::string(actor), at}};
}

json::Value date_confirmed_body(const DateConfirmed& confirmed) {
  json::Object out{{"act", confirmed.act.str()},
                   {"date", to_string(confirmed.confirmation.date)},
                   {"day", format_date(confirmed.confirmation.day)}};
  put(out, "reason", confirmed.confirmation.reason);
  return out;
}

Result<DateConfirmed> read_date_confirmed(const json::Value& body, std::string_view actor, Instant at) {
  json::ObjectReader in(body, "act.date-confirmed");
  auto act = in.parsed("act", ActKey::parse);
  const auto date = in.parsed("date", parse_trigger);
  const auto day = in.parsed("day", parse_date);
  std::string reason = json::words(in, "reason");
  KIP_TRY_VOID(in.finish());
  return DateConfirmed{*std::move(act), {*date, *day, std::move(reason), std::string(actor), at}};
}

json::Value development_stated_body(const DevelopmentStated& stated) {
  const ActDevelopment& development = stated.development;
  json::Object out{{"act", stated.act.str()},
                   {"turn", to_string(development.turn)},
                   {"on", format_date(development.on)},
                   {"clock", to_string(development.clock)}};
  put(out, "source", development.source);
  put(out, "reason", development.reason);
  if (development.from) out.emplace("from", format_date(*development.from));
  return out;
}

Result<DevelopmentStated> read_development_stated(const json::Value& body, std::string_view actor, Instant at) {
  json::ObjectReader in(body, "act.development-stated");
  auto act = in.parsed("act", ActKey::parse);
  const auto turn = in.parsed("turn", parse_act_turn);
  const auto on = in.parsed("on", parse_date);
  const auto clock = in.parsed("clock", parse_clock_decision);
  std::string source = json::words(in, "source");
  std::string reason = json::words(in, "reason");
  const auto from = in.optional_parsed("from", parse_date);
  KIP_TRY_VOID(in.finish());
  return DevelopmentStated{*std::move(act),
                           {*turn, *on, std::move(source), *clock, from, std::move(reason), std::string(actor), at}};
}

json::Value development_confirmed_body(const DevelopmentConfirmed& confirmed) {
  return json::Object{{"act", confirmed.act.str()}, {"number", static_cast<std::int64_t>(confirmed.number)}};
}

Result<DevelopmentConfirmed> read_development_confirmed(const json::Value& body) {
  json::ObjectReader in(body, "act.development-confirmed");
  auto act = in.parsed("act", ActKey::parse);
  const auto number = in.integer("number", 1, kMaxNumber);
  KIP_TRY_VOID(in.finish());
  return DevelopmentConfirmed{*std::move(act), static_cast<std::size_t>(number)};
}

json::Value obligation_opened_body(const ObligationOpened& obligation) {
  return json::Object{
      {"number", obligation.number}, {"act", obligation.act.str()}, {"commitment", obligation.commitment.str()}};
}

Result<ObligationOpened> read_obligation_opened(const json::Value& body) {
  json::ObjectReader in(body, "obligation.opened");
  const std::int64_t number = in.integer("number", 1, INT64_MAX);
  auto act = in.parsed("act", ActKey::parse);
  auto commitment = in.parsed("commitment", CommitmentId::parse);
  KIP_TRY_VOID(in.finish());
  return ObligationOpened{number, *std::move(act), *std::move(commitment)};
}

json::Value waiver_requested_body(const WaiverRequested& requested) {
  return json::Object{{"number", requested.obligation},
                      {"reason", requested.waiver.reason},
                      {"expires", format_instant(requested.waiver.expires)}};
}

Result<WaiverRequested> read_waiver_requested(const json::Value& body, std::string_view actor, Instant at) {
  json::ObjectReader in(body, "obligation.waiver-requested");
  const auto number = in.integer("number", 1, kMaxNumber);
  std::string reason = json::words(in, "reason");
  const auto expires = in.parsed("expires", parse_instant);
  KIP_TRY_VOID(in.finish());
  return WaiverRequested{number, {std::move(reason), *expires, std::string(actor), at}};
}

json::Value waiver_approved_body(const WaiverApproved& approved) {
  return json::Object{{"number", approved.obligation}, {"waiver", static_cast<std::int64_t>(approved.waiver)}};
}

Result<WaiverApproved> read_waiver_approved(const json::Value& body) {
  json::ObjectReader in(body, "obligation.waiver-approved");
  const auto number = in.integer("number", 1, kMaxNumber);
  const auto waiver = in.integer("waiver", 1, kMaxNumber);
  KIP_TRY_VOID(in.finish());
  return WaiverApproved{number, static_cast<std::size_t>(waiver)};
}

json::Value obligation_blocked_body(const ObligationBlocked& blocked) {
  json::Object out{{"number", blocked.obligation}, {"since", format_date(blocked.block.since)}};
  put(out, "part", blocked.block.part);
  put(out, "evidence", blocked.block.evidence);
  return out;
}

Result<ObligationBlocked> read_obligation_blocked(const json::Value& body, std::string_view actor, Instant at) {
  json::ObjectReader in(body, "obligation.blocked");
  const auto number = in.integer("number", 1, kMaxNumber);
  const auto part = in.optional_parsed("part", parse_act_part);
  const auto since = in.parsed("since", parse_date);
  std::string evidence = json::words(in, "evidence");
  KIP_TRY_VOID(in.finish());
  return ObligationBlocked{number, {part.value_or(std::string()), *since, std::move(evidence), std::string(actor), at}};
}

json::Value obligation_unblocked_body(const ObligationUnblocked& unblocked) {
  json::Object out{{"number", unblocked.obligation}, {"on", format_date(unblocked.on)}};
  put(out, "part", unblocked.part);
  put(out, "evidence", unblocked.evidence);
  return out;
}

Result<ObligationUnblocked> read_obligation_unblocked(const json::Value& body) {
  json::ObjectReader in(body, "obligation.unblocked");
  const auto number = in.integer("number", 1, kMaxNumber);
  const auto part = in.optional_parsed("part", parse_act_part);
  const auto on = in.parsed("on", parse_date);
  std::string evidence = json::words(in, "evidence");
  KIP_TRY_VOID(in.finish());
  return ObligationUnblocked{number, part.value_or(std::string()), *on, std::move(evidence)};
}

}  // namespace kip
