#include <algorithm>
#include <map>

#include <manifests/core/backoff.hpp>
#include <server/domain/alert_sender.hpp>

namespace kip::server {
namespace {

constexpr std::size_t kMaxAnswer = 500;

}  // namespace

AlertChannel* AlertSender::channel(const std::string& name) const {
  const auto found =
      std::find_if(channels_.begin(), channels_.end(), [&](const auto& one) { return one->name() == name; });
  return found == channels_.end() ? nullptr : found->get();
}

Result<AlertSender::Round> AlertSender::run(const std::function<bool()>& stopped) {
  Round round;
  std::map<std::string, std::vector<AlertDelivery>> due;
  {
    KIP_TRY(const auto unit, ports_.store.begin(ports_.recorder.tenant(), Access::read));
    KIP_TRY(auto found, unit->alert_deliveries().due(ports_.recorder.now(), kPerRound));
    for (AlertDelivery& one : found)
      due[one.channel].push_back(std::move(one));
  }
  for (auto& [name, deliveries] : due) {
    AlertChannel* const to = channel(name);
    if (to == nullptr) {
      KIP_TRY_VOID(settle(std::move(deliveries),
                          {AlertAnswer::Kind::refused, "the server's settings have no such channel any more"}, round));
    } else {
      KIP_TRY_VOID(run_channel(*to, std::move(deliveries), stopped, round));
    }
  }
  return round;
}

Result<void> AlertSender::run_channel(AlertChannel& channel, std::vector<AlertDelivery> due,
                                      const std::function<bool()>& stopped, Round& round) {
  for (std::size_t done = 0; done < due.size() && !stopped();) {
    const std::size_t count = std::min(channel.batch(), due.size() - done);
    const auto begin = due.begin() + static_cast<std::ptrdiff_t>(done);
    const std::vector<AlertDelivery> part(begin, begin + static_cast<std::ptrdiff_t>(count));
    KIP_TRY(const auto messages, messages_of(part));
    const AlertAnswer answer = channel.send(messages, stopped);
    if (answer.kind == AlertAnswer::Kind::later && stopped()) return {};
    if (answer.kind != AlertAnswer::Kind::delivered) {
      ports_.log.write("alert.not_delivered", {{"channel", channel.name()}, {"answer", answer.text}});
    }
    KIP_TRY_VOID(settle(part, answer, round));
    if (answer.kind == AlertAnswer::Kind::later) return {};
    done += count;
  }
  return {};
}

Result<std::vector<AlertMessage>> AlertSender::messages_of(const std::vector<AlertDelivery>& deliveries) const {
  std::vector<AlertMessage> out;
  KIP_TRY(const auto unit, ports_.store.begin(ports_.recorder.tenant(), Access::read));
  for (const AlertDelivery& one : deliveries) {
    KIP_TRY(auto record, unit->alerts().find(one.alert));
    if (!record) return fail(ErrorCode::internal, "a delivery without its alert");
    out.push_back({one.id, one.turn, *std::move(record)});
  }
  return out;
}

/// Twice as long after each attempt and by chance up to a fifth more, and no less than the other end asks for.
Instant AlertSender::next_try(const AlertDelivery& delivery, const AlertAnswer& answer) const {
  auto pause = doubled<std::chrono::seconds>(kFirstPause, kLongestPause, delivery.attempts - 1);
  constexpr int kFifths = 5 * 256;
  pause += pause * static_cast<unsigned char>(ports_.recorder.random().bytes(1).front()) / kFifths;
  return ports_.recorder.now() + std::max(pause, answer.wait.value_or(std::chrono::seconds(0)));
}

Result<void> AlertSender::settle(std::vector<AlertDelivery> deliveries, const AlertAnswer& answer, Round& round) {
  const Instant now = ports_.recorder.now();
  KIP_TRY(const auto unit, ports_.store.begin(ports_.recorder.tenant(), Access::write));
  Round done;
  for (AlertDelivery& one : deliveries) {
    ++one.attempts;
    one.answer = answer.text.substr(0, kMaxAnswer);
    if (answer.kind == AlertAnswer::Kind::delivered) {
      one.state = DeliveryState::delivered;
      ++done.delivered;
    } else if (answer.kind == AlertAnswer::Kind::refused || now >= one.since + kGiveUpAfter) {
      one.state = DeliveryState::dead;
      ++done.dead;
      ports_.log.write("alert.dead", {{"delivery", one.id.str()}, {"channel", one.channel}, {"answer", one.answer}});
    } else {
      one.next = next_try(one, answer);
      ++done.postponed;
    }
    KIP_TRY_VOID(unit->alert_deliveries().put(one));
  }
  KIP_TRY_VOID(unit->commit());
  round.delivered += done.delivered;
  round.postponed += done.postponed;
  round.dead += done.dead;
  return {};
}

}  // namespace kip::server
