#include "sql_unit.hpp"

#include "alert_mappings.hpp"
#include "revocation_mapping.hpp"
#include "sql_events.hpp"
#include "sql_leaves.hpp"
#include "sql_projection.hpp"
#include "sql_stamps.hpp"
#include "sql_table.hpp"
#include "staff_mappings.hpp"

namespace kip::server::sql {
namespace {

class SqlUnit final : public UnitOfWork {
 public:
  SqlUnit(std::unique_ptr<Transaction> transaction, const TenantId& tenant, Access access)
      : transaction_(std::move(transaction)), tenant_(tenant), access_(access) {}

  EventLog& events() override { return events_; }
  LeafTable& leaves() override { return leaves_; }
  StampTable& stamps() override { return stamps_; }
  Table<Sha256Digest, RevocationRecord>& revocations() override { return revocations_; }
  Table<PersonName, CredentialRecord>& credentials() override { return credentials_; }
  SessionTable& sessions() override { return sessions_; }
  AlertTable& alerts() override { return alerts_; }
  AlertDeliveryTable& alert_deliveries() override { return alert_deliveries_; }
  Projection& projection() override { return projection_.tables(); }

  Result<void> clear_projection() override {
    check_writing();
    return projection_.clear();
  }

  Result<std::int64_t> projection_form() override { return projection_.form(); }

  Result<bool> use_nonce(std::string_view nonce, Instant now, Instant expires) override {
    check_writing();
    constexpr const char* kDoing = "remembering a nonce";
    KIP_TRY_VOID(connection_.change(kDoing, "DELETE FROM nonces WHERE tenant = ? AND expires < ?",
                                    Binder().text(tenant_.str()).instant(now)));
    KIP_TRY(const std::int64_t added,
            connection_.change(kDoing,
                               "INSERT INTO nonces (tenant, nonce, expires) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                               Binder().text(tenant_.str()).text(nonce).instant(expires)));
    return added == 1;
  }

  Result<void> commit() override {
    check_writing();
    KIP_CHECK(!committed_);
    KIP_TRY_VOID(transaction_->commit());
    committed_ = true;
    return {};
  }

 private:
  void check_writing() const { KIP_CHECK(access_ == Access::write); }

  std::unique_ptr<Transaction> transaction_;
  Connection& connection_ = transaction_->connection();
  TenantId tenant_;
  Access access_;
  SqlEvents events_{connection_, tenant_};
  SqlLeaves leaves_{connection_, tenant_};
  SqlStamps stamps_{connection_, tenant_};
  SqlTable<RevocationMapping> revocations_{connection_, tenant_};
  SqlTable<CredentialMapping> credentials_{connection_, tenant_};
  SqlSessions sessions_{connection_, tenant_};
  SqlAlerts alerts_{connection_, tenant_};
  SqlAlertDeliveries alert_deliveries_{connection_, tenant_};
  SqlProjection projection_{connection_, tenant_};
  bool committed_ = false;
};

}  // namespace

std::unique_ptr<UnitOfWork> make_unit(std::unique_ptr<Transaction> transaction, const TenantId& tenant, Access access) {
  return std::make_unique<SqlUnit>(std::move(transaction), tenant, access);
}

}  // namespace kip::server::sql
