#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include <manifests/model/act_series.hpp>

namespace kip {
namespace {

constexpr std::size_t kMaxName = 64;
constexpr std::string_view kRegulation = " rendelet";

/// What an act's number says of itself.
struct Numbering {
  int number = 0;
  std::optional<int> year;  ///< none: that of the act
  std::string_view series;
};

/// Takes the number at the beginning of a text away from it.
std::optional<int> take_number(std::string_view& text) {
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || value < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  return value;
}

bool take(std::string_view& text, std::string_view what) {
  if (!text.starts_with(what)) return false;
  text.remove_prefix(what.size());
  return true;
}

bool take_end(std::string_view& text, std::string_view what) {
  if (!text.ends_with(what)) return false;
  text.remove_suffix(what.size());
  return true;
}

/// 1 to 3999 as it is properly written; none otherwise.
std::optional<int> roman_number(std::string_view text) {
  constexpr std::array<std::pair<int, std::string_view>, 13> kSigns = {{{1000, "M"},
                                                                        {900, "CM"},
                                                                        {500, "D"},
                                                                        {400, "CD"},
                                                                        {100, "C"},
                                                                        {90, "XC"},
                                                                        {50, "L"},
                                                                        {40, "XL"},
                                                                        {10, "X"},
                                                                        {9, "IX"},
                                                                        {5, "V"},
                                                                        {4, "IV"},
                                                                        {1, "I"}}};
  int value = 0;
  std::string_view rest = text;
  for (const auto& [worth, sign] : kSigns) {
    while (take(rest, sign))
      value += worth;
  }
  std::string proper;
  int left = value;
  for (const auto& [worth, sign] : kSigns) {
    for (; left >= worth; left -= worth)
      proper += sign;
  }
  if (value == 0 || value > 3999 || proper != text) return std::nullopt;
  return value;
}

/// "99/2025/TT-BTC"
std::optional<Numbering> with_slashes(std::string_view text) {
  const auto number = take_number(text);
  if (!number || !take(text, "/")) return std::nullopt;
  const auto year = take_number(text);
  if (!year || !take(text, "/")) return std::nullopt;
  return Numbering{*number, *year, text};
}

/// "1913/QĐ-BTC"
std::optional<Numbering> without_year(std::string_view text) {
  const auto number = take_number(text);
  if (!number || !take(text, "/") || take_number(text)) return std::nullopt;
  return Numbering{*number, {}, text};
}

/// "8/2025. (III. 31.) NGM"
std::optional<Numbering> with_day(std::string_view text) {
  const auto number = take_number(text);
  if (!number || !take(text, "/")) return std::nullopt;
  const auto year = take_number(text);
  if (!year) return std::nullopt;
  take(text, ".");
  take(text, " ");
  const auto day_end = text.find(')');
  if (!take(text, "(") || day_end == std::string_view::npos) return std::nullopt;
  text.remove_prefix(day_end);  // the opening bracket is gone, the closing one goes with it
  take(text, " ");
  take_end(text, kRegulation);
  return Numbering{*number, *year, text};
}

/// "2007. évi CXXVII. törvény"
std::optional<Numbering> with_roman_number(std::string_view text) {
  const auto year = take_number(text);
  if (!year || !take(text, ". évi ")) return std::nullopt;
  const auto dot = text.find(". ");
  if (dot == std::string_view::npos) return std::nullopt;
  const auto number = roman_number(text.substr(0, dot));
  if (!number) return std::nullopt;
  return Numbering{*number, *year, text.substr(dot + 2)};
}

/// "财会〔2019〕6号"
std::optional<Numbering> with_year_in_brackets(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kBrackets = {
      {{"〔", "〕"}, {"[", "]"}, {"（", "）"}, {"(", ")"}, {"【", "】"}}};
  for (const auto& [open, close] : kBrackets) {
    const auto at = text.find(open);
    if (at == std::string_view::npos) continue;
    std::string_view rest = text.substr(at + open.size());
    const auto year = take_number(rest);
    if (!year || !take(rest, close)) continue;
    take(rest, "第");
    const auto number = take_number(rest);
    if (number && rest == "号") return Numbering{*number, *year, text.substr(0, at)};
  }
  return std::nullopt;
}

/// "国家税务总局公告2025年第17号"
std::optional<Numbering> with_year_in_words(std::string_view text) {
  const auto at = text.find_first_of("0123456789");
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view rest = text.substr(at);
  const auto year = take_number(rest);
  if (!year || !take(rest, "年第")) return std::nullopt;
  const auto number = take_number(rest);
  if (!number || rest != "号") return std::nullopt;
  return Numbering{*number, *year, text.substr(0, at)};
}

constexpr std::array kNumberings = {with_slashes,      without_year,          with_day,
                                    with_roman_number, with_year_in_brackets, with_year_in_words};

}  // namespace

std::string ActSeries::str() const {
  return fmt::format("{}:{}:{}", issuer, year, name);
}

bool is_series_number(int number) {
  return number >= 1 && number <= kMaxSeriesNumber;
}

std::optional<PlaceInSeries> place_of(const ActKey& act) {
  for (const auto& numbering : kNumberings) {
    const auto found = numbering(act.number());
    if (!found || !is_series_number(found->number)) continue;
    if (auto series = make_series(act.issuer(), found->year.value_or(act.year()), found->series))
      return PlaceInSeries{*std::move(series), found->number};
  }
  return std::nullopt;
}

Result<ActSeries> make_series(std::string_view issuer, std::int64_t year, std::string_view name) {
  // An act's number is normalised as a whole, so that the name of its series is.
  KIP_TRY(const ActKey key, ActKey::create(issuer, fmt::format("1/{}/{}", year, name), year));
  std::string clean = key.number().substr(fmt::format("1/{}/", year).size());
  if (clean.empty() || clean.size() > kMaxName) {
    return fail(ErrorCode::malformed,
                fmt::format("\"{}\" is no series of acts; write what stands around number and year, "
                            "as TT-BTC, NGM or 财会",
                            name.substr(0, kMaxName)));
  }
  return ActSeries{key.issuer(), key.year(), std::move(clean)};
}

}  // namespace kip
