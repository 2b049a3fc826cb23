#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <manifests/codec/json.hpp>
#include <manifests/core/instant.hpp>
#include <manifests/model/act_series.hpp>

namespace kip {

/// Why there is no act of that number in the books.
enum class Disposition { not_relevant, not_obtained };

/// "not-relevant", "not-obtained"
std::string_view to_string(Disposition disposition);
Result<Disposition> parse_disposition(std::string_view text);

/// A person's word on the numbers from `from` up to `to`.
struct CoverageEntry {
  int from = 0;
  int to = 0;
  Disposition disposition = Disposition::not_relevant;
  std::string reason;
  std::string by = {};
  Instant at = {};

  bool operator==(const CoverageEntry&) const = default;
};

/// That a series has reached a number, and where that can be seen.
struct SeriesExtent {
  int up_to = 0;
  std::string source;
  std::string by = {};
  Instant at = {};

  bool operator==(const SeriesExtent&) const = default;
};

inline constexpr std::size_t kMaxCoverageEntries = 5'000;

/// What people have said about one series, in the order of events. Not thread-safe.
class Coverage {
 public:
  explicit Coverage(ActSeries series) : series_(std::move(series)) {}

  const ActSeries& series() const { return series_; }
  const std::vector<CoverageEntry>& entries() const { return entries_; }
  const std::vector<SeriesExtent>& extents() const { return extents_; }

  /// Errors: usage without reason or for numbers that are none; too_large.
  Result<void> dispose(CoverageEntry entry);
  /// Errors: usage without source or for a number that is none; too_large.
  Result<void> extend(SeriesExtent extent);

  bool operator==(const Coverage&) const = default;

 private:
  friend Result<Coverage> parse_coverage(BytesView text);

  ActSeries series_;
  std::vector<CoverageEntry> entries_;
  std::vector<SeriesExtent> extents_;
};

/// Errors: malformed.
Result<Coverage> parse_coverage(BytesView text);
json::Value to_json(const Coverage& coverage);

/// How a run of numbers is disposed of.
enum class NumberState {
  with_obligation,  ///< the act is registered, and something is owed under it
  registered,       ///< the act is registered, and no commitment covers it
  not_relevant,
  not_obtained,
  gap,  ///< nobody has said anything
};

/// "obligation", "registered", "not-relevant", "not-obtained", "gap"
std::string_view to_string(NumberState state);

struct CoverageRow {
  int from = 0;
  int to = 0;
  NumberState state = NumberState::gap;
  std::string act = {};     ///< of one number whose act is registered
  std::string reason = {};  ///< of what people have disposed of
  std::string by = {};

  bool operator==(const CoverageRow&) const = default;
};

/// A registered act, and whether anything is owed under it.
struct CoveredAct {
  ActKey act;
  bool has_obligation = false;
};

/// Every number of the series from 1 to the highest of which anyone knows, as runs that are disposed of alike. A
/// registered act comes before what people say about its number, and a later word before an earlier one. Pure.
std::vector<CoverageRow> register_of(const Coverage& coverage, const std::vector<CoveredAct>& acts);

}  // namespace kip
