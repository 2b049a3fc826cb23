#include <algorithm>

#include <fmt/format.h>

#include <manifests/codec/choice.hpp>
#include <manifests/codec/reader.hpp>
#include <manifests/model/coverage.hpp>

namespace kip {
namespace {

constexpr std::size_t kMaxBytes = 8U << 20U;
constexpr std::size_t kMaxText = 4096;
constexpr json::ObjectReader::Unknown kStrict = json::ObjectReader::Unknown::refuse;

constexpr Choices<Disposition, 2> kDispositions = {
    {{Disposition::not_relevant, "not-relevant"}, {Disposition::not_obtained, "not-obtained"}}};
constexpr Choices<NumberState, 5> kStates = {{{NumberState::with_obligation, "obligation"},
                                              {NumberState::registered, "registered"},
                                              {NumberState::not_relevant, "not-relevant"},
                                              {NumberState::not_obtained, "not-obtained"},
                                              {NumberState::gap, "gap"}}};

Result<void> check_room(std::size_t present) {
  if (present < kMaxCoverageEntries) return {};
  return fail(ErrorCode::too_large, fmt::format("more than {} entries about one series", kMaxCoverageEntries));
}

Result<CoverageEntry> read_entry(const json::Value& value) {
  json::ObjectReader in(value, "entry");
  const auto from = in.integer("from", 1, kMaxSeriesNumber);
  const auto to = in.integer("to", 1, kMaxSeriesNumber);
  const auto disposition = in.parsed("disposition", parse_disposition);
  std::string reason = in.text("reason", kMaxText);
  std::string by = in.text("by");
  const auto at = in.parsed("at", parse_instant);
  KIP_TRY_VOID(in.finish(kStrict));
  return CoverageEntry{static_cast<int>(from), static_cast<int>(to), *disposition,
                       std::move(reason),      std::move(by),        *at};
}

Result<SeriesExtent> read_extent(const json::Value& value) {
  json::ObjectReader in(value, "extent");
  const auto up_to = in.integer("up_to", 1, kMaxSeriesNumber);
  std::string source = in.text("source", kMaxText);
  std::string by = in.text("by");
  const auto at = in.parsed("at", parse_instant);
  KIP_TRY_VOID(in.finish(kStrict));
  return SeriesExtent{static_cast<int>(up_to), std::move(source), std::move(by), *at};
}

/// One row per number, before runs are put together.
std::vector<CoverageRow> single_rows(const Coverage& coverage, const std::vector<CoveredAct>& acts) {
  int last = 0;
  for (const SeriesExtent& extent : coverage.extents())
    last = std::max(last, extent.up_to);
  for (const CoverageEntry& entry : coverage.entries())
    last = std::max(last, entry.to);
  for (const CoveredAct& act : acts) {
    if (const auto place = place_of(act.act); place && place->series == coverage.series())
      last = std::max(last, place->number);
  }
  std::vector<const CoverageEntry*> said(static_cast<std::size_t>(last), nullptr);
  for (const CoverageEntry& entry : coverage.entries())
    std::fill(said.begin() + entry.from - 1, said.begin() + entry.to, &entry);
  std::vector<CoverageRow> rows;
  for (int number = 1; number <= last; ++number) {
    rows.push_back({number, number});
    const CoverageEntry* entry = said[static_cast<std::size_t>(number - 1)];
    if (entry == nullptr) continue;
    rows.back().state =
        entry->disposition == Disposition::not_relevant ? NumberState::not_relevant : NumberState::not_obtained;
    rows.back().reason = entry->reason;
    rows.back().by = entry->by;
  }
  for (const CoveredAct& act : acts) {
    const auto place = place_of(act.act);
    if (!place || place->series != coverage.series()) continue;
    const NumberState state = act.has_obligation ? NumberState::with_obligation : NumberState::registered;
    rows.at(static_cast<std::size_t>(place->number - 1)) = {place->number, place->number, state, act.act.str(), {}, {}};
  }
  return rows;
}

}  // namespace

std::string_view to_string(Disposition disposition) {
  return choice_text(kDispositions, disposition);
}
Result<Disposition> parse_disposition(std::string_view text) {
  return parse_choice(kDispositions, "a disposition", text);
}
std::string_view to_string(NumberState state) {
  return choice_text(kStates, state);
}

Result<void> Coverage::dispose(CoverageEntry entry) {
  KIP_TRY_VOID(check_room(entries_.size()));
  if (!is_series_number(entry.from) || !is_series_number(entry.to) || entry.to < entry.from) {
    return fail(ErrorCode::usage, fmt::format("{} to {} are no numbers of acts; write them ascending, from 1 to {}",
                                              entry.from, entry.to, kMaxSeriesNumber));
  }
  if (entry.reason.empty()) return fail(ErrorCode::usage, "say why there is no act of these numbers in the books");
  entries_.push_back(std::move(entry));
  return {};
}

Result<void> Coverage::extend(SeriesExtent extent) {
  KIP_TRY_VOID(check_room(extents_.size()));
  if (!is_series_number(extent.up_to)) {
    return fail(ErrorCode::usage, fmt::format("{} is no number of an act, 1 to {}", extent.up_to, kMaxSeriesNumber));
  }
  if (extent.source.empty()) return fail(ErrorCode::usage, "say where it can be seen that the series has got so far");
  extents_.push_back(std::move(extent));
  return {};
}

Result<Coverage> parse_coverage(BytesView text) {
  KIP_TRY(const json::Value value, json::parse(text, {.bytes = kMaxBytes}));
  json::ObjectReader in(value, "coverage");
  const std::string issuer = in.text("issuer");
  const std::int64_t year = in.integer("year", 1900, 2999);
  const std::string series = in.text("series");
  auto entries = in.each("entries", read_entry, kMaxCoverageEntries);
  auto extents = in.each("extents", read_extent, kMaxCoverageEntries);
  KIP_TRY_VOID(in.finish(kStrict));
  KIP_TRY(ActSeries of, make_series(issuer, year, series));
  Coverage out(std::move(of));
  out.entries_ = std::move(entries);
  out.extents_ = std::move(extents);
  return out;
}

json::Value to_json(const Coverage& coverage) {
  json::Array entries;
  for (const CoverageEntry& entry : coverage.entries()) {
    entries.push_back(json::Object{{"from", entry.from},
                                   {"to", entry.to},
                                   {"disposition", to_string(entry.disposition)},
                                   {"reason", entry.reason},
                                   {"by", entry.by},
                                   {"at", format_instant(entry.at)}});
  }
  json::Array extents;
  for (const SeriesExtent& extent : coverage.extents()) {
    extents.push_back(json::Object{
        {"up_to", extent.up_to}, {"source", extent.source}, {"by", extent.by}, {"at", format_instant(extent.at)}});
  }
  return json::Object{{"issuer", coverage.series().issuer},
                      {"year", coverage.series().year},
                      {"series", coverage.series().name},
                      {"entries", std::move(entries)},
                      {"extents", std::move(extents)}};
}

std::vector<CoverageRow> register_of(const Coverage& coverage, const std::vector<CoveredAct>& acts) {
  std::vector<CoverageRow> out;
  for (CoverageRow& row : single_rows(coverage, acts)) {
    const bool goes_on = !out.empty() && row.act.empty() && out.back().act.empty() && out.back().state == row.state &&
                         out.back().reason == row.reason && out.back().by == row.by;
    if (goes_on) {
      out.back().to = row.to;
    } else {
      out.push_back(std::move(row));
    }
  }
  return out;
}

}  // namespace kip
