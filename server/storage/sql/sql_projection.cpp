#include "sql_projection.hpp"

#include <algorithm>
#include <array>

#include <server/domain/obligation_rows.hpp>

#include "install_mappings.hpp"
#include "notice_mappings.hpp"
#include "obligation_mappings.hpp"
#include "receipt_mappings.hpp"
#include "service_mappings.hpp"
#include "staff_mappings.hpp"
#include "vendor_mappings.hpp"

namespace kip::server::sql {
namespace {

/// Remembers the one that was looked at last: what an install reports at once is all about it, and its key is parsed
/// with it.
class SqlInstalls final : public SqlTable<InstallMapping, InstallTable> {
 public:
  using SqlTable::SqlTable;

  Result<std::optional<InstallRecord>> find(const InstallId& id) override {
    if (last_ && last_->id == id) return last_;
    KIP_TRY(auto found, SqlTable::find(id));
    if (found) last_ = found;
    return found;
  }

  /// What a report changes is written by itself: nothing else of the row, its indices or its constraints is looked at.
  Result<void> put(const InstallRecord& install) override {
    const bool only_reported = last_ && is_same_but_for_reports(*last_, install);
    last_.reset();
    KIP_TRY_VOID(only_reported ? put_report(install) : SqlTable::put(install));
    last_ = install;
    return {};
  }

  void forget() { last_.reset(); }

  Result<std::vector<InstallRecord>> admitted_by(const Sha256Digest& secret) override {
    return query("code = ?", [&](Binder& binder) { binder.digest(secret); });
  }

  Result<std::vector<InstallRecord>> of(const CustomerKey& customer) override {
    return query("customer = ? AND product = ?",
                 [&](Binder& binder) { binder.text(customer.first.str()).text(customer.second.str()); });
  }

  Result<std::vector<InstallRecord>> bearing(const PublicKey& key) override {
    // Its hexadecimal digits, in whatever JSON they stand.
    KIP_TRY(auto found,
            query("lower(public_key) LIKE ?", [&](Binder& binder) { binder.text("%" + key.text() + "%"); }));
    std::erase_if(found, [&](const InstallRecord& install) { return install.key.usable() != key; });
    return found;
  }

  Result<std::vector<InstallRecord>> with(const ProductId& product) override {
    return query("product = ?", [&](Binder& binder) { binder.text(product.str()); });
  }

  Result<std::vector<InstallRecord>> doubtful() override {
    // As the index says it.
    return query("(standing = 'held' OR disputed <> 0)", [](Binder&) {});
  }

 private:
  static bool is_same_but_for_reports(const InstallRecord& before, InstallRecord after) {
    after.incarnation = before.incarnation;
    after.last_sequence = before.last_sequence;
    after.missing = before.missing;
    after.report = before.report;
    return after == before;
  }

  Result<void> put_report(const InstallRecord& install) {
    Binder binder;
    InstallMapping::bind_reports(binder, install);
    binder.text(tenant_.str()).text(install.id.str());
    KIP_TRY_VOID(connection_.change(InstallMapping::kName,
                                    "UPDATE installs SET incarnation = ?, last_sequence = ?, missing = ?, "
                                    "report_state = ?, report_version = ?, report_received = ? "
                                    "WHERE tenant = ? AND id = ?",
                                    binder));
    return {};
  }

  std::optional<InstallRecord> last_;
};

class SqlProgress final : public SqlTable<ProgressMapping, ProgressTable> {
 public:
  using SqlTable::SqlTable;

  Result<std::vector<ProgressRecord>> of(const ProductId& product, const Version& version) override {
    return query("product = ? AND version = ?",
                 [&](Binder& binder) { binder.text(product.str()).text(version.str()); });
  }
};

class SqlInstallations final : public SqlTable<InstallationMapping, InstallationTable> {
 public:
  using SqlTable::SqlTable;

  Result<std::vector<InstallationRecord>> of(const InstallId& install) override {
    return query("install = ?", [&](Binder& binder) { binder.text(install.str()); });
  }

  Result<bool> has_version(const Version& version) override {
    KIP_TRY(const std::int64_t found,
            connection_.number(InstallationMapping::kName,
                               "SELECT EXISTS (SELECT 1 FROM installations WHERE tenant = ? AND version = ?)",
                               with_tenant().text(version.str())));
    return found != 0;
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
    const Binder which = with_tenant().integer(number);
    Timed out;
    KIP_TRY_VOID(connection_.run(RowMapping::kName,
                                 "SELECT max(completed_at) FROM obligation_rows WHERE tenant = ? AND number = ? AND "
                                 "applicability IN ('applicable', 'unknown_attribute') AND completed_at IS NOT NULL",
                                 which, [&](RowReader& row) -> Result<void> {
                                   out.last_completed = row.optional_instant();
                                   return {};
                                 }));
    if (!due) return out;
    const Binder until = Binder(which).instant(*due);
    KIP_TRY(out.late, connection_.number(RowMapping::kName,
                                         "SELECT count(*) FROM obligation_rows WHERE tenant = ? AND number = ? AND "
                                         "applicability IN ('applicable', 'unknown_attribute') AND completed_at >= ?",
                                         until));
    KIP_TRY(out.delayed, connection_.number(RowMapping::kName,
                                            "SELECT count(*) FROM obligation_rows WHERE tenant = ? AND number = ? AND "
                                            "applicability IN ('applicable', 'unknown_attribute') AND deferred_at < ? "
                                            "AND (completed_at IS NULL OR completed_at >= ?)",
                                            Binder(until).instant(*due)));
    return out;
  }
};

class SqlReceipts final : public SqlTable<ReceiptMapping, ReceiptTable> {
 public:
  using SqlTable::SqlTable;

  Result<std::vector<ReceiptRecord>> between(const InstallId& install, std::string_view incarnation, std::int64_t first,
                                             std::int64_t last) override {
    return query("install = ? AND incarnation = ? AND sequence BETWEEN ? AND ?",
                 [&](Binder& binder) { binder.text(install.str()).text(incarnation).integer(first).integer(last); });
  }

  Result<std::vector<ReceiptRecord>> of(const InstallId& install) override {
    KIP_TRY(auto out, query("install = ?", [&](Binder& binder) { binder.text(install.str()); }));
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
      return std::pair(a.event_index, a.place) < std::pair(b.event_index, b.place);
    });
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
    return connection_.number(ServiceMapping::kName,
                              "SELECT count(*) FROM service_requests WHERE tenant = ? AND open = 1 AND install = ?",
                              with_tenant().text(install.str()));
  }

  Result<std::int64_t> last_number() override {
    return connection_.number(ServiceMapping::kName,
                              "SELECT coalesce(max(number), 0) FROM service_requests WHERE tenant = ?", with_tenant());
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
constexpr std::array<const char*, 25> kAll = {
    NoticeMapping::kName,      NoticeSwitchMapping::kName, ServiceMapping::kName,  InspectionMapping::kName,
    PromiseMapping::kName,     TallyMapping::kName,        RowMapping::kName,      ObligationMapping::kName,
    PublicationMapping::kName, InstallationMapping::kName, DeferralMapping::kName, ReceiptMapping::kName,
    InstallMapping::kName,     CodeMapping::kName,         CustomerMapping::kName, CommitmentMapping::kName,
    HistoryMapping::kName,     CoverageMapping::kName,     ActMapping::kName,      TokenMapping::kName,
    PersonMapping::kName,      RolloutMapping::kName,      WaitingMapping::kName,  ProgressMapping::kName,
    ProposalMapping::kName};

}  // namespace

struct SqlProjection::Tables {
  Tables(Connection& connection, const TenantId& tenant)
      : acts(connection, tenant),
        histories(connection, tenant),
        coverages(connection, tenant),
        commitments(connection, tenant),
        customers(connection, tenant),
        codes(connection, tenant),
        waiting(connection, tenant),
        installs(connection, tenant),
        receipts(connection, tenant),
        installations(connection, tenant),
        deferrals(connection, tenant),
        publications(connection, tenant),
        rollouts(connection, tenant),
        progress(connection, tenant),
        proposals(connection, tenant),
        obligations(connection, tenant),
        rows(connection, tenant),
        tallies(connection, tenant),
        people(connection, tenant),
        tokens(connection, tenant),
        notices(connection, tenant),
        notice_switches(connection, tenant),
        promises(connection, tenant),
        services(connection, tenant),
        inspections(connection, tenant) {}

  SqlTable<ActMapping> acts;
  SqlTable<HistoryMapping> histories;
  SqlTable<CoverageMapping> coverages;
  SqlTable<CommitmentMapping> commitments;
  SqlTable<CustomerMapping> customers;
  SqlTable<CodeMapping> codes;
  SqlTable<WaitingMapping> waiting;
  SqlInstalls installs;
  SqlReceipts receipts;
  SqlInstallations installations;
  SqlDeferrals deferrals;
  SqlTable<PublicationMapping> publications;
  SqlTable<RolloutMapping> rollouts;
  SqlProgress progress;
  SqlTable<ProposalMapping> proposals;
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
  Projection ports{
      acts,          histories, coverages,    commitments,     customers, codes,     waiting,     installs, receipts,
      installations, deferrals, publications, rollouts,        progress,  proposals, obligations, rows,     tallies,
      people,        tokens,    notices,      notice_switches, promises,  services,  inspections, cache};
};

SqlProjection::SqlProjection(Connection& connection, const TenantId& tenant)
    : connection_(connection), tenant_(tenant), tables_(std::make_unique<Tables>(connection, tenant)) {}

SqlProjection::~SqlProjection() = default;

Projection& SqlProjection::tables() {
  return tables_->ports;
}

Result<std::int64_t> SqlProjection::form() {
  return connection_.number("the projection's form", "SELECT form FROM projection_forms WHERE tenant = ?",
                            Binder().text(tenant_.str()));
}

Result<void> SqlProjection::clear() {
  constexpr const char* kDoing = "emptying the projection";
  tables_->installs.forget();
  for (const char* table : kAll) {
    KIP_TRY_VOID(connection_.change(kDoing, fmt::format("DELETE FROM {} WHERE tenant = ?", table),
                                    Binder().text(tenant_.str())));
  }
  KIP_TRY_VOID(connection_.change(kDoing,
                                  "INSERT INTO projection_forms (tenant, form) VALUES (?, ?) ON CONFLICT (tenant) DO "
                                  "UPDATE SET form = excluded.form",
                                  Binder().text(tenant_.str()).integer(kProjectionForm)));
  return {};
}

}  // namespace kip::server::sql
