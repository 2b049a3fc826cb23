#include <algorithm>
#include <array>
#include <cstdint>

#include <fmt/format.h>

#include <manifests/codec/choice.hpp>
#include <manifests/core/unicode.hpp>
#include <manifests/model/act.hpp>
#include <manifests/model/act_series.hpp>

namespace kip {
namespace {

constexpr std::size_t kMaxIssuer = 32;
constexpr std::size_t kMaxNumber = 128;
constexpr int kFirstYear = 1900;
constexpr int kLastYear = 2999;

constexpr std::string_view kDWithStroke = "\u0110";
constexpr std::string_view kSmallDWithStroke = "\u0111";
constexpr std::string_view kEth = "\u00D0";
constexpr std::string_view kNoBreakSpace = "\u00A0";

constexpr Choices<ActKind, 6> kKinds = {{{ActKind::circular, "circular"},
                                         {ActKind::decision, "decision"},
                                         {ActKind::decree, "decree"},
                                         {ActKind::law, "law"},
                                         {ActKind::notice, "notice"},
                                         {ActKind::schema, "schema"}}};
constexpr Choices<CustomerAttribute, 3> kAttributes = {{{CustomerAttribute::regime, "regime"},
                                                        {CustomerAttribute::vat_method, "vat_method"},
                                                        {CustomerAttribute::trade, "trade"}}};
constexpr Choices<ActChange, 5> kChanges = {{{ActChange::report_form, "report-form"},
                                             {ActChange::tax_form, "tax-form"},
                                             {ActChange::accounting_operation, "accounting-operation"},
                                             {ActChange::accounting_regime, "accounting-regime"},
                                             {ActChange::business_rule, "business-rule"}}};

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

/// Digits as wide as Chinese characters, "８", become ordinary ones.
std::string narrow_digits(std::string text) {
  constexpr std::array<std::string_view, 10> kWide = {"０", "１", "２", "３", "４", "５", "６", "７", "８", "９"};
  for (std::size_t digit = 0; digit < kWide.size(); ++digit)
    text = replace_all(std::move(text), kWide.at(digit), std::to_string(digit));
  return text;
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

Unexpected bad_key(std::string_view part, std::string_view text, std::string_view why) {
  return fail(ErrorCode::malformed, fmt::format("the act's {} \"{}\" {}", part, text.substr(0, 80), why));
}

Result<std::string> normalise_number(std::string_view text) {
  KIP_TRY(std::string number, to_nfc(text));
  number = replace_all(std::move(number), kNoBreakSpace, " ");
  number = narrow_digits(replace_all(std::move(number), kEth, kDWithStroke));
  std::replace(number.begin(), number.end(), '\t', ' ');
  number = trim(std::string(number));
  number.erase(std::unique(number.begin(), number.end(), [](char a, char b) { return a == ' ' && b == ' '; }),
               number.end());
  if (number.empty()) return bad_key("number", text, "is empty");
  if (number.size() > kMaxNumber) return bad_key("number", text, fmt::format("is longer than {} bytes", kMaxNumber));
  if (has_control_character(number)) return bad_key("number", text, "has a control character");
  return number;
}

/// The year that stands alone in "99/2025/TT-BTC".
std::optional<int> year_in_number(std::string_view number) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  for (std::size_t i = 0; i < number.size();) {
    std::size_t end = i;
    int value = 0;
    while (end < number.size() && is_digit(number[end]) && end - i < 9)
      value = value * 10 + (number[end++] - '0');
    if (end - i == 4 && value >= kFirstYear && value < 2100 && (i > 0 || end == number.size())) return value;
    i = std::max(end, i + 1);
  }
  return std::nullopt;
}

}  // namespace

Result<std::string> normalise_issuer(std::string_view text) {
  KIP_TRY(std::string issuer, to_nfc(trim(text)));
  for (char& c : issuer) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  issuer = replace_all(std::move(issuer), kSmallDWithStroke, kDWithStroke);
  issuer = replace_all(std::move(issuer), kEth, kDWithStroke);
  if (issuer.empty()) return bad_key("issuer", text, "is empty; write its short name, as BTC");
  if (issuer.size() > kMaxIssuer) return bad_key("issuer", text, fmt::format("is longer than {} bytes", kMaxIssuer));
  if (issuer.find_first_of(": ") != std::string::npos || issuer.find(kNoBreakSpace) != std::string::npos ||
      has_control_character(issuer)) {
    return bad_key("issuer", text, "has a blank, a colon or a control character; write its short name, as BTC");
  }
  return issuer;
}

Result<ActKey> ActKey::create(std::string_view issuer, std::string_view number, std::int64_t year) {
  KIP_TRY(std::string clean_issuer, normalise_issuer(issuer));
  KIP_TRY(std::string clean_number, normalise_number(number));
  if (year < kFirstYear || year > kLastYear) {
    return bad_key("year", fmt::format("{}", year), fmt::format("is not within {} to {}", kFirstYear, kLastYear));
  }
  return ActKey(std::move(clean_issuer), std::move(clean_number), static_cast<int>(year));
}

Result<ActKey> ActKey::parse(std::string_view text) {
  const auto first = text.find(':');
  const auto last = text.rfind(':');
  const std::string_view year = last == std::string_view::npos ? std::string_view() : text.substr(last + 1);
  const bool digits = std::all_of(year.begin(), year.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (first == last || year.size() != 4 || !digits) {
    return fail(ErrorCode::malformed,
                fmt::format("\"{}\" does not name an act; write ISSUER:NUMBER:YEAR, as BTC:99/2025/TT-BTC:2025",
                            text.substr(0, 120)));
  }
  int value = 0;
  for (const char c : year)
    value = value * 10 + (c - '0');
  return create(text.substr(0, first), text.substr(first + 1, last - first - 1), value);
}

std::string ActKey::str() const {
  return fmt::format("{}:{}:{}", issuer_, number_, year_);
}

std::string_view to_string(ActKind kind) {
  return choice_text(kKinds, kind);
}
Result<ActKind> parse_act_kind(std::string_view text) {
  return parse_choice(kKinds, "a kind of act", text);
}
std::string_view to_string(ActChange change) {
  return choice_text(kChanges, change);
}
Result<ActChange> parse_act_change(std::string_view text) {
  return parse_choice(kChanges, "something that an act changes", text);
}

std::string_view to_string(CustomerAttribute attribute) {
  return choice_text(kAttributes, attribute);
}
Result<CustomerAttribute> parse_customer_attribute(std::string_view text) {
  return parse_choice(kAttributes, "an attribute of customers", text);
}

std::optional<LegalDate> Act::date(Trigger which) const {
  switch (which) {
    case Trigger::act_signed:
      return signed_on;
    case Trigger::act_gazetted:
      return gazetted_on;
    case Trigger::act_effective:
      return effective_on;
    case Trigger::vendor_aware:
      return aware_on;
  }
  KIP_CHECK(false);
}

Result<std::string> parse_act_part(std::string_view text) {
  KIP_TRY(const auto slug, Slug<struct ActPartTag>::parse(text));
  return slug.str();
}

std::string ServedAct::str() const {
  return part.empty() ? key.str() : fmt::format("{}#{}", key.str(), part);
}

Result<ServedAct> ServedAct::parse(std::string_view text) {
  const auto mark = text.rfind('#');
  // A number may hold the sign itself; a part stands behind the year.
  if (mark == std::string_view::npos || text.find(':', mark) != std::string_view::npos) {
    KIP_TRY(ActKey whole, ActKey::parse(text));
    return ServedAct{std::move(whole)};
  }
  KIP_TRY(ActKey key, ActKey::parse(text.substr(0, mark)));
  KIP_TRY(std::string part, parse_act_part(text.substr(mark + 1)));
  return ServedAct{std::move(key), std::move(part)};
}

std::vector<Warning> check_act(const Act& act) {
  std::vector<Warning> out;
  const std::string signed_on = format_date(act.signed_on);
  if (act.effective_on && *act.effective_on < act.signed_on) {
    out.push_back({"effective-before-signed", fmt::format("{} takes effect on {}, before it was signed on {}",
                                                          act.key.str(), format_date(*act.effective_on), signed_on)});
  }
  if (act.gazetted_on && *act.gazetted_on < act.signed_on) {
    out.push_back({"gazetted-before-signed", fmt::format("{} was gazetted on {}, before it was signed on {}",
                                                         act.key.str(), format_date(*act.gazetted_on), signed_on)});
  }
  const int year = static_cast<int>(std::chrono::year_month_day(act.signed_on).year());
  if (act.key.year() != year || year_in_number(act.key.number()).value_or(year) != year) {
    out.push_back({"year-differs", fmt::format("{} was signed on {}: another year than its key or number says",
                                               act.key.str(), signed_on)});
  }
  if (act.kind != ActKind::schema && !place_of(act.key)) {
    out.push_back(
        {"no-series", fmt::format("{} is not written like 99/2025/TT-BTC, 1913/QĐ-BTC, 8/2025. (III. 31.) "
                                  "NGM or 财会〔2019〕6号: the register of numbers (kip coverage list) does not "
                                  "count it",
                                  act.key.str())});
  }
  return out;
}

}  // namespace kip
