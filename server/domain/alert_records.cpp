#include <manifests/codec/choice.hpp>
#include <manifests/codec/reader.hpp>
#include <server/domain/alert_records.hpp>

namespace kip::server {
namespace {

constexpr Choices<AlertTurn, 2> kTurns = {{{AlertTurn::raised, "raised"}, {AlertTurn::cleared, "cleared"}}};
constexpr Choices<DeliveryState, 3> kStates = {
    {{DeliveryState::waiting, "waiting"}, {DeliveryState::delivered, "delivered"}, {DeliveryState::dead, "dead"}}};
constexpr std::int64_t kMaxAttempts = 1'000'000;
constexpr std::size_t kMaxAnswer = 4096;

}  // namespace

std::string_view to_string(AlertTurn turn) {
  return choice_text(kTurns, turn);
}

Result<AlertTurn> parse_alert_turn(std::string_view text) {
  return parse_choice(kTurns, "a turn of an alert", text);
}

std::string_view to_string(DeliveryState state) {
  return choice_text(kStates, state);
}

Result<DeliveryState> parse_delivery_state(std::string_view text) {
  return parse_choice(kStates, "a state of a delivery", text);
}

json::Value to_json(const AlertRecord& record) {
  json::Object out{
      {"id", record.id.str()}, {"alert", to_json(record.alert)}, {"raised", format_instant(record.raised)}};
  if (record.cleared) out.emplace("cleared", format_instant(*record.cleared));
  return out;
}

Result<AlertRecord> parse_alert_record(BytesView text) {
  KIP_TRY(const json::Value value, json::parse(text));
  json::ObjectReader in(value, "alert");
  auto id = in.parsed("id", AlertId::parse);
  const json::Value& alert = in.object("alert");
  const auto raised = in.parsed("raised", parse_instant);
  const auto cleared = in.optional_parsed("cleared", parse_instant);
  KIP_TRY_VOID(in.finish());
  KIP_TRY(Alert content, read_alert(alert));
  return AlertRecord{*std::move(id), std::move(content), *raised, cleared};
}

json::Value to_json(const AlertDelivery& delivery) {
  json::Object out{{"id", delivery.id.str()},
                   {"alert", delivery.alert.str()},
                   {"turn", to_string(delivery.turn)},
                   {"channel", delivery.channel},
                   {"state", to_string(delivery.state)},
                   {"attempts", delivery.attempts},
                   {"since", format_instant(delivery.since)}};
  if (delivery.state == DeliveryState::waiting) out.emplace("next", format_instant(delivery.next));
  if (!delivery.answer.empty()) out.emplace("answer", delivery.answer);
  return out;
}

Result<AlertDelivery> parse_alert_delivery(BytesView text) {
  KIP_TRY(const json::Value value, json::parse(text));
  json::ObjectReader in(value, "delivery");
  auto id = in.parsed("id", DeliveryId::parse);
  auto alert = in.parsed("alert", AlertId::parse);
  const auto turn = in.parsed("turn", parse_alert_turn);
  std::string channel = in.text("channel");
  const auto state = in.parsed("state", parse_delivery_state);
  const std::int64_t attempts = in.integer("attempts", 0, kMaxAttempts);
  const auto since = in.parsed("since", parse_instant);
  const auto next = in.optional_parsed("next", parse_instant);
  std::string answer = in.optional_text("answer", kMaxAnswer).value_or(std::string());
  KIP_TRY_VOID(in.finish());
  return AlertDelivery{*std::move(id),        *std::move(alert), *turn, std::move(channel), *state, attempts, *since,
                       next.value_or(*since), std::move(answer)};
}

}  // namespace kip::server
