#include <fmt/format.h>

#include <manifests/core/instant.hpp>
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
    line += fmt::format(" ({} {})", reason, text_of(row, "detail"));
  }
  const auto applicability = text_of(row, "applicability");
  if (applicability == "not_applicable" || applicability == "not_entitled") return {line};
  line += fmt::format(", installed {} of {}", number_of(row, "installed"), number_of(row, "seats"));
  std::vector<std::string> out = {line};
  for (const json::Value& label : list_of(row, "missing")) {
    if (label.as_text() != nullptr) out.push_back(fmt::format("        missing: {}", *label.as_text()));
  }
  if (const auto never = number_of(row, "never_enrolled"); never > 0) {
    out.push_back(fmt::format("        missing: {} seat(s) never enrolled", never));
  }
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
  const auto published = text_of(view, "published_at");
  out.push_back(fmt::format("    published {}", published.empty() ? std::string_view("not yet") : published));
  if (text_of(view, "milestone") != "installed") return out;
  out.push_back(fmt::format("    installed {} of {}", number_of(view, "installed"), number_of(view, "seats")));
  if (!with_customers) return out;
  for (const json::Value& row : list_of(view, "customers")) {
    const auto lines = render_customer(row);
    out.insert(out.end(), lines.begin(), lines.end());
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
