#include "sql_projection.hpp"

#include <algorithm>
#include <array>

#include <server/domain/obligation_rows.hpp>

#include "install_mappings.hpp"
#include "notice_mappings.hpp"
#include "obligation_mappings.hpp"
#include "service_mappings.hpp"
#include "staff_mappings.hpp"
#include "vendor_mappings.hpp"

namespace kip::server::sql {
namespace {

class SqlInstalls final : public SqlTable<InstallMapping, InstallTable> {
 public:
  using SqlTable::SqlTable;

  Result<std::vector<InstallRecord>> admitted_by(const Sha256Digest& secret) override {
    return query("code = ?", [&](Binder& binder) { binder.digest(secret); });
  }

  Result<std::vector<InstallRecord>> of(const CustomerKey& customer) override {
    return query("customer = ? AND product = ?",
                 [&](Binder& binder) { binder.text(customer.first.str()).text(customer.second.str()); });
  }
};

class SqlInstallations final : public SqlTable<InstallationMapping, InstallationTable> {
 public:
  using SqlTable::SqlTable;

  Result<std::vector<InstallationRecord>> of(const InstallId& install) override {
    return query("install = ?", [&](Binder& binder) { binder.text(install.str()); });
  }

  Result<bool> has_version(const Version& version) override {
    return guarded(InstallationMapping::kName, [&]() -> Result<bool> {
      SQLite::Statement statement(database_,
                                  "SELECT EXISTS (SELECT 1 FROM installations WHERE tenant = ? AND version = ?)");
      Binder(statement).text(tenant_.str()).text(version.str());
      statement.executeStep();
      return statement.getColumn(0).getInt() != 0;
    });
  }
};

class SqlDeferrals final : public SqlTable<DeferralMapping, DeferralTable> {
 public:
  using SqlTable::SqlTable;

  Result<std::vector<DeferralRecord>> of(const InstallId& install) override {
    return query("install = ?", [&](Binder& binder) { binder.text(install.str()); });
  }
};

class SqlObligations final : public SqlTable<ObligationMapping, ObligationTable> {
 public:
  using SqlTable::SqlTable;

  Result<std::vector<ObligationRecord>> of(const ActKey& act) override {
    return query("act = ?", [&](Binder& binder) { binder.text(act.str()); });
  }
};

class SqlRows final : public SqlTable<RowMapping, RowTable> {
 public:
  using SqlTable::SqlTable;

  /// By the partial indices, so that only rows that are late or put off are looked at.
  Result<Timed> timed(std::int64_t number, const std::optional<Instant>& due) override {
    constexpr const char* kCounted =
        "tenant = ? AND number = ? AND applicability IN ('applicable', 'unknown_attribute')";
    return guarded(RowMapping::kName, [&]() -> Result<Timed> {
      auto& last =
          prepared(last_, fmt::format("SELECT max(completed_at) FROM obligation_rows WHERE {} AND completed_at "
                                      "IS NOT NULL",
                                      kCounted));
      Binder(last).text(tenant_.str()).integer(number);
      last.executeStep();
      Timed out{0, 0, RowReader(last).optional_instant()};
      if (!due) return out;
      auto& late =
          prepared(late_, fmt::format("SELECT count(*) FROM obligation_rows WHERE {} AND completed_at >= ?", kCounted));
      Binder(late).text(tenant_.str()).integer(number).instant(*due);
      late.executeStep();
      out.late = late.getColumn(0).getInt64();
      auto& delayed = prepared(
          delayed_, fmt::format("SELECT count(*) FROM obligation_rows WHERE {} AND deferred_at < ?", kCounted));
      Binder(delayed).text(tenant_.str()).integer(number).instant(*due);
      delayed.executeStep();
      out.delayed = delayed.getColumn(0).getInt64();
      return out;
    });
  }

 private:
  std::optional<SQLite::Statement> last_;
  std::optional<SQLite::Statement> late_;
  std::optional<SQLite::Statement> delayed_;
};

class SqlReceipts final : public SqlTable<ReceiptMapping, ReceiptTable> {
 public:
  using SqlTable::SqlTable;

  Result<std::vector<ReceiptRecord>> at(const InstallId& install, std::string_view incarnation,
                                        std::int64_t sequence) override {
    return query("install = ? AND incarnation = ? AND sequence = ?",
                 [&](Binder& binder) { binder.text(install.str()).text(incarnation).integer(sequence); });
  }

  Result<std::vector<ReceiptRecord>> of(const InstallId& install) override {
    KIP_TRY(auto out, query("install = ?", [&](Binder& binder) { binder.text(install.str()); }));
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.event_index < b.event_index; });
    return out;
  }
};

class SqlServices final : public SqlTable<ServiceMapping, ServiceTable> {
 public:
  using SqlTable::SqlTable;

  Result<std::optional<ServiceRecord>> by_id(const RequestId& id) override {
    KIP_TRY(auto found, query("id = ?", [&](Binder& binder) { binder.text(id.str()); }));
    return found.empty() ? std::optional<ServiceRecord>() : std::optional(std::move(found.front()));
  }

  Result<std::vector<ServiceRecord>> of(const CustomerKey& customer) override {
    return query("customer = ? AND product = ?",
                 [&](Binder& binder) { binder.text(customer.first.str()).text(customer.second.str()); });
  }

  Result<std::vector<ServiceRecord>> open() override {
    return query("open = 1", [](Binder&) {});
  }

  Result<std::int64_t> open_of(const InstallId& install) override {
    return count("SELECT count(*) FROM service_requests WHERE tenant = ? AND open = 1 AND install = ?", install.str());
  }

  Result<std::int64_t> last_number() override {
    return count("SELECT coalesce(max(number), 0) FROM service_requests WHERE tenant = ?", {});
  }

 private:
  Result<std::int64_t> count(const char* sql, const std::string& second) {
    return guarded(ServiceMapping::kName, [&]() -> Result<std::int64_t> {
      SQLite::Statement statement(database_, sql);
      Binder binder(statement);
      binder.text(tenant_.str());
      if (!second.empty()) binder.text(second);
      statement.executeStep();
      return statement.getColumn(0).getInt64();
    });
  }
};

class SqlInspections final : public SqlTable<InspectionMapping, InspectionTable> {
 public:
  using SqlTable::SqlTable;

  Result<std::vector<InspectionRecord>> of(const CustomerKey& customer) override {
    return query("customer = ? AND product = ?",
                 [&](Binder& binder) { binder.text(customer.first.str()).text(customer.second.str()); });
  }
};

/// Children first.
constexpr std::array<const char*, 21> kAll = {
    NoticeMapping::kName,      NoticeSwitchMapping::kName, ServiceMapping::kName,  InspectionMapping::kName,
    PromiseMapping::kName,     TallyMapping::kName,        RowMapping::kName,      ObligationMapping::kName,
    PublicationMapping::kName, InstallationMapping::kName, DeferralMapping::kName, ReceiptMapping::kName,
    InstallMapping::kName,     CodeMapping::kName,         CustomerMapping::kName, CommitmentMapping::kName,
    HistoryMapping::kName,     CoverageMapping::kName,     ActMapping::kName,      TokenMapping::kName,
    PersonMapping::kName};

}  // namespace

struct SqlProjection::Tables {
  Tables(SQLite::Database& database, const TenantId& tenant)
      : acts(database, tenant),
        histories(database, tenant),
        coverages(database, tenant),
        commitments(database, tenant),
        customers(database, tenant),
        codes(database, tenant),
        installs(database, tenant),
        receipts(database, tenant),
        installations(database, tenant),
        deferrals(database, tenant),
        publications(database, tenant),
        rollouts(database, tenant),
        obligations(database, tenant),
        rows(database, tenant),
        tallies(database, tenant),
        people(database, tenant),
        tokens(database, tenant),
        notices(database, tenant),
        notice_switches(database, tenant),
        promises(database, tenant),
        services(database, tenant),
        inspections(database, tenant) {}

  SqlTable<ActMapping> acts;
  SqlTable<HistoryMapping> histories;
  SqlTable<CoverageMapping> coverages;
  SqlTable<CommitmentMapping> commitments;
  SqlTable<CustomerMapping> customers;
  SqlTable<CodeMapping> codes;
  SqlInstalls installs;
  SqlReceipts receipts;
  SqlInstallations installations;
  SqlDeferrals deferrals;
  SqlTable<PublicationMapping> publications;
  SqlTable<RolloutMapping> rollouts;
  SqlObligations obligations;
  SqlRows rows;
  SqlTable<TallyMapping> tallies;
  SqlTable<PersonMapping> people;
  SqlTable<TokenMapping> tokens;
  SqlNotices notices;
  SqlTable<NoticeSwitchMapping> notice_switches;
  SqlTable<PromiseMapping> promises;
  SqlServices services;
  SqlInspections inspections;
  RowCache cache;
  Projection ports{acts,          histories, coverages,       commitments, customers,   codes,       installs, receipts,
                   installations, deferrals, publications,    rollouts,    obligations, rows,        tallies,  people,
                   tokens,        notices,   notice_switches, promises,    services,    inspections, cache};
};

SqlProjection::SqlProjection(SQLite::Database& database, const TenantId& tenant)
    : database_(database), tenant_(tenant), tables_(std::make_unique<Tables>(database, tenant)) {}

SqlProjection::~SqlProjection() = default;

Projection& SqlProjection::tables() {
  return tables_->ports;
}

Result<std::int64_t> SqlProjection::form() {
  return guarded("the projection's form", [&]() -> Result<std::int64_t> {
    SQLite::Statement statement(database_, "SELECT form FROM projection_forms WHERE tenant = ?");
    Binder(statement).text(tenant_.str());
    return statement.executeStep() ? statement.getColumn(0).getInt64() : std::int64_t{0};
  });
}

Result<void> SqlProjection::clear() {
  return guarded("emptying the projection", [&] {
    for (const char* table : kAll) {
      SQLite::Statement statement(database_, fmt::format("DELETE FROM {} WHERE tenant = ?", table));
      statement.bind(1, tenant_.str());
      statement.exec();
    }
    SQLite::Statement form(database_, "INSERT OR REPLACE INTO projection_forms (tenant, form) VALUES (?, ?)");
    Binder(form).text(tenant_.str()).integer(kProjectionForm);
    form.exec();
  });
}

}  // namespace kip::server::sql
