#pragma once

// Inside server/storage/sql only: how promises about service, requests and inspections lie in their tables.

#include "sql_table.hpp"

namespace kip::server::sql {

struct PromiseMapping {
  using Key = PromiseId;
  using Record = ServicePromise;
  static constexpr const char* kName = "service_promises";
  static constexpr const char* kColumns = "document";
  static constexpr const char* kKey = "id = ?";
  static constexpr const char* kOrder = "id";
  static constexpr const char* kWritten = "id, document";
  static void bind_key(Binder& to, const Key& key) { to.text(key.str()); }
  static void bind(Binder& to, const Record& promise) {
    to.text(promise.id.str()).text(json::to_compact(to_json(promise)));
  }
  static Result<Record> read(RowReader& row) { return parse_service_promise(row.text()); }
};

struct ServiceMapping {
  using Key = std::int64_t;
  using Record = ServiceRecord;
  static constexpr const char* kName = "service_requests";
  static constexpr const char* kColumns = "document, envelope";
  static constexpr const char* kKey = "number = ?";
  static constexpr const char* kOrder = "number";
  static constexpr const char* kWritten = "number, id, install, customer, product, open, envelope, document";
  static void bind_key(Binder& to, const Key& key) { to.integer(key); }
  static void bind(Binder& to, const Record& record) {
    const ServiceFacts& facts = record.request.facts();
    to.integer(facts.number).text(facts.id.str());
    facts.install ? to.text(facts.install->str()) : to.null();
    to.text(facts.customer.str()).text(facts.product.str()).integer(record.request.is_open() ? 1 : 0);
    record.envelope ? to.digest(*record.envelope) : to.null();
    to.text(json::to_compact(to_json(record.request)));
  }
  static Result<Record> read(RowReader& row) {
    KIP_TRY(ServiceCase request, parse_service_case(row.text()));
    KIP_TRY(const auto envelope, row.optional_digest());
    return Record{std::move(request), envelope};
  }
};

struct InspectionMapping {
  using Key = std::int64_t;
  using Record = InspectionRecord;
  static constexpr const char* kName = "inspections";
  static constexpr const char* kColumns = "event_position, customer, product, day, actor, note, record";
  static constexpr const char* kKey = "event_position = ?";
  static constexpr const char* kOrder = "event_position";
  static constexpr const char* kWritten = kColumns;
  static void bind_key(Binder& to, const Key& key) { to.integer(key); }
  static void bind(Binder& to, const Record& record) {
    const Inspection& inspection = record.inspection;
    to.integer(record.event_index).text(record.customer.str()).text(record.product.str());
    to.text(format_date(inspection.on)).text(inspection.by).text(inspection.note);
    inspection.record ? to.digest(*inspection.record) : to.null();
  }
  static Result<Record> read(RowReader& row) {
    const std::int64_t index = row.integer();
    KIP_TRY(TaxCode customer, row.parsed(TaxCode::parse));
    KIP_TRY(ProductId product, parse_id<ProductId>(row));
    KIP_TRY(const LegalDate day, row.parsed(parse_date));
    std::string by = row.text();
    std::string note = row.text();
    KIP_TRY(const auto record, row.optional_digest());
    return Record{index, std::move(customer), std::move(product), {day, std::move(by), std::move(note), record}};
  }
};

}  // namespace kip::server::sql
