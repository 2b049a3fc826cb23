#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <server/domain/log_sequencer.hpp>
#include <server/domain/publishing.hpp>
#include <server/domain/receipts.hpp>
#include <server/domain/unit_of_work.hpp>

namespace kip::server {

/// One thing that has to be well before requests are worth sending.
struct ReadinessCheck {
  std::string name;    ///< "database", "repository", "keys", "logs"
  std::string detail;  ///< what is wrong; empty where nothing is

  bool ok() const { return detail.empty(); }
};

/// A number about a vendor at this moment. Its labels take few values and name nobody.
struct Gauge {
  std::string name;
  std::string help;
  std::vector<std::pair<std::string, std::string>> labels;
  std::int64_t value = 0;
  bool counts = false;  ///< it only grows, from 0 at the start of the process
};

/// How one vendor's part of a server is. Thread-safe.
class VendorHealth {
 public:
  struct Ports {
    FileSystem& files;
    Store& store;
    Publisher& publisher;
    LogSequencer& sequencer;
    const Recorder& recorder;
    const Receipts& receipts;
  };
  struct Places {
    std::filesystem::path repository;     ///< the vendor's folder of what is published
    std::filesystem::path database_file;  ///< empty where the database is elsewhere
  };
  /// With less space the repository is not well.
  static constexpr std::uint64_t kLeastSpace = 64U << 20U;
  /// What was recorded is published within two seconds; beyond this the logs are behind.
  static constexpr std::chrono::seconds kLogPatience{60};

  VendorHealth(const Ports& ports, Places places) : ports_(ports), places_(std::move(places)) {}

  /// Whether the database can be written, the repository's folder can be written and has space, the entry key signs,
  /// and the logs are not behind. Takes the writer's turn, and leaves nothing behind.
  std::vector<ReadinessCheck> readiness() const;
  /// Events, entries of the logs, stamps, alerts, ends of metadata, sizes. What cannot be found out is left out.
  std::vector<Gauge> gauges() const;

 private:
  Result<void> check_database() const;
  Result<void> check_repository() const;
  Result<void> check_keys() const;
  Result<void> check_logs() const;
  Result<void> check_log(UnitOfWork& unit, LogName log) const;
  Result<std::int64_t> published_size(LogName log) const;
  void add_logs(UnitOfWork& unit, std::vector<Gauge>& out) const;
  void add_stamps(UnitOfWork& unit, std::vector<Gauge>& out) const;
  void add_alerts(UnitOfWork& unit, std::vector<Gauge>& out) const;
  void add_sizes(std::vector<Gauge>& out) const;
  void add_expiries(std::vector<Gauge>& out) const;

  Ports ports_;
  Places places_;
};

}  // namespace kip::server
