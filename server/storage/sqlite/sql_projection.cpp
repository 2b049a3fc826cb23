#include "sql_projection.hpp"

#include <algorithm>
#include <array>

#include "sql_table.hpp"

namespace kip::server::sql {
namespace {

template <class Id>
Result<Id> parse_id(RowReader& row) {
  return Id::parse(row.text());
}

template <class Id>
Result<std::optional<Id>> optional_id(RowReader& row) {
  if (row.next_is_null()) {
    row.skip();
    return std::optional<Id>();
  }
  KIP_TRY(Id id, parse_id<Id>(row));
  return std::optional<Id>(std::move(id));
}

struct ActMapping {
  using Key = std::string;
  using Record = Act;
  static constexpr const char* kName = "acts";
  static constexpr const char* kColumns = "document";
  static constexpr const char* kKey = "key = ?";
  static constexpr const char* kOrder = "key";
  static constexpr const char* kPut = "INSERT OR REPLACE INTO acts (tenant, key, document) VALUES (?, ?, ?)";
  static void bind_key(Binder& to, const Key& key) { to.text(key); }
  static void bind(Binder& to, const Act& act) { to.text(act.key.str()).text(json::to_compact(to_json(act))); }
  static Result<Act> read(RowReader& row) { return parse_act(row.text()); }
};

struct CommitmentMapping {
  using Key = CommitmentId;
  using Record = Commitment;
  static constexpr const char* kName = "commitments";
  static constexpr const char* kColumns = "document";
  static constexpr const char* kKey = "id = ?";
  static constexpr const char* kOrder = "id";
  static constexpr const char* kPut = "INSERT OR REPLACE INTO commitments (tenant, id, document) VALUES (?, ?, ?)";
  static void bind_key(Binder& to, const Key& key) { to.text(key.str()); }
  static void bind(Binder& to, const Commitment& commitment) {
    to.text(commitment.id.str()).text(json::to_compact(to_json(commitment)));
  }
  static Result<Commitment> read(RowReader& row) { return parse_commitment(row.text()); }
};

struct CustomerMapping {
  using Key = CustomerKey;
  using Record = Customer;
  static constexpr const char* kName = "customers";
  static constexpr const char* kColumns = "document";
  static constexpr const char* kKey = "tax_code = ? AND product = ?";
  static constexpr const char* kOrder = "tax_code, product";
  static constexpr const char* kPut =
      "INSERT OR REPLACE INTO customers (tenant, tax_code, product, document) VALUES (?, ?, ?, ?)";
  static void bind_key(Binder& to, const Key& key) { to.text(key.first.str()).text(key.second.str()); }
  static void bind(Binder& to, const Customer& customer) {
    bind_key(to, key_of(customer));
    to.text(json::to_compact(to_json(customer)));
  }
  static Result<Customer> read(RowReader& row) { return parse_customer(row.text()); }
};

struct CodeMapping {
  using Key = Sha256Digest;
  using Record = EnrolmentCodeRecord;
  static constexpr const char* kName = "enrolment_codes";
  static constexpr const char* kColumns = "secret, customer, product, label, expires, replaces";
  static constexpr const char* kKey = "secret = ?";
  static constexpr const char* kOrder = "secret";
  static constexpr const char* kPut =
      "INSERT OR REPLACE INTO enrolment_codes (tenant, secret, customer, product, label, expires, replaces) "
      "VALUES (?, ?, ?, ?, ?, ?, ?)";
  static void bind_key(Binder& to, const Key& key) { to.digest(key); }
  static void bind(Binder& to, const Record& code) {
    to.digest(code.secret).text(code.customer.str()).text(code.product.str()).text(code.label).instant(code.expires);
    code.replaces ? to.text(code.replaces->str()) : to.null();
  }
  static Result<Record> read(RowReader& row) {
    KIP_TRY(const Sha256Digest secret, row.digest());
    KIP_TRY(TaxCode customer, row.parsed(TaxCode::parse));
    KIP_TRY(ProductId product, parse_id<ProductId>(row));
    std::string label = row.text();
    const Instant expires = row.instant();
    KIP_TRY(auto replaces, optional_id<InstallId>(row));
    return Record{secret, std::move(customer), std::move(product), std::move(label), expires, std::move(replaces)};
  }
};

struct InstallMapping {
  using Key = InstallId;
  using Record = InstallRecord;
  static constexpr const char* kName = "installs";
  static constexpr const char* kColumns =
      "id, public_key, customer, product, label, code, enrolled, standing, disputed, incarnation, last_sequence, "
      "missing, replaced_by, report_state, report_version, report_received";
  static constexpr const char* kKey = "id = ?";
  static constexpr const char* kOrder = "id";
  static constexpr const char* kPut =
      "INSERT OR REPLACE INTO installs (tenant, id, public_key, customer, product, label, code, enrolled, standing, "
      "disputed, incarnation, last_sequence, missing, replaced_by, report_state, report_version, report_received) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
  static void bind_key(Binder& to, const Key& key) { to.text(key.str()); }
  static void bind(Binder& to, const Record& install) {
    to.text(install.id.str()).text(json::to_compact(install.key.json())).text(install.customer.str());
    to.text(install.product.str()).text(install.label).digest(install.code).instant(install.enrolled);
    to.text(to_string(install.standing)).integer(install.disputed ? 1 : 0).text(install.incarnation);
    to.integer(install.last_sequence).integer(install.missing);
    install.replaced_by ? to.text(install.replaced_by->str()) : to.null();
    if (install.report) {
      to.text(to_string(install.report->state)).text(install.report->version.str()).instant(install.report->received);
    } else {
      to.null().null().null();
    }
  }
  static Result<Record> read(RowReader& row) {
    KIP_TRY(InstallId id, parse_id<InstallId>(row));
    KIP_TRY(const json::Value key_json, json::parse(row.text()));
    KIP_TRY(kip::Key key, kip::Key::parse(key_json));
    KIP_TRY(TaxCode customer, row.parsed(TaxCode::parse));
    KIP_TRY(ProductId product, parse_id<ProductId>(row));
    std::string label = row.text();
    KIP_TRY(const Sha256Digest code, row.digest());
    Record out{std::move(id),    std::move(key), std::move(customer), std::move(product),
               std::move(label), code,           row.instant()};
    KIP_TRY(out.standing, row.parsed(parse_standing));
    out.disputed = row.integer() != 0;
    out.incarnation = row.text();
    out.last_sequence = row.integer();
    out.missing = row.integer();
    KIP_TRY(out.replaced_by, optional_id<InstallId>(row));
    if (row.next_is_null()) return out;
    KIP_TRY(const InstallState state, row.parsed(parse_install_state));
    KIP_TRY(Version version, parse_id<Version>(row));
    out.report = LastReport{state, std::move(version), row.instant()};
    return out;
  }
};

struct ReceiptMapping {
  using Key = ReceiptKey;
  using Record = ReceiptRecord;
  static constexpr const char* kName = "receipts";
  static constexpr const char* kColumns =
      "install, incarnation, sequence, digest, previous, state, version, event_position, recorded";
  static constexpr const char* kKey = "install = ? AND incarnation = ? AND sequence = ? AND digest = ?";
  static constexpr const char* kOrder = "install, incarnation, sequence, digest";
  static constexpr const char* kPut =
      "INSERT OR REPLACE INTO receipts (tenant, install, incarnation, sequence, digest, previous, state, "
      "version, event_position, recorded) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
  static void bind_key(Binder& to, const Key& key) {
    to.text(key.install.str()).text(key.incarnation).integer(key.sequence).digest(key.digest);
  }
  static void bind(Binder& to, const Record& receipt) {
    bind_key(to, receipt.key);
    receipt.previous ? to.digest(*receipt.previous) : to.null();
    to.text(to_string(receipt.state)).text(receipt.version.str()).integer(receipt.event_index);
    to.instant(receipt.recorded);
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
    return Record{{std::move(install), std::move(incarnation), sequence, digest},
                  previous,
                  state,
                  std::move(version),
                  index,
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
  static constexpr const char* kPut =
      "INSERT OR REPLACE INTO installations (tenant, install, version, installed_at) VALUES (?, ?, ?, ?)";
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

struct PublicationMapping {
  using Key = PublicationKey;
  using Record = PublicationRecord;
  static constexpr const char* kName = "publications";
  static constexpr const char* kColumns = "product, version, manifest, acts, published_at, event_position";
  static constexpr const char* kKey = "product = ? AND version = ?";
  static constexpr const char* kOrder = "product, version";
  static constexpr const char* kPut =
      "INSERT OR REPLACE INTO publications (tenant, product, version, manifest, acts, published_at, event_position) "
      "VALUES (?, ?, ?, ?, ?, ?, ?)";
  static void bind_key(Binder& to, const Key& key) { to.text(key.first.str()).text(key.second); }
  static void bind(Binder& to, const Record& publication) {
    bind_key(to, key_of(publication));
    to.digest(publication.manifest);
    to.text(json::to_compact(json::Array(publication.acts.begin(), publication.acts.end())));
    to.instant(publication.published_at).integer(publication.event_index);
  }
  static Result<Record> read(RowReader& row) {
    KIP_TRY(ProductId product, parse_id<ProductId>(row));
    KIP_TRY(Version version, parse_id<Version>(row));
    KIP_TRY(const Sha256Digest manifest, row.digest());
    KIP_TRY(const json::Value acts, json::parse(row.text()));
    Record out{std::move(product), std::move(version), manifest, {}, {}, 0};
    if (acts.as_array() != nullptr) {
      for (const json::Value& act : *acts.as_array()) {
        if (act.as_text() != nullptr) out.acts.push_back(*act.as_text());
      }
    }
    out.published_at = row.instant();
    out.event_index = row.integer();
    return out;
  }
};

struct ObligationMapping {
  using Key = std::int64_t;
  using Record = ObligationRecord;
  static constexpr const char* kName = "obligations";
  static constexpr const char* kColumns = "number, act, commitment";
  static constexpr const char* kKey = "number = ?";
  static constexpr const char* kOrder = "number";
  static constexpr const char* kPut =
      "INSERT OR REPLACE INTO obligations (tenant, number, act, commitment) VALUES (?, ?, ?, ?)";
  static void bind_key(Binder& to, const Key& key) { to.integer(key); }
  static void bind(Binder& to, const Record& obligation) {
    to.integer(obligation.number).text(obligation.act.str()).text(obligation.commitment.str());
  }
  static Result<Record> read(RowReader& row) {
    const std::int64_t number = row.integer();
    KIP_TRY(ActKey act, row.parsed(ActKey::parse));
    KIP_TRY(CommitmentId commitment, parse_id<CommitmentId>(row));
    return Record{number, std::move(act), std::move(commitment)};
  }
};

struct TokenMapping {
  using Key = Sha256Digest;
  using Record = TokenRecord;
  static constexpr const char* kName = "staff_tokens";
  static constexpr const char* kColumns = "hash, name, role, created";
  static constexpr const char* kKey = "hash = ?";
  static constexpr const char* kOrder = "hash";
  static constexpr const char* kPut =
      "INSERT OR REPLACE INTO staff_tokens (tenant, hash, name, role, created) VALUES (?, ?, ?, ?, ?)";
  static void bind_key(Binder& to, const Key& key) { to.digest(key); }
  static void bind(Binder& to, const Record& token) {
    to.digest(token.hash).text(token.name).text(token.role).instant(token.created);
  }
  static Result<Record> read(RowReader& row) {
    KIP_TRY(const Sha256Digest hash, row.digest());
    std::string name = row.text();
    std::string role = row.text();
    return Record{hash, std::move(name), std::move(role), row.instant()};
  }
};

class SqlInstalls final : public SqlTable<InstallMapping, InstallTable> {
 public:
  using SqlTable::SqlTable;

  Result<std::vector<InstallRecord>> admitted_by(const Sha256Digest& secret) override {
    return query("code = ?", [&](Binder& binder) { binder.digest(secret); });
  }
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

/// Children first.
constexpr std::array<const char*, 10> kAll = {
    ObligationMapping::kName, PublicationMapping::kName, InstallationMapping::kName, ReceiptMapping::kName,
    InstallMapping::kName,    CodeMapping::kName,        CustomerMapping::kName,     CommitmentMapping::kName,
    ActMapping::kName,        TokenMapping::kName};

}  // namespace

struct SqlProjection::Tables {
  Tables(SQLite::Database& database, const TenantId& tenant)
      : acts(database, tenant),
        commitments(database, tenant),
        customers(database, tenant),
        codes(database, tenant),
        installs(database, tenant),
        receipts(database, tenant),
        installations(database, tenant),
        publications(database, tenant),
        obligations(database, tenant),
        tokens(database, tenant) {}

  SqlTable<ActMapping> acts;
  SqlTable<CommitmentMapping> commitments;
  SqlTable<CustomerMapping> customers;
  SqlTable<CodeMapping> codes;
  SqlInstalls installs;
  SqlReceipts receipts;
  SqlTable<InstallationMapping> installations;
  SqlTable<PublicationMapping> publications;
  SqlTable<ObligationMapping> obligations;
  SqlTable<TokenMapping> tokens;
  Projection ports{acts,     commitments,   customers,    codes,       installs,
                   receipts, installations, publications, obligations, tokens};
};

SqlProjection::SqlProjection(SQLite::Database& database, const TenantId& tenant)
    : database_(database), tenant_(tenant), tables_(std::make_unique<Tables>(database, tenant)) {}

SqlProjection::~SqlProjection() = default;

Projection& SqlProjection::tables() {
  return tables_->ports;
}

Result<void> SqlProjection::clear() {
  return guarded("emptying the projection", [&] {
    for (const char* table : kAll) {
      SQLite::Statement statement(database_, fmt::format("DELETE FROM {} WHERE tenant = ?", table));
      statement.bind(1, tenant_.str());
      statement.exec();
    }
  });
}

}  // namespace kip::server::sql
