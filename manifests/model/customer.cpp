#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>

#include <fmt/format.h>

#include <manifests/codec/choice.hpp>
#include <manifests/core/unicode.hpp>
#include <manifests/mail/address.hpp>
#include <manifests/model/customer.hpp>

namespace kip {
namespace {

using std::chrono::days;
using std::chrono::year_month_day;

constexpr Choices<ContractStart, 3> kStarts = {
    {{ContractStart::signing, "signed"}, {ContractStart::acceptance, "accepted"}, {ContractStart::sale, "sold"}}};
constexpr std::size_t kMaxTaxCode = 32;
constexpr std::size_t kMaxPeriods = 20;
constexpr int kMaxMonths = 600;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_digit);
}

Unexpected bad_periods(std::string_view text) {
  return fail(ErrorCode::malformed, fmt::format("\"{}\" are no periods; write months as 12+24, or ranges as "
                                                "01/01/2025-31/12/2026 with | between them",
                                                text.substr(0, 80)));
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  while (true) {
    const auto end = text.find(separator);
    out.push_back(trim(text.substr(0, end)));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

/// Both dates have ten characters in either notation, so that the hyphen between them is not taken for one inside.
Result<DateRange> parse_range(std::string_view text) {
  constexpr std::size_t kDate = 10;
  if (text.size() < 2 * kDate + 1) return bad_periods(text);
  const std::string_view between = trim(text.substr(kDate, text.size() - 2 * kDate));
  const auto from = parse_human_date(text.substr(0, kDate));
  const auto to = parse_human_date(text.substr(text.size() - kDate));
  if (!from) return Unexpected(from.error());
  if (!to) return Unexpected(to.error());
  if (between != "-") return bad_periods(text);
  return DateRange{*from, *to};
}

LegalDate add_months(LegalDate date, int count) {
  const year_month_day sum = year_month_day(date) + std::chrono::months(count);
  return sum.ok() ? LegalDate(sum) : LegalDate(sum.year() / sum.month() / std::chrono::last);
}

}  // namespace

Result<TaxCode> TaxCode::parse(std::string_view text) {
  const auto allowed = [](char c) {
    return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-';
  };
  if (text.empty() || text.size() > kMaxTaxCode || !std::all_of(text.begin(), text.end(), allowed)) {
    return fail(ErrorCode::malformed, fmt::format("\"{}\" is not a tax code; use digits, letters and '-', at most {}",
                                                  text.substr(0, 40), kMaxTaxCode));
  }
  return TaxCode(std::string(text));
}

bool TaxCode::has_plausible_check_digit() const {
  constexpr std::array<int, 9> kWeights = {31, 29, 23, 19, 17, 13, 7, 5, 3};
  const std::string_view base = std::string_view(text_).substr(0, 10);
  const std::string_view branch = std::string_view(text_).substr(base.size());
  const bool vietnamese = base.size() == 10 && all_digits(base) &&
                          (branch.empty() || (branch.size() == 4 && branch[0] == '-' && all_digits(branch.substr(1))));
  if (!vietnamese) return true;
  int sum = 0;
  for (std::size_t i = 0; i < kWeights.size(); ++i)
    sum += kWeights.at(i) * (base[i] - '0');
  return base[9] - '0' == 10 - sum % 11;
}

Result<ContractPeriods> ContractPeriods::from_months(std::vector<int> months) {
  const bool positive = std::all_of(months.begin(), months.end(), [](int count) { return count >= 1; });
  const bool bounded = std::all_of(months.begin(), months.end(), [](int count) { return count <= kMaxMonths; });
  if (months.empty() || months.size() > kMaxPeriods || !positive || !bounded ||
      std::accumulate(months.begin(), months.end(), 0) > kMaxMonths) {
    return fail(ErrorCode::malformed,
                fmt::format("the periods must be 1 to {} numbers of months, 1 to {} in all", kMaxPeriods, kMaxMonths));
  }
  ContractPeriods out;
  out.months_ = std::move(months);
  return out;
}

Result<ContractPeriods> ContractPeriods::from_ranges(std::vector<DateRange> ranges) {
  if (ranges.empty() || ranges.size() > kMaxPeriods) {
    return fail(ErrorCode::malformed, fmt::format("there must be 1 to {} ranges", kMaxPeriods));
  }
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (ranges[i].to < ranges[i].from) {
      return fail(ErrorCode::malformed, fmt::format("the range from {} ends before it begins, on {}",
                                                    format_date(ranges[i].from), format_date(ranges[i].to)));
    }
    if (i > 0 && ranges[i].from <= ranges[i - 1].to) {
      return fail(ErrorCode::malformed, fmt::format("the range from {} begins before the one before it has ended",
                                                    format_date(ranges[i].from)));
    }
  }
  ContractPeriods out;
  out.ranges_ = std::move(ranges);
  return out;
}

Result<ContractPeriods> ContractPeriods::parse(std::string_view text) {
  const std::string_view trimmed = trim(text);
  if (trimmed.empty()) return bad_periods(text);
  if (trimmed.find_first_not_of("0123456789+ ") == std::string_view::npos) {
    std::vector<int> months;
    for (const std::string_view part : split(trimmed, '+')) {
      int count = 0;
      const auto end = part.data() + part.size();
      const auto parsed = std::from_chars(part.data(), end, count);
      if (parsed.ec != std::errc() || parsed.ptr != end) return bad_periods(text);
      months.push_back(count);
    }
    return from_months(std::move(months));
  }
  std::vector<DateRange> ranges;
  for (const std::string_view part : split(trimmed, '|')) {
    KIP_TRY(const DateRange range, parse_range(part));
    ranges.push_back(range);
  }
  return from_ranges(std::move(ranges));
}

std::vector<DateRange> ContractPeriods::ranges_from(LegalDate contract_start) const {
  if (months_.empty()) return ranges_;
  const int months = std::accumulate(months_.begin(), months_.end(), 0);
  return {{contract_start, add_months(contract_start, months)}};
}

std::optional<LegalDate> ContractPeriods::last_day(LegalDate date, LegalDate contract_start) const {
  std::optional<LegalDate> out;
  for (const DateRange& range : ranges_from(contract_start)) {
    if (range.contains(out ? *out + days(1) : date)) out = range.to;
  }
  return out;
}

Entitlement ContractPeriods::on(LegalDate date, LegalDate contract_start) const {
  using State = Entitlement::State;
  const std::vector<DateRange> ranges = ranges_from(contract_start);
  Entitlement out{State::not_yet, ranges.front().from};
  for (const DateRange& range : ranges) {
    if (range.contains(date)) return {State::entitled, {}};
    if (range.to < date) out = {State::ended, range.to + days(1)};
  }
  return out;
}

std::string_view to_string(ContractStart start) {
  return choice_text(kStarts, start);
}
Result<ContractStart> parse_contract_start(std::string_view text) {
  return parse_choice(kStarts, "the start of a contract", text);
}

std::optional<std::string> Customer::attribute(CustomerAttribute which) const {
  const auto found = attributes.find(which);
  return found == attributes.end() ? std::nullopt : std::optional(found->second);
}

std::vector<Warning> check_customer(const Customer& customer) {
  std::vector<Warning> out;
  if (!customer.tax_code.has_plausible_check_digit()) {
    out.push_back(
        {"tax-code-check-digit",
         fmt::format("the check digit of tax code {} is wrong: a typing error, unless the customer is foreign",
                     customer.tax_code.str())});
  }
  if (customer.email.empty()) return out;
  const auto address = MailAddress::parse(customer.email);
  if (!address) out.push_back({"email-unusable", address.error().message});
  return out;
}

std::vector<Warning> check_change(const Customer& before, const Customer& after) {
  std::string dropped;
  const auto drop = [&dropped](bool was_known, bool is_known, std::string_view what) {
    if (was_known && !is_known) dropped += fmt::format("{}{}", dropped.empty() ? "" : ", ", what);
  };
  drop(!before.email.empty(), !after.email.empty(), "e-mail");
  drop(!before.phone.empty(), !after.phone.empty(), "phone");
  drop(before.language.has_value(), after.language.has_value(), "language");
  drop(before.obligations_from.has_value(), after.obligations_from.has_value(), "obligations from");
  drop(!before.commitments.empty(), !after.commitments.empty(), "commitments");
  for (const auto& [attribute, value] : before.attributes)
    drop(true, after.attributes.contains(attribute), to_string(attribute));
  drop(before.start_event != ContractStart::signing, after.start_event != ContractStart::signing, "start event");
  drop(before.by_the_hour, after.by_the_hour, "by the hour");
  drop(!before.may_postpone, !after.may_postpone, "may postpone: no");
  drop(before.force_allowed, after.force_allowed, "force allowed");
  if (dropped.empty()) return {};
  return {{"facts-dropped", fmt::format("the list has nothing where something was known of {} before: {}",
                                        after.tax_code.str(), dropped)}};
}

Result<std::string> parse_line(std::string_view text, bool needed) {
  const std::string_view trimmed = trim(text);
  if (needed && trimmed.empty()) return fail(ErrorCode::malformed, "is empty");
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (std::any_of(trimmed.begin(), trimmed.end(), control)) {
    return fail(ErrorCode::malformed, "has a line break or another control character");
  }
  return to_nfc(trimmed);
}

}  // namespace kip
