#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <manifests/codec/json.hpp>
#include <manifests/core/ids.hpp>
#include <manifests/core/instant.hpp>
#include <manifests/deadline/calendar.hpp>
#include <manifests/deadline/language.hpp>
#include <manifests/model/act.hpp>
#include <manifests/model/row_issues.hpp>

namespace kip {

/// A tax code as a customer list has it: 1 to 32 of 0-9, A-Z, a-z and '-'.
class TaxCode {
 public:
  /// Errors: malformed.
  static Result<TaxCode> parse(std::string_view text);

  const std::string& str() const { return text_; }

  /// False where the code has the form of a Vietnamese one (10 digits, or 10, '-' and 3) but its tenth digit is not the
  /// check digit: 10 - (sum of the first nine, weighted 31 29 23 19 17 13 7 5 3) mod 11.
  bool has_plausible_check_digit() const;

  auto operator<=>(const TaxCode&) const = default;

 private:
  explicit TaxCode(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

/// On a date: entitled; ended since a date (or between two periods); not yet begun.
struct Entitlement {
  enum class State { entitled, ended, not_yet };

  State state = State::entitled;
  std::optional<LegalDate> since = {};  ///< ended: the first day without entitlement; not_yet: the first day with it

  bool is_entitled() const { return state == State::entitled; }
  bool operator==(const Entitlement&) const = default;
};

/// When a customer is entitled to updates: months from the contract's start, one after another ("12+24"), or explicit
/// ranges. Months end with the corresponding day of the last month, included, as periods of the civil code do; each is
/// counted from the contract's start, so that month ends do not drift.
class ContractPeriods {
 public:
  /// "12+24" or "01/01/2025-31/12/2026|..." (also YYYY-MM-DD). Errors: malformed; at most 20 items, 600 months in all,
  /// ranges in order and apart.
  static Result<ContractPeriods> parse(std::string_view text);
  static Result<ContractPeriods> from_months(std::vector<int> months);
  static Result<ContractPeriods> from_ranges(std::vector<DateRange> ranges);

  const std::vector<int>& months() const { return months_; }
  const std::vector<DateRange>& ranges() const { return ranges_; }

  Entitlement on(LegalDate date, LegalDate contract_start) const;
  /// The last day of the entitlement that holds on that date: periods that follow each other without a gap are one.
  std::optional<LegalDate> last_day(LegalDate date, LegalDate contract_start) const;

  bool operator==(const ContractPeriods&) const = default;

 private:
  ContractPeriods() = default;

  std::vector<DateRange> ranges_from(LegalDate contract_start) const;

  std::vector<int> months_;  ///< exactly one of the two has items
  std::vector<DateRange> ranges_;
};

/// With what the contract's time begins.
enum class ContractStart { signing, acceptance, sale };

/// "signed", "accepted", "sold"
std::string_view to_string(ContractStart start);
Result<ContractStart> parse_contract_start(std::string_view text);

/// One product of one customer. Format: docs/formats/customer.md, "kip.customer/1".
struct Customer {
  TaxCode tax_code;
  std::string name;
  std::string email = {};
  ProductId product;
  LegalDate contract_start;
  ContractPeriods periods;
  int seats = 1;                                             ///< computers promised, 1 to 100,000
  std::map<CustomerAttribute, std::string> attributes = {};  ///< as acts name them; what is not known is missing
  ContractStart start_event = ContractStart::signing;
  std::optional<LegalDate> obligations_from = {};  ///< earlier acts are no concern of the contract
  std::set<std::string> commitments = {};          ///< ids of the promises made to this customer; empty: all
  bool by_the_hour = false;                        ///< work beyond the periods is done and charged by the hour
  bool may_postpone = true;                        ///< may put updates off
  bool force_allowed = false;  ///< updates may be installed in spite of that from the release's force-after on
  std::optional<Language> language = {};
  std::string phone = {};

  std::optional<std::string> attribute(CustomerAttribute which) const;
  Entitlement entitlement(LegalDate date) const { return periods.on(date, contract_start); }

  bool operator==(const Customer&) const = default;
};

/// Codes tax-code-check-digit: foreign customers exist, so that a wrong digit is no error; email-unusable: no notice
/// can be sent there.
std::vector<Warning> check_customer(const Customer& customer);
/// Code facts-dropped: what was known of the customer is not known any more, as after a list that lacks a column.
std::vector<Warning> check_change(const Customer& before, const Customer& after);

inline constexpr int kMaxSeats = 100'000;

/// Strict: in "kip.customer/1" an unknown member is an error. Errors: malformed, too_large.
Result<Customer> read_customer(const json::Value& value);
Result<Customer> parse_customer(BytesView text);
json::Value to_json(const Customer& customer);

/// Text for people on one line: not empty where `needed`, no control characters. Errors: malformed.
Result<std::string> parse_line(std::string_view text, bool needed);

}  // namespace kip
