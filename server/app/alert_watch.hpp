#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <server/app/alert_settings.hpp>
#include <server/app/told_failure.hpp>
#include <server/domain/alert_conditions.hpp>

namespace kip::server {

/// Looks for alerts and tells of them: what the thread kip-alerts does. Its failures are told once each, until they
/// have become others. Not thread-safe.
class AlertWatch {
 public:
  struct Ports {
    AlertConditions::Ports conditions;
    Alerts& alerts;
    Log& log;
  };
  /// Between two looks.
  static constexpr std::chrono::seconds kInterval{30};

  /// `mail` is there where there are addresses, with `sender` as who writes. The ports must outlive it.
  AlertWatch(const Ports& ports, std::vector<OpenWebhook> webhooks, std::unique_ptr<MailClient> mail,
             const std::vector<AlertMailOptions>& addresses);

  /// One turn, to be called every few seconds: looks where it is time, hands over what is due.
  void turn(const std::function<bool()>& stopped);

 private:
  void look();

  Ports ports_;
  AlertConditions conditions_;
  std::vector<OpenWebhook> webhooks_;
  std::unique_ptr<MailClient> mail_;
  AlertSender sender_;
  std::optional<Instant> looked_at_;
  ToldFailure look_failure_;
  ToldFailure send_failure_;
};

}  // namespace kip::server
