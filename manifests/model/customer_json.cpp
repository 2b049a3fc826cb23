#include <manifests/codec/reading.hpp>
#include <manifests/model/customer.hpp>

namespace kip {
namespace {

using Unknown = json::ObjectReader::Unknown;

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

}  // namespace

Result<Customer> read_customer(const json::Value& value) {
  json::ObjectReader in(value, "customer");
  in.format("kip.customer", 1);
  const Unknown unknown = json::unknown_members(value);
  const auto tax_code = in.parsed("tax_code", TaxCode::parse);
  const auto name = in.parsed("name", needed_line);
  const auto email = in.optional_parsed("email", optional_line);
  const auto product = in.parsed("product", ProductId::parse);
  const auto contract_start = in.parsed("contract_start", parse_date);
  const json::Value& periods_value = in.object("periods");
  const auto seats = in.integer("seats", 1, kMaxSeats);
  const auto regime = in.optional_parsed("regime", needed_line);
  KIP_TRY_VOID(in.finish(unknown));
  KIP_TRY(ContractPeriods periods, read_periods(periods_value, unknown));
  return Customer{.tax_code = *tax_code,
                  .name = *name,
                  .email = email.value_or(std::string()),
                  .product = *product,
                  .contract_start = *contract_start,
                  .periods = std::move(periods),
                  .seats = static_cast<int>(seats),
                  .regime = regime};
}

Result<Customer> parse_customer(BytesView text) {
  KIP_TRY(const json::Value value, json::parse(text, {.bytes = kMaxBytes}));
  return read_customer(value);
}

json::Value to_json(const Customer& customer) {
  json::Object out{{"format", "kip.customer/1"},
                   {"tax_code", customer.tax_code.str()},
                   {"name", customer.name},
                   {"product", customer.product.str()},
                   {"contract_start", format_date(customer.contract_start)},
                   {"periods", periods_json(customer.periods)},
                   {"seats", customer.seats}};
  if (!customer.email.empty()) out.emplace("email", customer.email);
  if (customer.regime) out.emplace("regime", *customer.regime);
  return out;
}

}  // namespace kip
