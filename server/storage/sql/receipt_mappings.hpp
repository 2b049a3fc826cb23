#pragma once

// Inside server/storage/sql only: how what installs say lies in its tables.

#include "sql_table.hpp"

namespace kip::server::sql {

struct ReceiptMapping {
  using Key = ReceiptKey;
  using Record = ReceiptRecord;
  static constexpr const char* kName = "receipts";
  static constexpr const char* kColumns =
      "install, incarnation, sequence, digest, previous, state, version, event_position, place, recorded";
  static constexpr const char* kKey = "install = ? AND incarnation = ? AND sequence = ? AND digest = ?";
  static constexpr const char* kOrder = "install, incarnation, sequence, digest";
  static constexpr const char* kWritten = kColumns;
  static void bind_key(Binder& to, const Key& key) {
    to.text(key.install.str()).text(key.incarnation).integer(key.sequence).digest(key.digest);
  }
  static void bind(Binder& to, const Record& receipt) {
    bind_key(to, receipt.key);
    receipt.previous ? to.digest(*receipt.previous) : to.null();
    to.text(to_string(receipt.state)).text(receipt.version.str()).integer(receipt.event_index);
    to.integer(receipt.place).instant(receipt.recorded);
  }
  static Result<Record> read(RowReader& row) {
    KIP_TRY(InstallId install, parse_id<InstallId>(row));
    std::string incarnation = row.text();
    const std::int64_t sequence = row.integer();
    KIP_TRY(const Sha256Digest digest, row.digest());
    KIP_TRY(const std::optional<Sha256Digest> previous, row.optional_digest());
    KIP_TRY(const InstallState state, row.parsed(parse_install_state));
    KIP_TRY(Version version, parse_id<Version>(row));
    const std::int64_t index = row.integer();
    const std::int64_t place = row.integer();
    return Record{{std::move(install), std::move(incarnation), sequence, digest},
                  previous,
                  state,
                  std::move(version),
                  index,
                  place,
                  row.instant()};
  }
};

struct InstallationMapping {
  using Key = InstallationKey;
  using Record = InstallationRecord;
  static constexpr const char* kName = "installations";
  static constexpr const char* kColumns = "install, version, installed_at";
  static constexpr const char* kKey = "install = ? AND version = ?";
  static constexpr const char* kOrder = "install, version";
  static constexpr const char* kWritten = kColumns;
  static void bind_key(Binder& to, const Key& key) { to.text(key.first.str()).text(key.second); }
  static void bind(Binder& to, const Record& installation) {
    bind_key(to, key_of(installation));
    to.instant(installation.installed_at);
  }
  static Result<Record> read(RowReader& row) {
    KIP_TRY(InstallId install, parse_id<InstallId>(row));
    KIP_TRY(Version version, parse_id<Version>(row));
    return Record{std::move(install), std::move(version), row.instant()};
  }
};

struct DeferralMapping {
  using Key = InstallationKey;
  using Record = DeferralRecord;
  static constexpr const char* kName = "deferrals";
  static constexpr const char* kColumns = "install, version, deferred_at";
  static constexpr const char* kKey = "install = ? AND version = ?";
  static constexpr const char* kOrder = "install, version";
  static constexpr const char* kWritten = kColumns;
  static void bind_key(Binder& to, const Key& key) { to.text(key.first.str()).text(key.second); }
  static void bind(Binder& to, const Record& deferral) {
    bind_key(to, key_of(deferral));
    to.instant(deferral.deferred_at);
  }
  static Result<Record> read(RowReader& row) {
    KIP_TRY(InstallId install, parse_id<InstallId>(row));
    KIP_TRY(Version version, parse_id<Version>(row));
    return Record{std::move(install), std::move(version), row.instant()};
  }
};

struct ProgressMapping {
  using Key = ProgressKey;
  using Record = ProgressRecord;
  static constexpr const char* kName = "progress";
  static constexpr const char* kColumns = "product, version, install, state, at, failed_at";
  static constexpr const char* kKey = "product = ? AND version = ? AND install = ?";
  static constexpr const char* kOrder = "product, version, install";
  static constexpr const char* kWritten = kColumns;
  static void bind_key(Binder& to, const Key& key) {
    to.text(std::get<0>(key).str()).text(std::get<1>(key)).text(std::get<2>(key).str());
  }
  static void bind(Binder& to, const Record& progress) {
    bind_key(to, key_of(progress));
    to.text(to_string(progress.state)).instant(progress.at).optional_instant(progress.failed_at);
  }
  static Result<Record> read(RowReader& row) {
    KIP_TRY(ProductId product, parse_id<ProductId>(row));
    KIP_TRY(Version version, parse_id<Version>(row));
    KIP_TRY(InstallId install, parse_id<InstallId>(row));
    KIP_TRY(const InstallState state, row.parsed(parse_install_state));
    const Instant at = row.instant();
    return Record{std::move(product), std::move(version), std::move(install), state, at, row.optional_instant()};
  }
};

}  // namespace kip::server::sql
