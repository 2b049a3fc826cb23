#include <manifests/codec/choice.hpp>
#include <manifests/deadline/explain.hpp>
#include <manifests/model/obligation.hpp>

namespace kip {
namespace {

void put_instant(json::Object& out, const char* name, const std::optional<Instant>& instant) {
  if (instant) out.emplace(name, format_instant(*instant));
}

void put_date(json::Object& out, const char* name, const std::optional<LegalDate>& date) {
  if (date) out.emplace(name, format_date(*date));
}

void put_seconds(json::Object& out, const char* name, const std::optional<std::chrono::milliseconds>& length) {
  if (length) out.emplace(name, std::int64_t{std::chrono::duration_cast<std::chrono::seconds>(*length).count()});
}

void put_text(json::Object& out, const char* name, const std::string& text) {
  if (!text.empty()) out.emplace(name, text);
}

json::Array texts_json(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

json::Value row_json(const CustomerRow& row) {
  json::Object out{{"tax_code", row.tax_code.str()},
                   {"name", row.name},
                   {"applicability", to_string(row.applicability)},
                   {"state", to_string(row.state)},
                   {"installed", row.installed},
                   {"seats", row.seats},
                   {"never_enrolled", row.never_enrolled},
                   {"missing", texts_json(row.missing)}};
  if (!row.retired.empty()) out.emplace("retired", texts_json(row.retired));
  if (!row.retired_without.empty()) out.emplace("retired_without", texts_json(row.retired_without));
  put_text(out, "phone", row.phone);
  put_text(out, "reason", row.reason);
  put_text(out, "detail", row.detail);
  put_instant(out, "completed_at", row.completed_at);
  put_instant(out, "deferred_at", row.deferred_at);
  put_instant(out, "silent_since", row.silent_since);
  return out;
}

json::Value clock_json(const ObligationClock& clock, bool in_force) {
  json::Object out{{"cause", to_string(clock.cause)}, {"start", format_date(clock.start)}, {"in_force", in_force}};
  if (clock.due) {
    out.emplace("last_day", format_date(clock.due->last_day));
    out.emplace("due", format_instant(clock.due->due));
  }
  if (const auto& before = clock.due_before_amendments) {
    out.emplace("before_amendments", json::Object{{"last_day", format_date(before->last_day)},
                                                  {"due", format_instant(before->due)},
                                                  {"calendar", before->record.calendar_version}});
  }
  put_text(out, "reason", clock.reason);
  put_text(out, "by", clock.by);
  put_instant(out, "decided_at", clock.decided_at);
  put_date(out, "stopped_on", clock.stopped_on);
  if (clock.stopped_by) out.emplace("stopped_by", to_string(*clock.stopped_by));
  return out;
}

json::Value part_json(const PartView& part) {
  json::Object out{{"name", part.name}};
  put_instant(out, "published_at", part.published_at);
  if (part.blocked) {
    out.emplace("blocked_since", format_date(part.blocked->since));
    out.emplace("evidence", part.blocked->evidence);
  }
  return out;
}

/// Parts where the act has any, and what blocks it where it has none.
json::Array parts_json(const ObligationView& view) {
  json::Array out;
  for (const PartView& part : view.parts) {
    if (!part.name.empty() || part.blocked) out.push_back(part_json(part));
  }
  return out;
}

json::Value tally_json(const Tally& tally) {
  return json::Object{{"counted", tally.counted},
                      {"complete", tally.complete},
                      {"late", tally.late},
                      {"delayed", tally.delayed},
                      {"unknown_attribute", tally.unknown},
                      {"not_applicable", tally.not_applicable},
                      {"not_entitled", tally.not_entitled},
                      {"never_enrolled", tally.never_enrolled}};
}

json::Value forecast_json(const Forecast& forecast) {
  return json::Object{{"never_enrolled", forecast.never_enrolled},
                      {"silent", forecast.silent},
                      {"deferring", forecast.deferring},
                      {"on_the_way", forecast.on_the_way}};
}

void put_clocks(json::Object& out, const ObligationView& view) {
  json::Array clocks;
  for (std::size_t i = 0; i < view.clocks.size(); ++i)
    clocks.push_back(clock_json(view.clocks[i], i + 1 == view.clocks.size()));
  if (!clocks.empty()) out.emplace("clocks", std::move(clocks));
  json::Array days;
  for (const LegalDate day : view.disputed)
    days.push_back(format_date(day));
  if (!days.empty()) out.emplace("disputed", std::move(days));
}

}  // namespace

json::Value to_json(const ObligationView& view) {
  json::Object out{
      {"format", "kip.obligation/1.1"},      {"number", view.number},         {"act", view.act.str()},
      {"commitment", view.commitment.str()}, {"product", view.product.str()}, {"milestone", to_string(view.milestone)},
      {"state", to_string(view.state)},      {"confirmed", view.confirmed},   {"proven", view.proven}};
  put_text(out, "reason", view.reason);
  if (view.due) {
    out.emplace("due", format_instant(view.due->due));
    out.emplace("deadline", to_json(*view.due));
  }
  put_clocks(out, view);
  put_date(out, "target", view.target);
  if (json::Array parts = parts_json(view); !parts.empty()) out.emplace("parts", std::move(parts));
  put_instant(out, "published_at", view.published_at);
  put_instant(out, "completed_at", view.completed_at);
  put_seconds(out, "time_left_seconds", view.time_left);
  put_seconds(out, "late_by_seconds", view.late_by);
  if (view.waiver) {
    out.emplace("waiver", json::Object{{"reason", view.waiver->reason},
                                       {"approved_by", view.waiver->approved_by},
                                       {"expires", format_instant(view.waiver->expires)}});
  }
  if (view.milestone == Milestone::installed) {
    out.emplace("installed", view.tally.installed);
    out.emplace("seats", view.tally.seats);
    out.emplace("tally", tally_json(view.tally));
    json::Array rows;
    for (const CustomerRow& row : view.customers)
      rows.push_back(row_json(row));
    if (!rows.empty()) {
      out.emplace("customers", std::move(rows));
      out.emplace("forecast", forecast_json(view.forecast));
    }
  }
  return out;
}

}  // namespace kip
