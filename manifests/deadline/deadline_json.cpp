#include <manifests/deadline/explain.hpp>

namespace kip {
namespace {

json::Object args_json(const ExplanationArgs& args) {
  json::Object out;
  for (const auto& [name, value] : args)
    out.emplace(name, value);
  return out;
}

json::Value step_json(const ExplanationStep& step) {
  json::Object out{{"code", step.code}, {"args", args_json(step.args)}};
  if (step.source) {
    out.emplace("source", json::Object{{"law", step.source->law}, {"articles", step.source->articles}});
  }
  return out;
}

json::Value record_json(const DeadlineRecord& record) {
  json::Object out{{"rule", record.rule},
                   {"calendar_country", record.calendar_country},
                   {"calendar_version", record.calendar_version},
                   {"profile", to_string(record.profile)},
                   {"timezone", record.timezone},
                   {"utc_offset_seconds", std::int64_t{record.utc_offset.count()}},
                   {"tzdb_version", record.tzdb_version}};
  if (!record.clock.empty()) out.emplace("clock", record.clock);
  return out;
}

}  // namespace

json::Array to_json(const std::vector<DeadlineWarning>& warnings) {
  json::Array out;
  for (const DeadlineWarning& warning : warnings)
    out.push_back(json::Object{{"code", warning.code}, {"args", args_json(warning.args)}});
  return out;
}

json::Value to_json(const Deadline& deadline) {
  json::Array steps;
  for (const ExplanationStep& step : deadline.steps)
    steps.push_back(step_json(step));
  json::Object out{{"format", "kip.deadline/1"},
                   {"due", format_instant(deadline.due)},
                   {"explanation", std::move(steps)},
                   {"warnings", to_json(deadline.warnings)},
                   {"record", record_json(deadline.record)}};
  if (!deadline.by_clock) {
    out.emplace("raw_last_day", format_date(deadline.raw_last_day));
    out.emplace("last_day", format_date(deadline.last_day));
  }
  return out;
}

}  // namespace kip
