#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <manifests/core/ids.hpp>
#include <manifests/model/alert.hpp>

namespace kip::server {

using AlertId = Ulid<struct AlertTag>;
using DeliveryId = Ulid<struct AlertDeliveryTag>;

/// An alert from when it was raised until what it is about is over.
struct AlertRecord {
  AlertId id;
  Alert alert;  ///< as it was when it was raised
  Instant raised;
  std::optional<Instant> cleared = {};  ///< never of a test, which nobody has to look after

  bool is_open() const { return !cleared && alert.kind != AlertKind::test; }
  bool operator==(const AlertRecord&) const = default;
};

/// Which of its two turns is told.
enum class AlertTurn { raised, cleared };

/// "raised", "cleared"
std::string_view to_string(AlertTurn turn);
/// Errors: malformed.
Result<AlertTurn> parse_alert_turn(std::string_view text);

enum class DeliveryState {
  waiting,    ///< to be tried, for the first time or again
  delivered,  ///< the other end said that it has it
  dead,       ///< given up; a person can have it tried again
};

/// "waiting", "delivered", "dead"
std::string_view to_string(DeliveryState state);
/// Errors: malformed.
Result<DeliveryState> parse_delivery_state(std::string_view text);

/// One turn of an alert on its way to one channel.
struct AlertDelivery {
  DeliveryId id;
  AlertId alert;
  AlertTurn turn = AlertTurn::raised;
  std::string channel;  ///< "webhook:NAME" or "mail:ADDRESS"
  DeliveryState state = DeliveryState::waiting;
  std::int64_t attempts = 0;  ///< since it was made or a person had it tried again
  Instant since = {};         ///< when that was
  Instant next = {};          ///< waiting: not before
  std::string answer = {};    ///< of the last attempt, for people

  bool operator==(const AlertDelivery&) const = default;
};

inline AlertId key_of(const AlertRecord& record) {
  return record.id;
}
inline DeliveryId key_of(const AlertDelivery& delivery) {
  return delivery.id;
}

json::Value to_json(const AlertRecord& record);
json::Value to_json(const AlertDelivery& delivery);
/// Errors: malformed.
Result<AlertRecord> parse_alert_record(BytesView text);
Result<AlertDelivery> parse_alert_delivery(BytesView text);

}  // namespace kip::server
