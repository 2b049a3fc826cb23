#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <manifests/codec/json.hpp>
#include <manifests/core/digest.hpp>
#include <manifests/core/ids.hpp>
#include <manifests/core/instant.hpp>
#include <manifests/deadline/period.hpp>
#include <manifests/model/row_issues.hpp>

namespace kip {

/// Unicode NFC, ASCII letters and "đ" in upper case. Errors: malformed unless 1 to 32 octets without blanks, ':' and
/// control characters.
Result<std::string> normalise_issuer(std::string_view text);

/// Which act: the same number exists for another issuer and in another year. Issuers are unique within a tenant.
class ActKey {
 public:
  /// The number is made NFC, trimmed, inner blanks (also no-break ones) become one; wide digits become ordinary ones;
  /// the letter eth, which old Vietnamese fonts leave where "Đ" belongs, becomes "Đ". Letters keep their case. Errors:
  /// malformed for an empty or over-long (128 octets) part, control characters, a year outside 1900 to 2999.
  static Result<ActKey> create(std::string_view issuer, std::string_view number, std::int64_t year);

  /// "ISSUER:NUMBER:YEAR", as "BTC:99/2025/TT-BTC:2025"; the number may hold ':' itself. Errors: malformed.
  static Result<ActKey> parse(std::string_view text);

  std::string str() const;
  const std::string& issuer() const { return issuer_; }
  const std::string& number() const { return number_; }
  int year() const { return year_; }
  auto operator<=>(const ActKey&) const = default;

 private:
  ActKey(std::string issuer, std::string number, int year)
      : issuer_(std::move(issuer)), number_(std::move(number)), year_(year) {}

  std::string issuer_;
  std::string number_;
  int year_;
};

enum class ActKind { circular, decision, decree, law, notice, schema };

std::string_view to_string(ActKind kind);
Result<ActKind> parse_act_kind(std::string_view text);

enum class ActChange { report_form, tax_form, accounting_operation, accounting_regime, business_rule };

/// "report-form", "tax-form", "accounting-operation", "accounting-regime", "business-rule"
std::string_view to_string(ActChange change);
Result<ActChange> parse_act_change(std::string_view text);

/// What is known about a customer and decides whether an act concerns them.
enum class CustomerAttribute { regime, vat_method, trade };

/// "regime", "vat_method", "trade"
std::string_view to_string(CustomerAttribute attribute);
Result<CustomerAttribute> parse_customer_attribute(std::string_view text);

/// Whom an act concerns; an empty list means all.
struct AppliesTo {
  std::vector<ProductId> products;
  std::map<CustomerAttribute, std::vector<std::string>> attributes = {};  ///< no empty list

  bool operator==(const AppliesTo&) const = default;
};

/// A legal act as a vendor registers it. Format: docs/formats/act.md, "kip.act/1".
struct Act {
  ActKey key;
  std::string country = "VN";  ///< ISO 3166, two letters
  ActKind kind = ActKind::circular;
  std::string title = {};
  std::string note = {};
  LegalDate signed_on;
  std::optional<LegalDate> gazetted_on = {};
  std::optional<LegalDate> effective_on = {};
  std::optional<LegalDate> aware_on = {};       ///< when the vendor learned of it
  std::map<Trigger, std::string> sources = {};  ///< of the dates, where each was read
  std::string confidence = {};                  ///< where the dates come from and where sources disagree
  std::optional<Sha256Digest> document_sha256 = {};
  std::set<ActChange> changes;          ///< at least one: an act that changes nothing would match no commitment
  std::vector<std::string> forms = {};  ///< codes of forms
  std::vector<std::string> parts = {};  ///< that are delivered one by one, as "xml-export"; none: it is one whole
  std::vector<std::string> amends = {};
  std::vector<std::string> replaces = {};
  AppliesTo applies_to = {};

  std::optional<LegalDate> date(Trigger which) const;

  bool operator==(const Act&) const = default;
};

/// The name of a part: a-z, 0-9 and inner hyphens. Errors: malformed.
Result<std::string> parse_act_part(std::string_view text);

/// An act as a release says that it serves it: "ISSUER:NUMBER:YEAR", or one part of it, "ISSUER:NUMBER:YEAR#part".
struct ServedAct {
  ActKey key;
  std::string part = {};  ///< empty: the whole

  /// Errors: malformed.
  static Result<ServedAct> parse(std::string_view text);

  std::string str() const;
  bool serves(const ActKey& act, std::string_view wanted) const {
    return key == act && (part.empty() || part == wanted);
  }
};

/// What a person should look at before relying on the act: effective-before-signed, gazetted-before-signed,
/// year-differs (the year in the key or in the number is not that of the signing date).
std::vector<Warning> check_act(const Act& act);

/// Strict: in "kip.act/1" an unknown member is an error. Errors: malformed, too_large; "an act without a signing date"
/// where signed_on is missing.
Result<Act> read_act(const json::Value& value);
Result<Act> parse_act(BytesView text);
json::Value to_json(const Act& act);

}  // namespace kip
