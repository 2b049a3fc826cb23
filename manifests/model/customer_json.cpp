#include <array>

#include <manifests/codec/reading.hpp>
#include <manifests/model/customer.hpp>

namespace kip {
namespace {

using Unknown = json::ObjectReader::Unknown;

constexpr int kMinor = 1;
constexpr std::size_t kMaxCommitments = 1000;
constexpr std::array<CustomerAttribute, 3> kAttributes = {CustomerAttribute::regime, CustomerAttribute::vat_method,
                                                          CustomerAttribute::trade};
constexpr std::size_t kMaxBytes = 64U << 10U;

Result<std::string> needed_line(std::string_view text) {
  return parse_line(text, true);
}
Result<std::string> optional_line(std::string_view text) {
  return parse_line(text, false);
}

Result<int> read_month_count(const json::Value& value) {
  const std::int64_t* count = value.as_integer();
  if (count == nullptr || *count < 1 || *count > 600) {
    return fail(ErrorCode::malformed, "has something else than numbers of months, 1 to 600");
  }
  return static_cast<int>(*count);
}

Result<DateRange> read_range(const json::Value& value, Unknown unknown) {
  json::ObjectReader in(value, "range");
  const auto from = in.parsed("from", parse_date);
  const auto to = in.parsed("to", parse_date);
  KIP_TRY_VOID(in.finish(unknown));
  return DateRange{*from, *to};
}

Result<ContractPeriods> read_periods(const json::Value& value, Unknown unknown) {
  json::ObjectReader in(value, "periods");
  const bool months_given = in.has("months");
  if (months_given == in.has("ranges")) in.refuse("months", "and \"ranges\": exactly one of them must be given");
  std::vector<int> months = in.each("months", read_month_count);
  std::vector<DateRange> ranges =
      in.each("ranges", [unknown](const json::Value& item) { return read_range(item, unknown); });
  KIP_TRY_VOID(in.finish(unknown));
  return months_given ? ContractPeriods::from_months(std::move(months))
                      : ContractPeriods::from_ranges(std::move(ranges));
}

json::Value periods_json(const ContractPeriods& periods) {
  json::Array items;
  for (const int count : periods.months())
    items.push_back(count);
  if (!items.empty()) return json::Object{{"months", std::move(items)}};
  for (const DateRange& range : periods.ranges()) {
    items.push_back(json::Object{{"from", format_date(range.from)}, {"to", format_date(range.to)}});
  }
  return json::Object{{"ranges", std::move(items)}};
}

/// Whether a member is used that the first version of the format does not have.
bool uses_minor(const Customer& customer) {
  Customer plain = customer;
  for (const CustomerAttribute attribute : {CustomerAttribute::vat_method, CustomerAttribute::trade})
    plain.attributes.erase(attribute);
  plain.start_event = ContractStart::signing;
  plain.obligations_from.reset();
  plain.commitments.clear();
  plain.by_the_hour = false;
  plain.may_postpone = true;
  plain.force_allowed = false;
  plain.language.reset();
  plain.phone.clear();
  return plain != customer;
}

/// What is not as it is where nothing is said.
void put_contract(json::Object& out, const Customer& customer) {
  if (customer.start_event != ContractStart::signing) out.emplace("start_event", to_string(customer.start_event));
  if (customer.obligations_from) out.emplace("obligations_from", format_date(*customer.obligations_from));
  if (!customer.commitments.empty()) {
    out.emplace("commitments", json::Array(customer.commitments.begin(), customer.commitments.end()));
  }
  if (customer.by_the_hour) out.emplace("by_the_hour", true);
  if (!customer.may_postpone) out.emplace("may_postpone", false);
  if (customer.force_allowed) out.emplace("force_allowed", true);
  if (customer.language) out.emplace("language", to_string(*customer.language));
  if (!customer.phone.empty()) out.emplace("phone", customer.phone);
}

}  // namespace

Result<Customer> read_customer(const json::Value& value) {
  json::ObjectReader in(value, "customer");
  in.format("kip.customer", 1);
  const Unknown unknown = json::unknown_members(value, kMinor);
  const auto tax_code = in.parsed("tax_code", TaxCode::parse);
  const auto name = in.parsed("name", needed_line);
  const auto email = in.optional_parsed("email", optional_line);
  const auto product = in.parsed("product", ProductId::parse);
  const auto contract_start = in.parsed("contract_start", parse_date);
  const json::Value& periods_value = in.object("periods");
  const auto seats = in.integer("seats", 1, kMaxSeats);
  std::map<CustomerAttribute, std::string> attributes;
  for (const CustomerAttribute attribute : kAttributes) {
    if (auto text = in.optional_parsed(to_string(attribute), needed_line))
      attributes.emplace(attribute, *std::move(text));
  }
  const auto start_event = in.optional_parsed("start_event", parse_contract_start);
  const auto obligations_from = in.optional_parsed("obligations_from", parse_date);
  const auto commitments = json::text_items(in, "commitments", needed_line, kMaxCommitments);
  const bool by_the_hour = in.boolean_or("by_the_hour", false);
  const bool may_postpone = in.boolean_or("may_postpone", true);
  const bool force_allowed = in.boolean_or("force_allowed", false);
  const auto language = in.optional_parsed("language", parse_language);
  const auto phone = in.optional_parsed("phone", optional_line);
  KIP_TRY_VOID(in.finish(unknown));
  KIP_TRY(ContractPeriods periods, read_periods(periods_value, unknown));
  return Customer{.tax_code = *tax_code,
                  .name = *name,
                  .email = email.value_or(std::string()),
                  .product = *product,
                  .contract_start = *contract_start,
                  .periods = std::move(periods),
                  .seats = static_cast<int>(seats),
                  .attributes = std::move(attributes),
                  .start_event = start_event.value_or(ContractStart::signing),
                  .obligations_from = obligations_from,
                  .commitments = {commitments.begin(), commitments.end()},
                  .by_the_hour = by_the_hour,
                  .may_postpone = may_postpone,
                  .force_allowed = force_allowed,
                  .language = language,
                  .phone = phone.value_or(std::string())};
}

Result<Customer> parse_customer(BytesView text) {
  KIP_TRY(const json::Value value, json::parse(text, {.bytes = kMaxBytes}));
  return read_customer(value);
}

json::Value to_json(const Customer& customer) {
  json::Object out{{"format", uses_minor(customer) ? "kip.customer/1.1" : "kip.customer/1"},
                   {"tax_code", customer.tax_code.str()},
                   {"name", customer.name},
                   {"product", customer.product.str()},
                   {"contract_start", format_date(customer.contract_start)},
                   {"periods", periods_json(customer.periods)},
                   {"seats", customer.seats}};
  if (!customer.email.empty()) out.emplace("email", customer.email);
  for (const auto& [attribute, text] : customer.attributes)
    out.emplace(to_string(attribute), text);
  put_contract(out, customer);
  return out;
}

}  // namespace kip
