#include <server/domain/log_feed.hpp>
#include <signing/log/commitment.hpp>
#include <signing/log/tile.hpp>

namespace kip::server {
namespace {

constexpr std::size_t kBatch = 500;

Result<Bytes> open_entry(const Recorder& recorder, const Event& event, const Sha256Digest& commitment) {
  LogEntry entry = open_part(event, commitment);
  KIP_TRY(Bytes whole, recorder.sign(kLogEntryType, to_json(entry)));
  if (whole.size() <= tlog::kMaxEntry) return whole;
  entry.body = json::Object();
  entry.withheld = true;
  return recorder.sign(kLogEntryType, to_json(entry));
}

Result<void> enter(const Recorder& recorder, UnitOfWork& unit, LogName log, const Event& event, std::int64_t index,
                   BytesView envelope) {
  if (!entry_rule(event.type).stands_in(log)) return {};
  const Bytes salt = recorder.random().bytes(tlog::kSaltSize);
  const Sha256Digest commitment = tlog::commit(salt, envelope);
  Bytes entry = commitment.bytes();
  if (log == LogName::o) {
    KIP_TRY(entry, open_entry(recorder, event, commitment));
  }
  KIP_TRY_VOID(unit.leaves().append(log, index, entry, salt));
  return {};
}

}  // namespace

Result<void> enter_logs(const Recorder& recorder, UnitOfWork& unit, const Event& event, std::int64_t index,
                        BytesView envelope) {
  KIP_TRY(const bool begun, unit.leaves().has_begun(LogName::o));
  if (!begun) return {};
  KIP_TRY_VOID(enter(recorder, unit, LogName::o, event, index, envelope));
  return enter(recorder, unit, LogName::r, event, index, envelope);
}

Result<std::int64_t> catch_up_logs(const Recorder& recorder, Store& store) {
  for (std::int64_t entered = 0;;) {
    KIP_TRY(const auto unit, store.begin(recorder.tenant(), Access::write));
    KIP_TRY(const std::int64_t last, unit->leaves().last_event());
    KIP_TRY(const auto events, unit->events().after(last, kBatch));
    if (events.empty()) return entered;
    for (const StoredEvent& stored : events) {
      if (stored.is_erased()) continue;
      KIP_TRY(const Event event, read_event(stored));
      KIP_TRY_VOID(enter_logs(recorder, *unit, event, stored.index, stored.envelope));
    }
    KIP_TRY_VOID(unit->commit());
    entered += static_cast<std::int64_t>(events.size());
  }
}

}  // namespace kip::server
