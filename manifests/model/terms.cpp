#include <set>

#include <fmt/format.h>

#include <manifests/codec/reading.hpp>
#include <manifests/core/printable.hpp>
#include <manifests/model/terms.hpp>

namespace kip {
namespace {

constexpr std::size_t kMaxBytes = 4U << 20U;
constexpr std::size_t kMaxItems = 1000;
constexpr std::size_t kMaxClause = 8192;
constexpr json::ObjectReader::Unknown kRefuse = json::ObjectReader::Unknown::refuse;

Result<ContractOffer> read_contract(const json::Value& value) {
  json::ObjectReader in(value, "contract");
  const auto id = in.parsed("id", CommitmentId::parse);
  std::string clause = in.text("clause", kMaxClause);
  const auto start = in.parsed("start_event", parse_contract_start);
  const auto read_month = [](const json::Value& item) -> Result<int> {
    const std::int64_t* months = item.as_integer();
    if (months != nullptr && *months > 0 && *months <= 600) return static_cast<int>(*months);
    return fail(ErrorCode::malformed, "has an item that is no number of months");
  };
  std::vector<int> months = in.each("months", read_month, 20);
  const bool by_the_hour = in.boolean_or("by_the_hour", false);
  KIP_TRY_VOID(in.finish(kRefuse));
  KIP_TRY(ContractPeriods periods, ContractPeriods::from_months(std::move(months)));
  return ContractOffer{*id, std::move(clause), *start, std::move(periods), by_the_hour};
}

Result<Practice> read_practice(const json::Value& value) {
  json::ObjectReader in(value, "practice");
  const auto id = in.parsed("id", CommitmentId::parse);
  std::string clause = in.text("clause", kMaxClause);
  std::string kept_by = in.text("kept_by", kMaxClause);
  KIP_TRY_VOID(in.finish(kRefuse));
  return Practice{*id, std::move(clause), std::move(kept_by)};
}

Result<void> expect_each_id_once(const Terms& terms) {
  std::set<std::string> ids;
  const auto all_new = [&ids](const auto& items) -> Result<void> {
    for (const auto& item : items) {
      if (ids.insert(item.id.str()).second) continue;
      return fail(ErrorCode::malformed, fmt::format("terms: the id \"{}\" stands twice", item.id.str()));
    }
    return {};
  };
  KIP_TRY_VOID(all_new(terms.commitments));
  KIP_TRY_VOID(all_new(terms.service_promises));
  KIP_TRY_VOID(all_new(terms.contracts));
  return all_new(terms.practices);
}

template <class Item, class ToJson>
json::Array list_json(const std::vector<Item>& items, ToJson&& one) {
  json::Array out;
  for (const Item& item : items)
    out.push_back(one(item));
  return out;
}

json::Value contract_json(const ContractOffer& contract) {
  const std::vector<int>& months = contract.periods.months();
  return json::Object{{"id", contract.id.str()},
                      {"clause", contract.clause},
                      {"start_event", to_string(contract.start)},
                      {"months", json::Array(months.begin(), months.end())},
                      {"by_the_hour", contract.by_the_hour}};
}

}  // namespace

Result<Terms> parse_terms(BytesView text) {
  KIP_TRY(const json::Value value, json::parse(text, {.bytes = kMaxBytes}));
  json::ObjectReader in(value, "terms");
  in.format("kip.terms", 1);
  Terms out;
  out.vendor = in.text("vendor", 200);
  if (!is_printable_line(out.vendor)) in.refuse("vendor", "has control characters");
  out.jurisdiction = in.parsed("jurisdiction", parse_country_code).value_or(std::string());
  for (const char* list : {"commitments", "service_promises"})
    in.array(list, kMaxItems);
  out.commitments = in.each("commitments", read_commitment, kMaxItems);
  out.service_promises = in.each("service_promises", read_service_promise, kMaxItems);
  out.contracts = in.each("contracts", read_contract, kMaxItems);
  out.practices = in.each("practices", read_practice, kMaxItems);
  out.notes = in.texts_or_empty("notes");
  KIP_TRY_VOID(in.finish(json::unknown_members(value)));
  KIP_TRY_VOID(expect_each_id_once(out));
  return out;
}

json::Value to_json(const Terms& terms) {
  return json::Object{
      {"format", "kip.terms/1"},
      {"vendor", terms.vendor},
      {"jurisdiction", terms.jurisdiction},
      {"commitments", list_json(terms.commitments, [](const Commitment& one) { return to_json(one); })},
      {"service_promises", list_json(terms.service_promises, [](const ServicePromise& one) { return to_json(one); })},
      {"contracts", list_json(terms.contracts, contract_json)},
      {"practices",
       list_json(terms.practices,
                 [](const Practice& one) -> json::Value {
                   return json::Object{{"id", one.id.str()}, {"clause", one.clause}, {"kept_by", one.kept_by}};
                 })},
      {"notes", json::Array(terms.notes.begin(), terms.notes.end())}};
}

}  // namespace kip
