#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <manifests/model/coverage.hpp>
#include <server/domain/recorder.hpp>

namespace kip::server {

/// The bodies of coverage events. Format: docs/formats/event.md. The readers' error is malformed.
json::Value coverage_disposed_body(const ActSeries& series, const CoverageEntry& entry);
json::Value coverage_extended_body(const ActSeries& series, const SeriesExtent& extent);

struct CoverageDisposed {
  ActSeries series;
  CoverageEntry entry;
};
struct CoverageExtended {
  ActSeries series;
  SeriesExtent extent;
};
Result<CoverageDisposed> read_coverage_disposed(const json::Value& body, std::string_view actor, Instant at);
Result<CoverageExtended> read_coverage_extended(const json::Value& body, std::string_view actor, Instant at);

/// One series with all of its numbers.
struct SeriesRegister {
  ActSeries series;
  std::vector<CoverageRow> rows;
};

/// Which of an issuer's numbers are in the books, and what has become of the others. Thread-safe.
class CoverageRegister {
 public:
  /// Both must outlive it.
  CoverageRegister(Store& store, const Recorder& recorder) : store_(store), recorder_(recorder) {}

  /// Errors: conflict where every one of the numbers is that of a registered act; usage for a series whose name differs
  /// from a known one by capitals alone; those of Coverage and of the store.
  Result<void> dispose(const Actor& actor, const CoverageDisposed& disposed);
  Result<void> extend(const Actor& actor, const CoverageExtended& extended);

  /// Every series of which an act is registered or anything was said, ascending. Errors: those of the store.
  Result<std::vector<SeriesRegister>> list(const std::optional<std::string>& issuer, std::optional<int> year);

 private:
  Store& store_;
  const Recorder& recorder_;
};

}  // namespace kip::server
