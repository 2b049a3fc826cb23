#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include <manifests/codec/reading.hpp>
#include <manifests/core/unicode.hpp>
#include <server/domain/coverage_register.hpp>

namespace kip::server {
namespace {

json::Object series_body(const ActSeries& series) {
  return {{"issuer", series.issuer}, {"year", series.year}, {"series", series.name}};
}

/// What is known of every series.
struct Books {
  std::map<ActSeries, Coverage> series;
  std::map<ActSeries, std::vector<CoveredAct>> acts;
};

Result<Books> read_books(Projection& from) {
  Books out;
  KIP_TRY(const auto kept, from.coverages.all());
  for (const Coverage& coverage : kept)
    out.series.emplace(coverage.series(), coverage);
  std::set<ActKey> owed;
  KIP_TRY(const auto obligations, from.obligations.all());
  for (const ObligationRecord& obligation : obligations)
    owed.insert(obligation.act);
  KIP_TRY(const auto registered, from.acts.all());
  for (const Act& act : registered) {
    const auto place = place_of(act.key);
    if (!place) continue;
    out.acts[place->series].push_back({act.key, owed.contains(act.key)});
    out.series.emplace(place->series, Coverage(place->series));
  }
  return out;
}

/// Of whose numbers not all are those of registered acts: about those there is nothing left to say.
Result<void> check_numbers(const Books& books, const CoverageDisposed& disposed) {
  std::map<int, ActKey> within;
  if (const auto acts = books.acts.find(disposed.series); acts != books.acts.end()) {
    for (const CoveredAct& one : acts->second) {
      const int number = place_of(one.act)->number;
      if (disposed.entry.from <= number && number <= disposed.entry.to) within.emplace(number, one.act);
    }
  }
  const auto count = static_cast<std::size_t>(std::max(disposed.entry.to - disposed.entry.from + 1, 1));
  if (within.size() < count) return {};
  return fail(ErrorCode::conflict,
              fmt::format("{} is registered, and what is registered counts before any other word; where it does not "
                          "concern your customers, say in the act to whom it applies",
                          within.begin()->second.str()));
}

/// A series whose name differs by capitals alone would be another one.
Result<void> check_name(const Books& books, const ActSeries& series) {
  KIP_TRY(const std::string key, collision_key(series.name));
  for (const auto& [other, coverage] : books.series) {
    const bool alike = other.issuer == series.issuer && other.year == series.year && other.name != series.name;
    if (!alike) continue;
    KIP_TRY(const std::string other_key, collision_key(other.name));
    if (other_key != key) continue;
    return fail(ErrorCode::usage, fmt::format("there is a series \"{}\" of {} in {}: write it like that", other.name,
                                              other.issuer, other.year));
  }
  return {};
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
  KIP_TRY(const Books books, read_books(unit->projection()));
  KIP_TRY_VOID(check_name(books, disposed.series));
  KIP_TRY_VOID(check_numbers(books, disposed));
  KIP_TRY_VOID(recorder_.record(*unit, event_type::kCoverageDisposed, actor,
                                coverage_disposed_body(disposed.series, disposed.entry)));
  return unit->commit();
}

Result<void> CoverageRegister::extend(const Actor& actor, const CoverageExtended& extended) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY(const Books books, read_books(unit->projection()));
  KIP_TRY_VOID(check_name(books, extended.series));
  KIP_TRY_VOID(recorder_.record(*unit, event_type::kCoverageExtended, actor,
                                coverage_extended_body(extended.series, extended.extent)));
  return unit->commit();
}

Result<std::vector<SeriesRegister>> CoverageRegister::list(const std::optional<std::string>& issuer,
                                                           std::optional<int> year) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::read));
  KIP_TRY(Books books, read_books(unit->projection()));
  std::vector<SeriesRegister> out;
  for (const auto& [series, coverage] : books.series) {
    if ((issuer && series.issuer != *issuer) || (year && series.year != *year)) continue;
    out.push_back({series, register_of(coverage, books.acts[series])});
  }
  return out;
}

}  // namespace kip::server
