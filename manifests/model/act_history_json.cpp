#include <manifests/codec/reading.hpp>
#include <manifests/model/act_history.hpp>

namespace kip {
namespace {

constexpr std::size_t kMaxBytes = 4U << 20U;
constexpr std::size_t kMaxText = 4096;
constexpr json::ObjectReader::Unknown kStrict = json::ObjectReader::Unknown::refuse;

json::Value said_json(Trigger date, LegalDate day, const std::string& by, Instant at) {
  return json::Object{{"date", to_string(date)}, {"day", format_date(day)}, {"by", by}, {"at", format_instant(at)}};
}

json::Value statement_json(const DateStatement& statement) {
  json::Value out = said_json(statement.date, statement.day, statement.by, statement.at);
  if (!statement.source.empty()) out.as_object()->emplace("source", statement.source);
  return out;
}

json::Value confirmation_json(const DateConfirmation& confirmation) {
  json::Value out = said_json(confirmation.date, confirmation.day, confirmation.by, confirmation.at);
  out.as_object()->emplace("known", static_cast<std::int64_t>(confirmation.known));
  if (!confirmation.reason.empty()) out.as_object()->emplace("reason", confirmation.reason);
  return out;
}

json::Value development_json(const ActDevelopment& development) {
  json::Object out{{"turn", to_string(development.turn)}, {"on", format_date(development.on)},
                   {"source", development.source},        {"clock", to_string(development.clock)},
                   {"reason", development.reason},        {"by", development.by},
                   {"at", format_instant(development.at)}};
  if (development.from) out.emplace("from", format_date(*development.from));
  if (development.confirmed_at) {
    out.emplace("confirmed_by", development.confirmed_by);
    out.emplace("confirmed_at", format_instant(*development.confirmed_at));
  }
  return out;
}

Result<DateStatement> read_statement(const json::Value& value) {
  json::ObjectReader in(value, "statement");
  const auto date = in.parsed("date", parse_trigger);
  const auto day = in.parsed("day", parse_date);
  std::string source = in.optional_text("source", kMaxText).value_or(std::string());
  std::string by = in.text("by");
  const auto at = in.parsed("at", parse_instant);
  KIP_TRY_VOID(in.finish(kStrict));
  return DateStatement{*date, *day, std::move(source), std::move(by), *at};
}

Result<DateConfirmation> read_confirmation(const json::Value& value) {
  json::ObjectReader in(value, "confirmation");
  const auto date = in.parsed("date", parse_trigger);
  const auto day = in.parsed("day", parse_date);
  std::string reason = in.optional_text("reason", kMaxText).value_or(std::string());
  std::string by = in.text("by");
  const auto at = in.parsed("at", parse_instant);
  const auto known = in.integer("known", 0, kMaxStatements);
  KIP_TRY_VOID(in.finish(kStrict));
  return DateConfirmation{*date, *day, std::move(reason), std::move(by), *at, static_cast<std::size_t>(known)};
}

Result<ActDevelopment> read_development(const json::Value& value) {
  json::ObjectReader in(value, "development");
  const auto turn = in.parsed("turn", parse_act_turn);
  const auto on = in.parsed("on", parse_date);
  std::string source = in.text("source", kMaxText);
  const auto clock = in.parsed("clock", parse_clock_decision);
  const auto from = in.optional_parsed("from", parse_date);
  std::string reason = in.text("reason", kMaxText);
  std::string by = in.text("by");
  const auto at = in.parsed("at", parse_instant);
  std::string confirmed_by = in.optional_text("confirmed_by").value_or(std::string());
  const auto confirmed_at = in.optional_parsed("confirmed_at", parse_instant);
  KIP_TRY_VOID(in.finish(kStrict));
  return ActDevelopment{*turn,         *on, std::move(source),       *clock,      from, std::move(reason),
                        std::move(by), *at, std::move(confirmed_by), confirmed_at};
}

template <class Items, class ToJson>
json::Array list_json(const Items& items, ToJson&& item_json) {
  json::Array out;
  for (const auto& item : items)
    out.push_back(item_json(item));
  return out;
}

}  // namespace

Result<ActHistory> parse_act_history(BytesView text) {
  KIP_TRY(const json::Value value, json::parse(text, {.bytes = kMaxBytes}));
  json::ObjectReader in(value, "history");
  ActHistory out;
  out.act_ = in.text("act");
  out.registered_by_ = in.text("registered_by");
  const auto registered = in.parsed("registered", parse_instant);
  out.statements_ = in.each("statements", read_statement, kMaxStatements);
  out.confirmations_ = in.each("confirmations", read_confirmation, kMaxStatements);
  out.developments_ = in.each("developments", read_development, kMaxStatements);
  KIP_TRY_VOID(in.finish(kStrict));
  out.registered_ = *registered;
  return out;
}

json::Value to_json(const ActHistory& history) {
  return json::Object{{"act", history.act()},
                      {"registered_by", history.registered_by()},
                      {"registered", format_instant(history.registered())},
                      {"statements", list_json(history.statements(), statement_json)},
                      {"confirmations", list_json(history.confirmations(), confirmation_json)},
                      {"developments", list_json(history.developments(), development_json)}};
}

}  // namespace kip
