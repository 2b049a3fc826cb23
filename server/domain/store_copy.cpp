#include <fmt/format.h>

#include <server/domain/projection.hpp>
#include <server/domain/store_copy.hpp>

namespace kip::server {
namespace {

constexpr std::size_t kBatch = 1000;

Result<std::int64_t> copy_events(EventLog& from, EventLog& to) {
  for (std::int64_t done = 0;;) {
    KIP_TRY(const auto events, from.after(done, kBatch));
    if (events.empty()) return done;
    for (const StoredEvent& event : events) {
      KIP_TRY(done, to.append(event.id, event.type, event.envelope, event.recorded));
      if (done != event.index)
        return fail(ErrorCode::integrity, fmt::format("event {} would become number {}", event.index, done));
    }
  }
}

Result<void> copy_log(LeafTable& from, LeafTable& to, LogName log) {
  KIP_TRY(const auto lives, from.lives(log));
  for (const LogLife& life : lives) {
    KIP_TRY_VOID(to.begin(life));
    for (std::int64_t done = 0;;) {
      KIP_TRY(const auto leaves, from.of_life(log, life.number, done, kBatch));
      if (leaves.empty()) break;
      for (const Leaf& leaf : leaves)
        KIP_TRY_VOID(to.append(log, leaf.event_index, leaf.entry, leaf.salt));
      done += static_cast<std::int64_t>(leaves.size());
    }
  }
  return {};
}

Result<void> copy_stamps(UnitOfWork& from, UnitOfWork& to) {
  KIP_TRY(const auto stamps, from.stamps().all());
  for (const tsp::Stamp& stamp : stamps) {
    KIP_TRY(const auto subject, from.stamps().subject(stamp.subject));
    if (subject) KIP_TRY_VOID(to.stamps().put_subject(*subject));
    KIP_TRY_VOID(to.stamps().put(stamp));
  }
  KIP_TRY(const auto last, from.stamps().last_subject());
  if (last) KIP_TRY_VOID(to.stamps().put_subject(*last));
  KIP_TRY(const auto revocations, from.revocations().all());
  for (const RevocationRecord& record : revocations)
    KIP_TRY_VOID(to.revocations().put(record));
  return {};
}

Result<void> copy_alerts(UnitOfWork& from, UnitOfWork& to) {
  KIP_TRY(const auto alerts, from.alerts().all());
  for (const AlertRecord& record : alerts)
    KIP_TRY_VOID(to.alerts().put(record));
  KIP_TRY(const auto deliveries, from.alert_deliveries().all());
  for (const AlertDelivery& delivery : deliveries)
    KIP_TRY_VOID(to.alert_deliveries().put(delivery));
  return {};
}

/// People keep their passwords, and sign in anew.
Result<void> copy_credentials(UnitOfWork& from, UnitOfWork& to) {
  KIP_TRY(const auto credentials, from.credentials().all());
  for (const CredentialRecord& record : credentials)
    KIP_TRY_VOID(to.credentials().put(record));
  return {};
}

}  // namespace

Result<std::int64_t> copy_state(Store& from, Store& to, const TenantId& tenant,
                                const std::vector<PublicKey>& entry_keys) {
  KIP_TRY(const auto source, from.begin(tenant, Access::read));
  KIP_TRY(const auto target, to.begin(tenant, Access::write));
  KIP_TRY(const std::int64_t there, target->events().last_index());
  if (there != 0) return fail(ErrorCode::conflict, "something is recorded there already; nothing was copied");
  KIP_TRY(const std::int64_t count, copy_events(source->events(), target->events()));
  if (count == 0) return fail(ErrorCode::not_found, fmt::format("nothing of {} is recorded there", tenant.str()));
  for (const LogName log : {LogName::o, LogName::r})
    KIP_TRY_VOID(copy_log(source->leaves(), target->leaves(), log));
  KIP_TRY_VOID(copy_stamps(*source, *target));
  KIP_TRY_VOID(copy_credentials(*source, *target));
  KIP_TRY_VOID(copy_alerts(*source, *target));
  KIP_TRY_VOID(rebuild_in(*target, tenant, entry_keys));
  KIP_TRY_VOID(target->commit());
  return count;
}

}  // namespace kip::server
