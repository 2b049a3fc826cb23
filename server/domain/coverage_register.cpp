#include <map>
#include <set>

#include <fmt/format.h>

#include <manifests/codec/reading.hpp>
#include <server/domain/coverage_register.hpp>

namespace kip::server {
namespace {

json::Object series_body(const ActSeries& series) {
  return {{"issuer", series.issuer}, {"year", series.year}, {"series", series.name}};
}

/// The registered acts of the series, by number.
Result<std::map<int, ActKey>> acts_of(Projection& from, const ActSeries& series) {
  std::map<int, ActKey> out;
  KIP_TRY(const auto registered, from.acts.all());
  for (const Act& act : registered) {
    if (const auto place = place_of(act.key); place && place->series == series) out.emplace(place->number, act.key);
  }
  return out;
}

/// The three members that name a series; the caller finishes the reader.
struct SeriesNames {
  std::string issuer;
  std::int64_t year = 0;
  std::string series;

  explicit SeriesNames(json::ObjectReader& in)
      : issuer(in.text("issuer")), year(in.integer("year", 1900, 2999)), series(in.text("series")) {}
};

}  // namespace

json::Value coverage_disposed_body(const ActSeries& series, const CoverageEntry& entry) {
  json::Object out = series_body(series);
  out.emplace("from", entry.from);
  out.emplace("to", entry.to);
  out.emplace("disposition", to_string(entry.disposition));
  out.emplace("reason", entry.reason);
  return out;
}

json::Value coverage_extended_body(const ActSeries& series, const SeriesExtent& extent) {
  json::Object out = series_body(series);
  out.emplace("up_to", extent.up_to);
  out.emplace("source", extent.source);
  return out;
}

Result<CoverageDisposed> read_coverage_disposed(const json::Value& body, std::string_view actor, Instant at) {
  json::ObjectReader in(body, "coverage.disposed");
  const SeriesNames names(in);
  const auto from = in.integer("from", 1, kMaxSeriesNumber);
  const auto to = in.integer("to", 1, kMaxSeriesNumber);
  const auto disposition = in.parsed("disposition", parse_disposition);
  std::string reason = json::words(in, "reason");
  KIP_TRY_VOID(in.finish());
  KIP_TRY(ActSeries series, make_series(names.issuer, names.year, names.series));
  return CoverageDisposed{
      std::move(series),
      {static_cast<int>(from), static_cast<int>(to), *disposition, std::move(reason), std::string(actor), at}};
}

Result<CoverageExtended> read_coverage_extended(const json::Value& body, std::string_view actor, Instant at) {
  json::ObjectReader in(body, "coverage.extended");
  const SeriesNames names(in);
  const auto up_to = in.integer("up_to", 1, kMaxSeriesNumber);
  std::string source = json::words(in, "source");
  KIP_TRY_VOID(in.finish());
  KIP_TRY(ActSeries series, make_series(names.issuer, names.year, names.series));
  return CoverageExtended{std::move(series), {static_cast<int>(up_to), std::move(source), std::string(actor), at}};
}

Result<void> CoverageRegister::dispose(const Actor& actor, const CoverageDisposed& disposed) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY(const auto acts, acts_of(unit->projection(), disposed.series));
  const auto [first, last] = std::pair(acts.lower_bound(disposed.entry.from), acts.upper_bound(disposed.entry.to));
  if (std::distance(first, last) == disposed.entry.to - disposed.entry.from + 1) {
    return fail(ErrorCode::conflict,
                fmt::format("{} is registered, and what is registered counts before any other word; where it does not "
                            "concern your customers, say in the act to whom it applies",
                            first->second.str()));
  }
  KIP_TRY_VOID(recorder_.record(*unit, event_type::kCoverageDisposed, actor,
                                coverage_disposed_body(disposed.series, disposed.entry)));
  return unit->commit();
}

Result<void> CoverageRegister::extend(const Actor& actor, const CoverageExtended& extended) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY_VOID(recorder_.record(*unit, event_type::kCoverageExtended, actor,
                                coverage_extended_body(extended.series, extended.extent)));
  return unit->commit();
}

Result<std::vector<SeriesRegister>> CoverageRegister::list(const std::optional<std::string>& issuer,
                                                           std::optional<int> year) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::read));
  Projection& from = unit->projection();
  std::map<ActSeries, Coverage> all;
  KIP_TRY(const auto kept, from.coverages.all());
  for (const Coverage& coverage : kept)
    all.emplace(coverage.series(), coverage);
  std::set<ActKey> owed;
  KIP_TRY(const auto obligations, from.obligations.all());
  for (const ObligationRecord& obligation : obligations)
    owed.insert(obligation.act);
  std::map<ActSeries, std::vector<CoveredAct>> acts;
  KIP_TRY(const auto registered, from.acts.all());
  for (const Act& act : registered) {
    const auto place = place_of(act.key);
    if (!place) continue;
    acts[place->series].push_back({act.key, owed.contains(act.key)});
    all.emplace(place->series, Coverage(place->series));
  }
  std::vector<SeriesRegister> out;
  for (const auto& [series, coverage] : all) {
    if ((issuer && series.issuer != *issuer) || (year && series.year != *year)) continue;
    out.push_back({series, register_of(coverage, acts[series])});
  }
  return out;
}

}  // namespace kip::server
