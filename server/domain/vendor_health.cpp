#include <map>

#include <fmt/format.h>

#include <server/domain/stamp_status.hpp>
#include <server/domain/vendor_health.hpp>
#include <signing/log/checkpoint.hpp>

namespace kip::server {
namespace {

constexpr std::string_view kProbeType = "application/vnd.kip.probe+json";
constexpr LogName kLogs[] = {LogName::o, LogName::r};

std::int64_t seconds_of(Instant instant) {
  return std::chrono::floor<std::chrono::seconds>(instant.time_since_epoch()).count();
}

}  // namespace

std::vector<ReadinessCheck> VendorHealth::readiness() const {
  const auto check = [](const char* name, const Result<void>& result) {
    return ReadinessCheck{name, result ? std::string() : result.error().message};
  };
  return {check("database", check_database()), check("repository", check_repository()), check("keys", check_keys()),
          check("logs", check_logs())};
}

Result<void> VendorHealth::check_database() const {
  const Instant now = ports_.recorder.now();
  KIP_TRY(const auto unit, ports_.store.begin(ports_.recorder.tenant(), Access::write));
  KIP_TRY_VOID(unit->use_nonce("readyz", now, now));
  return {};  // without a commit nothing stays
}

Result<void> VendorHealth::check_repository() const {
  const auto probe = places_.repository / ".writable";
  static_cast<void>(ports_.files.remove(probe));  // of a process that was killed
  KIP_TRY(auto file, ports_.files.open_output(probe, OutputMode::create_new, 0600));
  KIP_TRY_VOID(file->write("x"));
  file.reset();
  KIP_TRY_VOID(ports_.files.remove(probe));
  KIP_TRY(const std::uint64_t space, ports_.files.free_space(places_.repository));
  if (space >= kLeastSpace) return {};
  return fail(ErrorCode::disk_full, fmt::format("only {} MiB are left for the repository", space >> 20U));
}

Result<void> VendorHealth::check_keys() const {
  KIP_TRY_VOID(ports_.recorder.sign(kProbeType, json::Object{}));
  return {};
}

Result<void> VendorHealth::check_logs() const {
  KIP_TRY(const auto unit, ports_.store.begin(ports_.recorder.tenant(), Access::read));
  for (const LogName log : kLogs)
    KIP_TRY_VOID(check_log(*unit, log));
  return {};
}

Result<void> VendorHealth::check_log(UnitOfWork& unit, LogName log) const {
  KIP_TRY(const bool begun, unit.leaves().has_begun(log));
  if (!begun) return fail(ErrorCode::not_found, fmt::format("the log {} has not begun", to_string(log)));
  KIP_TRY(const std::int64_t published, published_size(log));
  KIP_TRY(const auto waiting, unit.leaves().from(log, published, 1));
  if (waiting.empty()) return {};
  KIP_TRY(const auto events, unit.events().after(waiting.front().event_index - 1, 1));
  if (events.empty() || ports_.recorder.now() - events.front().recorded <= kLogPatience) return {};
  return fail(ErrorCode::busy, fmt::format("the log {} has not been published since {}", to_string(log),
                                           format_instant(events.front().recorded)));
}

Result<std::int64_t> VendorHealth::published_size(LogName log) const {
  KIP_TRY(const tlog::Note note, ports_.sequencer.published(log));
  KIP_TRY(const tlog::Checkpoint checkpoint, tlog::Checkpoint::parse(note.text));
  return static_cast<std::int64_t>(checkpoint.head.size);
}

std::vector<Gauge> VendorHealth::gauges() const {
  std::vector<Gauge> out;
  const auto unit = ports_.store.begin(ports_.recorder.tenant(), Access::read);
  if (unit) {
    if (const auto last = (*unit)->events().last_index()) {
      out.push_back({"kip_events", "Events that are recorded.", {}, *last});
    }
    add_logs(**unit, out);
    add_stamps(**unit, out);
    add_alerts(**unit, out);
  }
  out.push_back({"kip_receipts_acknowledged_total",
                 "Receipts of installs that were acknowledged since the start.",
                 {},
                 ports_.receipts.acknowledged(),
                 true});
  add_sizes(out);
  add_expiries(out);
  return out;
}

void VendorHealth::add_logs(UnitOfWork& unit, std::vector<Gauge>& out) const {
  for (const LogName log : kLogs) {
    const std::vector<std::pair<std::string, std::string>> labels{{"log", std::string(to_string(log))}};
    if (const auto size = unit.leaves().size(log)) {
      out.push_back({"kip_log_entries", "Entries of the log that are recorded.", labels, *size});
    }
    if (const auto published = published_size(log)) {
      out.push_back({"kip_log_published_entries", "Entries of the log in its newest checkpoint.", labels, *published});
    }
  }
}

void VendorHealth::add_stamps(UnitOfWork& unit, std::vector<Gauge>& out) const {
  const auto status = stamp_status(unit);
  if (!status || !status->last) return;
  const bool waits = status->summary.stamped == 0;
  const auto age = std::chrono::floor<std::chrono::seconds>(ports_.recorder.now() - status->last->wanted).count();
  out.push_back(
      {"kip_unstamped_checkpoint_age_seconds",
       "How long the checkpoint that was to be time stamped last waits for its first time stamp; 0 where it has "
       "one.",
       {},
       waits ? std::int64_t{age} : 0});
  out.push_back({"kip_stamps_open",
                 "Time stamps that are asked for and not in O.",
                 {},
                 static_cast<std::int64_t>(status->open.size())});
}

void VendorHealth::add_alerts(UnitOfWork& unit, std::vector<Gauge>& out) const {
  const auto open = unit.alerts().open();
  if (!open) return;
  std::map<AlertKind, std::int64_t> count;
  for (const AlertRecord& record : *open)
    ++count[record.alert.kind];
  for (const auto& [kind, number] : count) {
    out.push_back(
        {"kip_alerts_open", "What has to be looked after.", {{"kind", std::string(to_string(kind))}}, number});
  }
  for (const DeliveryState state : {DeliveryState::waiting, DeliveryState::dead}) {
    if (const auto number = unit.alert_deliveries().count(state)) {
      out.push_back({"kip_alert_deliveries",
                     "Alerts that were not handed over: waiting, or given up.",
                     {{"state", std::string(to_string(state))}},
                     *number});
    }
  }
}

void VendorHealth::add_sizes(std::vector<Gauge>& out) const {
  if (const auto space = ports_.files.free_space(places_.repository)) {
    out.push_back(
        {"kip_repository_free_bytes", "Space that is left for the repository.", {}, static_cast<std::int64_t>(*space)});
  }
  if (places_.database_file.empty()) return;
  if (const auto status = ports_.files.status(places_.database_file); status && status->kind == FileKind::file) {
    out.push_back({"kip_database_bytes", "Size of the database's file.", {}, static_cast<std::int64_t>(status->size)});
  }
}

void VendorHealth::add_expiries(std::vector<Gauge>& out) const {
  const auto add = [&out](std::string_view role, Instant expires) {
    out.push_back({"kip_metadata_expires_seconds",
                   "When the metadata of the role runs out, in seconds since 1970.",
                   {{"role", std::string(role)}},
                   seconds_of(expires)});
  };
  const auto signed_by_officers = ports_.publisher.expiring_before(Instant::max());
  if (!signed_by_officers) return;
  for (const RoleExpiry& one : *signed_by_officers)
    add(one.role, one.expires);
  const auto timestamp = ports_.publisher.timestamp_expires();
  if (timestamp && *timestamp) add("timestamp", **timestamp);
}

}  // namespace kip::server
