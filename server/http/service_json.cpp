#include <fmt/format.h>

#include <manifests/deadline/explain.hpp>
#include <server/http/service_json.hpp>

namespace kip::server {
namespace {

std::int64_t whole_seconds(std::chrono::milliseconds length) {
  return std::chrono::floor<std::chrono::seconds>(length).count();
}

json::Value explanation_json(const Deadline& due) {
  json::Object out;
  for (const Language language : kLanguages) {
    json::Array lines;
    for (std::string& line : explain(due, language))
      lines.emplace_back(std::move(line));
    out.emplace(to_string(language), std::move(lines));
  }
  return out;
}

json::Object brief_promise_json(const PromiseView& view) {
  json::Object out{
      {"promise", view.promise.str()}, {"milestone", to_string(view.milestone)}, {"state", to_string(view.state)}};
  if (!view.reason.empty()) out.emplace("reason", view.reason);
  if (view.due) out.emplace("due", format_instant(view.due->due));
  return out;
}

json::Value promise_json(const PromiseView& view) {
  json::Object out = brief_promise_json(view);
  const auto put = [&out](const char* name, const std::optional<Instant>& at) {
    if (at) out.emplace(name, format_instant(*at));
  };
  put("started_at", view.started_at);
  put("taken_in_at", view.taken_in_at);
  put("target", view.target);
  put("reached_at", view.reached_at);
  if (view.due) out.emplace("explanation", explanation_json(*view.due));
  if (view.time_left) out.emplace("seconds_left", whole_seconds(*view.time_left));
  if (view.late_by) out.emplace("seconds_late", whole_seconds(*view.late_by));
  if (view.price) {
    out.emplace(
        "price",
        json::Object{{"amount", view.price->amount}, {"currency", view.price->currency}, {"per", view.price->per}});
  }
  return out;
}

json::Value interval_json(const InspectionView& view) {
  json::Object out{{"from", format_date(view.from)}, {"state", to_string(view.state)}};
  if (view.due) {
    out.emplace("due", format_instant(view.due->due));
    out.emplace("last_day", format_date(view.due->last_day));
  }
  if (view.done) {
    json::Object done{{"on", format_date(view.done->on)}, {"by", view.done->by}};
    if (!view.done->note.empty()) done.emplace("note", view.done->note);
    if (view.done->record) done.emplace("record", view.done->record->hex());
    out.emplace("done", std::move(done));
  }
  return out;
}

}  // namespace

json::Array brief_promises_json(const ServiceView& view) {
  json::Array out;
  for (const PromiseView& one : view.promises)
    out.emplace_back(brief_promise_json(one));
  return out;
}

json::Value service_entry_json(const ServiceEntry& entry) {
  json::Value out = to_json(entry.request);
  json::Object& members = *out.as_object();
  members.emplace("customer", entry.customer_name);
  members.emplace("phone", entry.phone);
  members.emplace("open", entry.request.is_open());
  members.emplace("entitled", entry.view.entitled);
  members.emplace("by_the_hour", entry.view.by_the_hour);
  members.emplace("first", entry.view.first);
  if (const auto due = entry.next_due()) members.emplace("due", format_instant(*due));
  json::Array promises;
  for (const PromiseView& view : entry.view.promises)
    promises.push_back(promise_json(view));
  members.emplace("promises", std::move(promises));
  return out;
}

json::Value promise_month_json(const PromiseMonth& month) {
  return json::Object{{"promise", month.promise.str()},
                      {"share", month.share},
                      {"month", fmt::format("{:04}-{:02}", static_cast<int>(month.month.year()),
                                            static_cast<unsigned>(month.month.month()))},
                      {"requests", month.sums.requests},
                      {"in_time", month.sums.in_time},
                      {"late", month.sums.late},
                      {"open", month.sums.open},
                      {"state", to_string(month.sums.state)}};
}

json::Value inspections_json(const CustomerInspections& inspections) {
  json::Array intervals;
  for (const InspectionView& view : inspections.intervals)
    intervals.push_back(interval_json(view));
  return json::Object{{"tax_code", inspections.customer.tax_code.str()},
                      {"customer", inspections.customer.name},
                      {"product", inspections.customer.product.str()},
                      {"promise", inspections.promise.str()},
                      {"intervals", std::move(intervals)}};
}

}  // namespace kip::server
