#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <server/domain/alerts.hpp>
#include <signing/daemon/log.hpp>

namespace kip::server {

/// One turn of an alert, with all that is told of it.
struct AlertMessage {
  DeliveryId id;  ///< the same each time that it is tried
  AlertTurn turn = AlertTurn::raised;
  AlertRecord record;
};

/// What became of handing messages over.
struct AlertAnswer {
  enum class Kind {
    delivered,
    later,    ///< to be tried again
    refused,  ///< the other end does not want it, ever
  };

  Kind kind = Kind::later;
  std::string text = {};                          ///< for people, printable
  std::optional<std::chrono::seconds> wait = {};  ///< as long as the other end asks to stay away
};

/// Where alerts go. Not thread-safe.
class AlertChannel {
 public:
  virtual ~AlertChannel() = default;
  virtual const std::string& name() const = 0;  ///< AlertDelivery::channel
  virtual std::size_t batch() const = 0;        ///< how many messages it takes at once, at least 1
  /// All of them or none. `messages` are at least one and at most batch().
  virtual AlertAnswer send(const std::vector<AlertMessage>& messages, const std::function<bool()>& stopped) = 0;
};

/// Hands queued deliveries over to their channels, each until it is delivered, refused or given up after three days. A
/// crash between a channel's answer and our record of it sends the same again under the same id. When each is tried
/// again is recorded. No unit of work is open while a channel is spoken to. Not thread-safe: for one thread.
class AlertSender {
 public:
  struct Ports {
    Store& store;
    const Recorder& recorder;
    Log& log;
  };
  /// What one round has done.
  struct Round {
    std::int64_t delivered = 0;
    std::int64_t postponed = 0;
    std::int64_t dead = 0;

    bool operator==(const Round&) const = default;
  };
  static constexpr std::chrono::hours kGiveUpAfter{72};
  static constexpr std::chrono::seconds kFirstPause{30};  ///< doubled after each attempt
  static constexpr std::chrono::hours kLongestPause{6};
  static constexpr std::size_t kPerRound = 200;

  /// The ports must outlive it.
  AlertSender(const Ports& ports, std::vector<std::unique_ptr<AlertChannel>> channels)
      : ports_(ports), channels_(std::move(channels)) {}

  /// Tries all that is due. A channel that fails is left alone for the rest of the round. What is for a channel that
  /// there is no more is dead. Errors: those of the store.
  Result<Round> run(const std::function<bool()>& stopped);

 private:
  AlertChannel* channel(const std::string& name) const;
  Result<void> run_channel(AlertChannel& channel, std::vector<AlertDelivery> due, const std::function<bool()>& stopped,
                           Round& round);
  Result<std::vector<AlertMessage>> messages_of(const std::vector<AlertDelivery>& deliveries) const;
  Result<void> settle(std::vector<AlertDelivery> deliveries, const AlertAnswer& answer, Round& round);
  Instant next_try(const AlertDelivery& delivery, const AlertAnswer& answer) const;

  Ports ports_;
  std::vector<std::unique_ptr<AlertChannel>> channels_;
};

}  // namespace kip::server
