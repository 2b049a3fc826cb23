#include <fmt/format.h>

#include <manifests/core/instant.hpp>
#include <manifests/core/printable.hpp>
#include <signing/cli/render.hpp>

namespace kip::cli {
namespace {

std::string remaining(const json::Value& view) {
  if (view.find("time_left_seconds") != nullptr) return format_span(number_of(view, "time_left_seconds")) + " left";
  if (view.find("late_by_seconds") != nullptr) return "late by " + format_span(number_of(view, "late_by_seconds"));
  return {};
}

/// " (2025-11-04T00:00:00+07:00)", by the offset that the deadline's record has.
std::string local_time(const json::Value& view, std::string_view due) {
  const json::Value* deadline = view.find("deadline");
  const json::Value* record = deadline != nullptr ? deadline->find("record") : nullptr;
  const auto instant = parse_instant(due);
  if (record == nullptr || !instant) return {};
  const std::chrono::minutes offset(number_of(*record, "utc_offset_seconds") / 60);
  std::string local = format_instant(*instant + offset);
  local.pop_back();
  const auto minutes = offset < offset.zero() ? -offset : offset;
  return fmt::format(" ({}{}{:02}:{:02})", local, offset < offset.zero() ? '-' : '+', minutes.count() / 60,
                     minutes.count() % 60);
}

std::vector<std::string> render_customer(const json::Value& row) {
  std::string line =
      fmt::format("      {:<14} {}: {}", text_of(row, "tax_code"), text_of(row, "name"), text_of(row, "state"));
  if (const auto reason = text_of(row, "reason"); !reason.empty()) {
    const auto detail = text_of(row, "detail");
    line += fmt::format(" ({}{}{})", reason, detail.empty() ? "" : " ", detail);
  }
  if (const auto phone = text_of(row, "phone"); !phone.empty()) line += fmt::format(", phone {}", phone);
  const auto applicability = text_of(row, "applicability");
  if (applicability == "not_applicable" || applicability == "not_entitled") return {line};
  line += fmt::format(", installed {} of {}", number_of(row, "installed"), number_of(row, "seats"));
  std::vector<std::string> out = {line};
  for (const json::Value& label : list_of(row, "missing")) {
    if (label.as_text() != nullptr) out.push_back(fmt::format("        missing: {}", *label.as_text()));
  }
  const auto& gone = list_of(row, "retired_without");
  for (const json::Value& label : gone) {
    if (label.as_text() != nullptr)
      out.push_back(fmt::format("        missing: {}, retired without it, no computer in its place", *label.as_text()));
  }
  if (const auto never = number_of(row, "never_enrolled") - static_cast<std::int64_t>(gone.size()); never > 0) {
    out.push_back(fmt::format("        missing: {} seat(s) never enrolled", never));
  }
  if (const auto since = text_of(row, "deferred_at"); !since.empty()) {
    out.push_back(fmt::format("        put off by the customer, first at {}", since));
  }
  if (const auto since = text_of(row, "silent_since"); !since.empty()) {
    out.push_back(fmt::format("        last heard of at {}", since));
  }
  return out;
}

std::string clock_line(const json::Value& clock) {
  const json::Value* in_force = clock.find("in_force");
  std::string out = fmt::format("    {} clock: from {} ({})",
                                in_force != nullptr && *in_force == json::Value(true) ? "this" : "earlier",
                                text_of(clock, "start"), text_of(clock, "cause"));
  if (const auto due = text_of(clock, "due"); !due.empty()) out += fmt::format(", due before {}", due);
  if (const json::Value* before = clock.find("before_amendments")) {
    out += fmt::format(" (by the calendar {}, before it was amended: {})", text_of(*before, "calendar"),
                       text_of(*before, "due"));
  }
  if (const auto reason = text_of(clock, "reason"); !reason.empty()) out += fmt::format(", because {}", reason);
  if (const auto stopped = text_of(clock, "stopped_on"); !stopped.empty()) {
    out += fmt::format("; stopped on {}, {}", stopped, text_of(clock, "stopped_by"));
  }
  return out;
}

std::string part_line(const json::Value& part) {
  const auto published = text_of(part, "published_at");
  const auto name = text_of(part, "name");
  std::string out = fmt::format("    {}: {}", name.empty() ? std::string_view("all of it") : name,
                                published.empty() ? std::string_view("not published") : published);
  if (const auto since = text_of(part, "blocked_since"); !since.empty()) {
    out += fmt::format("; an authority has not delivered since {} ({})", since, text_of(part, "evidence"));
  }
  return out;
}

/// Other clocks, disagreements, parts and a waiver, where there are any.
std::vector<std::string> render_circumstances(const json::Value& view) {
  std::vector<std::string> out;
  const json::Array& clocks = list_of(view, "clocks");
  const bool plain = clocks.size() == 1 && text_of(clocks.front(), "stopped_on").empty() &&
                     clocks.front().find("before_amendments") == nullptr;
  for (const json::Value& clock : clocks) {
    if (!plain) out.push_back(clock_line(clock));
  }
  for (const json::Value& day : list_of(view, "disputed")) {
    if (day.as_text() != nullptr) out.push_back(fmt::format("    disputed: {} is stated as well", *day.as_text()));
  }
  for (const json::Value& part : list_of(view, "parts"))
    out.push_back(part_line(part));
  if (const json::Value* waiver = view.find("waiver")) {
    out.push_back(fmt::format("    waived until {}, approved by {}: {}", text_of(*waiver, "expires"),
                              text_of(*waiver, "approved_by"), text_of(*waiver, "reason")));
  }
  return out;
}

/// What stands in the way of those that are not complete.
std::string forecast_line(const json::Value& view) {
  const json::Value* forecast = view.find("forecast");
  if (forecast == nullptr) return {};
  std::string out;
  for (const char* const name : {"never_enrolled", "silent", "deferring", "on_the_way"}) {
    if (const auto count = number_of(*forecast, name); count > 0)
      out += fmt::format("{}{} {}", out.empty() ? "    forecast: customers " : ", ", count, name);
  }
  return out;
}

/// "; customers: 3 of 4 complete, 1 late" and what else there is.
std::string tally_words(const json::Value& view) {
  const json::Value* tally = view.find("tally");
  if (tally == nullptr) return {};
  std::string out =
      fmt::format("; customers: {} of {} complete", number_of(*tally, "complete"), number_of(*tally, "counted"));
  for (const char* const name : {"late", "delayed", "unknown_attribute", "not_applicable", "not_entitled"}) {
    if (const auto count = number_of(*tally, name); count > 0) out += fmt::format(", {} {}", count, name);
  }
  if (const auto never = number_of(*tally, "never_enrolled"); never > 0)
    out += fmt::format(", {} seat(s) never enrolled", never);
  return out;
}

}  // namespace

std::string_view text_of(const json::Value& value, std::string_view name) {
  const json::Value* member = value.find(name);
  return member != nullptr && member->as_text() != nullptr ? std::string_view(*member->as_text()) : std::string_view();
}

std::int64_t number_of(const json::Value& value, std::string_view name) {
  const json::Value* member = value.find(name);
  return member != nullptr && member->as_integer() != nullptr ? *member->as_integer() : 0;
}

const json::Array& list_of(const json::Value& value, std::string_view name) {
  static const json::Array kNone;
  const json::Value* member = value.find(name);
  return member != nullptr && member->as_array() != nullptr ? *member->as_array() : kNone;
}

std::string format_span(std::int64_t seconds) {
  const std::int64_t minutes = seconds / 60;
  const std::int64_t hours = minutes / 60;
  if (hours >= 48) return fmt::format("{} days {} h", hours / 24, hours % 24);
  if (hours > 0) return fmt::format("{} h {} min", hours, minutes % 60);
  return minutes > 0 ? fmt::format("{} min", minutes) : fmt::format("{} s", seconds);
}

std::vector<std::string> render_obligation(const json::Value& view, bool with_customers) {
  std::string head = fmt::format("#{} {} {} ({}): {}", number_of(view, "number"), text_of(view, "act"),
                                 text_of(view, "milestone"), text_of(view, "commitment"), text_of(view, "state"));
  if (const auto left = remaining(view); !left.empty()) head += ", " + left;
  if (const auto reason = text_of(view, "reason"); !reason.empty()) head += fmt::format(" ({})", reason);
  std::vector<std::string> out = {head};
  if (const auto due = text_of(view, "due"); !due.empty()) {
    out.push_back(fmt::format("    due before {}{}", due, local_time(view, due)));
  }
  if (const auto target = text_of(view, "target"); !target.empty())
    out.push_back(fmt::format("    effective {}", target));
  const auto circumstances = render_circumstances(view);
  out.insert(out.end(), circumstances.begin(), circumstances.end());
  const auto published = text_of(view, "published_at");
  out.push_back(fmt::format("    published {}", published.empty() ? std::string_view("not yet") : published));
  if (text_of(view, "milestone") != "installed") return out;
  out.push_back(fmt::format("    installed {} of {}{}", number_of(view, "installed"), number_of(view, "seats"),
                            tally_words(view)));
  if (!with_customers) return out;
  if (const std::string line = forecast_line(view); !line.empty()) out.push_back(line);
  for (const json::Value& row : list_of(view, "customers")) {
    const auto lines = render_customer(row);
    out.insert(out.end(), lines.begin(), lines.end());
  }
  return out;
}

std::vector<std::string> warning_lines(const json::Value& value) {
  std::vector<std::string> out;
  for (const json::Value& warning : list_of(value, "warnings")) {
    if (warning.as_text() != nullptr) out.push_back("  WARNING: " + printable_line(*warning.as_text()));
  }
  return out;
}

std::vector<std::string> render_warnings(const json::Value& view, Language language) {
  std::vector<std::string> out;
  const json::Value* warnings = view.find("warnings");
  if (warnings == nullptr) return out;
  for (const json::Value& warning : list_of(*warnings, to_string(language))) {
    if (warning.as_text() != nullptr) out.push_back("      warning: " + *warning.as_text());
  }
  return out;
}

std::vector<std::string> render_deadlines(const json::Value& obligations, Language language) {
  std::vector<std::string> out;
  for (const json::Value& item : *obligations.as_array()) {
    const auto due = text_of(item, "due");
    out.push_back(fmt::format("  obligation #{} {} ({}): {}", number_of(item, "number"), text_of(item, "milestone"),
                              text_of(item, "commitment"),
                              due.empty() ? std::string("no time limit") : fmt::format("due before {}", due)));
    const json::Value* explanation = item.find("explanation");
    if (explanation == nullptr) continue;
    for (const json::Value& step : list_of(*explanation, to_string(language))) {
      if (step.as_text() != nullptr) out.push_back("      " + *step.as_text());
    }
    const auto warnings = render_warnings(item, language);
    out.insert(out.end(), warnings.begin(), warnings.end());
  }
  return out;
}

}  // namespace kip::cli
