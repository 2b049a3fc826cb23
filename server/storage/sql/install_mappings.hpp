#pragma once

// Inside server/storage/sql only: how installs and what they say lie in their tables.

#include <signing/evidence/install_events.hpp>

#include "sql_table.hpp"

namespace kip::server::sql {

struct CodeMapping {
  using Key = Sha256Digest;
  using Record = EnrolmentCodeRecord;
  static constexpr const char* kName = "enrolment_codes";
  static constexpr const char* kColumns = "secret, customer, product, label, expires, replaces, seats, approval";
  static constexpr const char* kKey = "secret = ?";
  static constexpr const char* kOrder = "secret";
  static constexpr const char* kWritten = kColumns;
  static void bind_key(Binder& to, const Key& key) { to.digest(key); }
  static void bind(Binder& to, const Record& code) {
    to.digest(code.secret).text(code.customer.str()).text(code.product.str()).text(code.label).instant(code.expires);
    code.replaces ? to.text(code.replaces->str()) : to.null();
    to.integer(code.seats).integer(code.approval ? 1 : 0);
  }
  static Result<Record> read(RowReader& row) {
    KIP_TRY(const Sha256Digest secret, row.digest());
    KIP_TRY(TaxCode customer, row.parsed(TaxCode::parse));
    KIP_TRY(ProductId product, parse_id<ProductId>(row));
    std::string label = row.text();
    const Instant expires = row.instant();
    KIP_TRY(auto replaces, optional_id<InstallId>(row));
    const std::int64_t seats = row.integer();
    return Record{secret, std::move(customer), std::move(product), std::move(label), expires, std::move(replaces),
                  seats,  row.integer() != 0};
  }
};

/// id, public_key, customer, product, label, code: what tables of computers begin with.
template <class Record>
void bind_computer(Binder& to, const Record& computer) {
  to.text(computer.id.str()).text(json::to_compact(computer.key.json())).text(computer.customer.str());
  to.text(computer.product.str()).text(computer.label).digest(computer.code);
}

inline Result<EnrolledInstall> read_computer(RowReader& row) {
  KIP_TRY(InstallId id, parse_id<InstallId>(row));
  KIP_TRY(const json::Value key_json, json::parse(row.text()));
  KIP_TRY(kip::Key key, kip::Key::parse(key_json));
  KIP_TRY(TaxCode customer, row.parsed(TaxCode::parse));
  KIP_TRY(ProductId product, parse_id<ProductId>(row));
  std::string label = row.text();
  KIP_TRY(const Sha256Digest code, row.digest());
  return EnrolledInstall{std::move(id),      std::move(key),   std::move(customer),
                         std::move(product), std::move(label), code};
}

struct WaitingMapping {
  using Key = InstallId;
  using Record = WaitingInstall;
  static constexpr const char* kName = "waiting_installs";
  static constexpr const char* kColumns = "id, public_key, customer, product, label, code, asked, state";
  static constexpr const char* kKey = "id = ?";
  static constexpr const char* kOrder = "id";
  static constexpr const char* kWritten = kColumns;
  static void bind_key(Binder& to, const Key& key) { to.text(key.str()); }
  static void bind(Binder& to, const Record& install) {
    bind_computer(to, install);
    to.instant(install.asked).text(to_string(install.state));
  }
  static Result<Record> read(RowReader& row) {
    KIP_TRY(EnrolledInstall computer, read_computer(row));
    const Instant asked = row.instant();
    KIP_TRY(const WaitingState state, row.parsed(parse_waiting_state));
    auto& [id, key, customer, product, label, code] = computer;
    return Record{std::move(id), std::move(key), std::move(customer), std::move(product), std::move(label), code,
                  asked,         state};
  }
};

struct InstallMapping {
  using Key = InstallId;
  using Record = InstallRecord;
  static constexpr const char* kName = "installs";
  static constexpr const char* kColumns =
      "id, public_key, customer, product, label, code, enrolled, standing, disputed, replaced_by, labels, incarnation, "
      "last_sequence, missing, report_state, report_version, report_received";
  static constexpr const char* kKey = "id = ?";
  static constexpr const char* kOrder = "id";
  static constexpr const char* kWritten = kColumns;
  static void bind_key(Binder& to, const Key& key) { to.text(key.str()); }
  static void bind(Binder& to, const Record& install) {
    bind_computer(to, install);
    to.instant(install.enrolled).text(to_string(install.standing)).integer(install.disputed ? 1 : 0);
    install.replaced_by ? to.text(install.replaced_by->str()) : to.null();
    to.text(json::to_compact(to_json(install.labels)));
    bind_reports(to, install);
  }
  static void bind_reports(Binder& to, const Record& install) {
    to.text(install.incarnation).integer(install.last_sequence).integer(install.missing);
    if (install.report) {
      to.text(to_string(install.report->state)).text(install.report->version.str()).instant(install.report->received);
    } else {
      to.null().null().null();
    }
  }
  static Result<Record> read(RowReader& row) {
    KIP_TRY(EnrolledInstall computer, read_computer(row));
    auto& [id, key, customer, product, label, code] = computer;
    Record out{std::move(id),    std::move(key), std::move(customer), std::move(product),
               std::move(label), code,           row.instant()};
    KIP_TRY(out.standing, row.parsed(parse_standing));
    out.disputed = row.integer() != 0;
    KIP_TRY(out.replaced_by, optional_id<InstallId>(row));
    KIP_TRY(const json::Value labels, json::parse(row.text()));
    if (labels.as_array() != nullptr) {
      KIP_TRY(out.labels, read_labels(*labels.as_array()));
    }
    out.incarnation = row.text();
    out.last_sequence = row.integer();
    out.missing = row.integer();
    if (row.next_is_null()) return out;
    KIP_TRY(const InstallState state, row.parsed(parse_install_state));
    KIP_TRY(Version version, parse_id<Version>(row));
    out.report = LastReport{state, std::move(version), row.instant()};
    return out;
  }
};

}  // namespace kip::server::sql
