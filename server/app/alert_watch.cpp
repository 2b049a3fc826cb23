#include <server/app/alert_watch.hpp>

namespace kip::server {
namespace {

std::vector<std::unique_ptr<AlertChannel>> channels_of(std::vector<OpenWebhook>& webhooks, MailClient* mail,
                                                       const std::vector<AlertMailOptions>& addresses,
                                                       const Recorder& recorder) {
  std::vector<std::unique_ptr<AlertChannel>> out;
  for (OpenWebhook& one : webhooks)
    out.push_back(std::make_unique<WebhookChannel>(*one.http, recorder, std::move(one.options)));
  for (const AlertMailOptions& one : addresses)
    out.push_back(std::make_unique<MailChannel>(*mail, recorder, one));
  return out;
}

}  // namespace

AlertWatch::AlertWatch(const Ports& ports, std::vector<OpenWebhook> webhooks, std::unique_ptr<MailClient> mail,
                       const std::vector<AlertMailOptions>& addresses)
    : ports_(ports),
      conditions_(ports.conditions),
      webhooks_(std::move(webhooks)),
      mail_(std::move(mail)),
      sender_({ports.conditions.store, ports.conditions.recorder, ports.log},
              channels_of(webhooks_, mail_.get(), addresses, ports.conditions.recorder)),
      look_failure_(ports.log, "alerts.failed"),
      send_failure_(ports.log, "alerts.not_sent") {}

void AlertWatch::look() {
  const auto look_and_settle = [this]() -> Result<void> {
    KIP_TRY(const auto open, ports_.alerts.open());
    KIP_TRY(const auto now, conditions_.look(open));
    KIP_TRY(const std::size_t turned, ports_.alerts.settle(now));
    if (turned > 0) {
      ports_.log.write("alerts.changed", {{"changed", std::to_string(turned)}, {"open", std::to_string(now.size())}});
    }
    return {};
  };
  look_failure_.take(look_and_settle());
}

void AlertWatch::turn(const std::function<bool()>& stopped) {
  const Instant now = ports_.conditions.recorder.now();
  if (!looked_at_ || now < *looked_at_ || now >= *looked_at_ + kInterval) {
    looked_at_ = now;
    look();
  }
  const auto round = sender_.run(stopped);
  send_failure_.take(round);
}

}  // namespace kip::server
