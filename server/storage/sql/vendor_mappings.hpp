#pragma once

// Inside server/storage/sql only: how customers and releases lie in their tables.

#include "sql_table.hpp"

namespace kip::server::sql {

struct CustomerMapping {
  using Key = CustomerKey;
  using Record = Customer;
  static constexpr const char* kName = "customers";
  static constexpr const char* kColumns = "document";
  static constexpr const char* kKey = "tax_code = ? AND product = ?";
  static constexpr const char* kOrder = "tax_code, product";
  static constexpr const char* kWritten = "tax_code, product, document";
  static void bind_key(Binder& to, const Key& key) { to.text(key.first.str()).text(key.second.str()); }
  static void bind(Binder& to, const Customer& customer) {
    bind_key(to, key_of(customer));
    to.text(json::to_compact(to_json(customer)));
  }
  static Result<Customer> read(RowReader& row) { return parse_customer(row.text()); }
};

struct PublicationMapping {
  using Key = PublicationKey;
  using Record = PublicationRecord;
  static constexpr const char* kName = "publications";
  static constexpr const char* kColumns = "product, version, manifest, acts, published_at, event_position";
  static constexpr const char* kKey = "product = ? AND version = ?";
  static constexpr const char* kOrder = "product, version";
  static constexpr const char* kWritten = kColumns;
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

struct RolloutMapping {
  using Key = ProductId;
  using Record = RolloutRecord;
  static constexpr const char* kName = "rollouts";
  static constexpr const char* kColumns = "document, since, changed_by, changed";
  static constexpr const char* kKey = "product = ?";
  static constexpr const char* kOrder = "product";
  static constexpr const char* kWritten = "product, document, since, changed_by, changed";
  static void bind_key(Binder& to, const Key& key) { to.text(key.str()); }
  static void bind(Binder& to, const Record& record) {
    to.text(record.rollout.product.str()).text(json::to_compact(to_json(record.rollout)));
    to.instant(record.since).text(record.by).instant(record.changed);
  }
  static Result<Record> read(RowReader& row) {
    KIP_TRY(Rollout rollout, parse_rollout(row.text()));
    const Instant since = row.instant();
    std::string by = row.text();
    return Record{std::move(rollout), since, std::move(by), row.instant()};
  }
};

struct ProposalMapping {
  using Key = ProposalId;
  using Record = Proposal;
  static constexpr const char* kName = "proposals";
  static constexpr const char* kColumns = "document";
  static constexpr const char* kKey = "id = ?";
  static constexpr const char* kOrder = "id";
  static constexpr const char* kWritten = "id, document";
  static void bind_key(Binder& to, const Key& key) { to.text(key.str()); }
  static void bind(Binder& to, const Record& proposal) {
    to.text(proposal.id.str()).text(json::to_compact(to_json(proposal)));
  }
  static Result<Record> read(RowReader& row) {
    KIP_TRY(const json::Value document, json::parse(row.text()));
    return read_proposal(document);
  }
};

}  // namespace kip::server::sql
