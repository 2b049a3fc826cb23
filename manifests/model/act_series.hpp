#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <manifests/model/act.hpp>

namespace kip {

/// The acts of one kind that an issuer numbers through in a year: "99/2025/TT-BTC" is number 99 of the series "TT-BTC",
/// "8/2025. (III. 31.) NGM" number 8 of "NGM", "财会〔2019〕6号" number 6 of "财会".
struct ActSeries {
  std::string issuer;  ///< normalised
  int year = 0;
  std::string name;

  std::string str() const;
  auto operator<=>(const ActSeries&) const = default;
};

struct PlaceInSeries {
  ActSeries series;
  int number = 0;
};

inline constexpr int kMaxSeriesNumber = 100'000;

/// 1 to kMaxSeriesNumber
bool is_series_number(int number);

/// Where an act stands by its number, in the ways that Viet Nam, Hungary and China write them: "99/2025/TT-BTC";
/// "1913/QĐ-BTC", of the act's year;
/// "8/2025. (III. 31.) NGM", with or without "rendelet" behind it; "2007. évi CXXVII. törvény"; "财会〔2019〕6号" with
/// any kind of bracket; "国家税务总局公告2025年第17号". None where it is written otherwise. The year
/// is that of the number, where it says one. Pure.
std::optional<PlaceInSeries> place_of(const ActKey& act);
/// Errors: malformed.
Result<ActSeries> make_series(std::string_view issuer, std::int64_t year, std::string_view name);

}  // namespace kip
