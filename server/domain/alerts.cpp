#include <algorithm>

#include <fmt/format.h>

#include <server/domain/alerts.hpp>

namespace kip::server {
namespace {

/// Cuts off what is more than a page. Returns the last one's key where something was.
template <class Record>
auto cut(std::vector<Record>& records, std::size_t limit) {
  std::optional<decltype(key_of(records.front()))> next;
  if (records.size() > limit) {
    records.erase(records.begin() + static_cast<std::ptrdiff_t>(limit), records.end());
    next = key_of(records.back());
  }
  return next;
}

bool contains(const std::vector<Alert>& alerts, const Alert& wanted) {
  return std::any_of(alerts.begin(), alerts.end(), [&](const Alert& one) { return one.is_about_same(wanted); });
}

}  // namespace

AlertRecord Alerts::raise(const Alert& alert) const {
  const Instant now = recorder_.now();
  return {AlertId::make(now, recorder_.random().ulid_bits()), alert, now};
}

Result<void> Alerts::queue(UnitOfWork& unit, const AlertRecord& record, AlertTurn turn) {
  const Instant now = recorder_.now();
  for (const std::string& channel : channels_) {
    if (turn == AlertTurn::cleared && channel.starts_with(kMailChannel)) continue;
    AlertDelivery delivery{DeliveryId::make(now, recorder_.random().ulid_bits()), record.id, turn, channel};
    delivery.since = now;
    delivery.next = now;
    KIP_TRY_VOID(unit.alert_deliveries().put(delivery));
  }
  return {};
}

Result<std::vector<AlertRecord>> Alerts::open() const {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::read));
  return unit->alerts().open();
}

Result<std::size_t> Alerts::settle(const std::vector<Alert>& now) {
  KIP_TRY(const auto standing, open());
  std::vector<AlertRecord> turned;
  std::vector<Alert> raised;
  for (const AlertRecord& record : standing) {
    if (contains(now, record.alert)) {
      raised.push_back(record.alert);
    } else {
      turned.push_back(record);
      turned.back().cleared = recorder_.now();
    }
  }
  for (const Alert& alert : now) {
    if (contains(raised, alert)) continue;
    raised.push_back(alert);
    turned.push_back(raise(alert));
  }
  if (turned.empty()) return std::size_t{0};
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  for (const AlertRecord& record : turned) {
    KIP_TRY_VOID(unit->alerts().put(record));
    KIP_TRY_VOID(queue(*unit, record, record.is_open() ? AlertTurn::raised : AlertTurn::cleared));
  }
  KIP_TRY_VOID(unit->commit());
  return turned.size();
}

Result<AlertRecord> Alerts::test(const Actor& actor) {
  if (channels_.empty()) {
    return fail(ErrorCode::conflict,
                "alerts go nowhere: name a [[webhook]] or alerts.mail_to in kip-server.toml, and restart the server");
  }
  AlertRecord record = raise({AlertKind::test, actor.name, actor.name, recorder_.now()});
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY_VOID(unit->alerts().put(record));
  KIP_TRY_VOID(queue(*unit, record, AlertTurn::raised));
  KIP_TRY_VOID(unit->commit());
  return record;
}

Result<AlertDelivery> Alerts::retry(const DeliveryId& id) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY(auto found, unit->alert_deliveries().find(id));
  if (!found) return fail(ErrorCode::not_found, fmt::format("there is no delivery {}", id.str()));
  if (found->state != DeliveryState::dead) {
    return fail(ErrorCode::conflict, fmt::format("the delivery {} is {}; only a dead one is tried again by hand",
                                                 id.str(), to_string(found->state)));
  }
  found->state = DeliveryState::waiting;
  found->attempts = 0;
  found->since = recorder_.now();
  found->next = found->since;
  KIP_TRY_VOID(unit->alert_deliveries().put(*found));
  KIP_TRY_VOID(unit->commit());
  return *std::move(found);
}

Result<AlertPage> Alerts::list(bool only_open, const std::optional<AlertId>& before, std::size_t limit) const {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::read));
  AlertPage out;
  KIP_TRY(out.alerts, unit->alerts().page(only_open, before, limit + 1));
  out.next = cut(out.alerts, limit);
  return out;
}

Result<DeliveryPage> Alerts::deliveries(const std::optional<DeliveryState>& state,
                                        const std::optional<DeliveryId>& before, std::size_t limit) const {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::read));
  DeliveryPage out;
  KIP_TRY(out.deliveries, unit->alert_deliveries().page(state, before, limit + 1));
  out.next = cut(out.deliveries, limit);
  return out;
}

}  // namespace kip::server
