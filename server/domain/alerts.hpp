#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <server/domain/recorder.hpp>

namespace kip::server {

/// A page of alerts, newest first.
struct AlertPage {
  std::vector<AlertRecord> alerts;
  std::optional<AlertId> next = {};  ///< ask again with it as `before`; none where this is the last page
};

/// A page of deliveries, newest first.
struct DeliveryPage {
  std::vector<AlertDelivery> deliveries;
  std::optional<DeliveryId> next = {};
};

/// What has to be looked after, and who is being told. No part of the events: what an alert is about stands there
/// anyway. Thread-safe.
class Alerts {
 public:
  static constexpr std::size_t kMaxPage = 500;

  /// Store and recorder must outlive it. `channels` are the names of all to whom alerts go; may be empty.
  Alerts(Store& store, const Recorder& recorder, std::vector<std::string> channels)
      : store_(store), recorder_(recorder), channels_(std::move(channels)) {}

  /// Brings the open alerts in line with what is so now: raises what is new, clears what is over, and queues a delivery
  /// of each to each channel (mails only of what is raised). Nothing is written where nothing has changed. Returns how
  /// many turns that were. Errors: those of the store.
  Result<std::size_t> settle(const std::vector<Alert>& now);
  /// Of every kind, ascending by id. Errors: those of the store.
  Result<std::vector<AlertRecord>> open() const;

  /// A test that goes to each channel. Errors: conflict where there is none; those of the store.
  Result<AlertRecord> test(const Actor& actor);
  /// Has a dead delivery tried again. Errors: not_found; conflict where it is not dead; those of the store.
  Result<AlertDelivery> retry(const DeliveryId& id);

  /// `limit` is 1 to kMaxPage. Errors: those of the store.
  Result<AlertPage> list(bool only_open, const std::optional<AlertId>& before, std::size_t limit) const;
  Result<DeliveryPage> deliveries(const std::optional<DeliveryState>& state, const std::optional<DeliveryId>& before,
                                  std::size_t limit) const;

 private:
  Result<void> queue(UnitOfWork& unit, const AlertRecord& record, AlertTurn turn);
  AlertRecord raise(const Alert& alert) const;

  Store& store_;
  const Recorder& recorder_;
  std::vector<std::string> channels_;
};

/// How the name of a channel begins that takes mails.
inline constexpr std::string_view kMailChannel = "mail:";
inline constexpr std::string_view kWebhookChannel = "webhook:";

}  // namespace kip::server
