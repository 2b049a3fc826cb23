#include <algorithm>

#include <fmt/format.h>

#include <manifests/codec/choice.hpp>
#include <manifests/codec/reading.hpp>
#include <manifests/deadline/calendar.hpp>
#include <manifests/deadline/rule.hpp>

namespace kip {
namespace {

using Unknown = json::ObjectReader::Unknown;

constexpr std::size_t kMaxBytes = 1U << 16U;
constexpr std::size_t kMaxId = 40;

constexpr Choices<LastDayMove, 2> kMoves = {
    {{LastDayMove::none, "none"}, {LastDayMove::next_working_day, "next-working-day"}}};
constexpr Choices<WorkingDayKind, 2> kWorkingDays = {
    {{WorkingDayKind::of_calendar, "of-calendar"}, {WorkingDayKind::never_on_weekend, "never-on-weekend"}}};
constexpr Choices<HourStart, 2> kHourStarts = {
    {{HourStart::moment, "moment"}, {HourStart::next_full_hour, "next-full-hour"}}};
constexpr Choices<LawDivision, 2> kDivisions = {{{LawDivision::article, "article"}, {LawDivision::section, "section"}}};

template <class E, std::size_t N>
auto choice(const Choices<E, N>& table) {
  return [&table](std::string_view text) { return parse_choice(table, "possible here", text); };
}

Result<std::string> parse_id(std::string_view text) {
  const auto allowed = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'; };
  if (!text.empty() && text.size() <= kMaxId && std::all_of(text.begin(), text.end(), allowed)) {
    return std::string(text);
  }
  return fail(ErrorCode::malformed, "is not a rule's id: A-Z, 0-9 and hyphens, at most 40");
}

/// Articles under a name; without law there are none.
std::string articles(json::ObjectReader& in, std::string_view name = "articles") {
  return in.optional_text(name, 200).value_or(std::string());
}

Result<Law> read_law(const json::Value& value) {
  json::ObjectReader in(value, "law");
  Law law;
  law.key = in.text("key", 64);
  const auto divided_in = in.parsed("divided_in", choice(kDivisions));
  const json::Value& names = in.object("names");
  KIP_TRY_VOID(in.finish(Unknown::refuse));
  law.divided_in = *divided_in;
  json::ObjectReader each(names, "names");
  for (const Language language : kLanguages)
    law.names[language] = each.text(to_string(language), 200);
  KIP_TRY_VOID(each.finish(Unknown::refuse));
  return law;
}

Result<std::map<PeriodUnit, std::string>> read_ends(const json::Value& value) {
  std::map<PeriodUnit, std::string> out;
  for (const auto& [name, text] : *value.as_object()) {
    KIP_TRY(const PeriodUnit unit, parse_period_unit(name));
    if (is_clock_unit(unit) || text.as_text() == nullptr) {
      return fail(ErrorCode::malformed, fmt::format("ends: {} is not articles of a unit in days", name));
    }
    out.emplace(unit, *text.as_text());
  }
  return out;
}

Result<LeastWorkingDays> read_least(const json::Value& value) {
  json::ObjectReader in(value, "least_working_days");
  LeastWorkingDays out;
  out.from_days = static_cast<int>(in.integer("from_days", 1, 366));
  out.least = static_cast<int>(in.integer("least", 1, 366));
  out.articles = articles(in);
  KIP_TRY_VOID(in.finish(Unknown::refuse));
  return out;
}

Result<void> read_policies(const json::Value& value, Rule& rule) {
  json::ObjectReader last(*value.find("last_day"), "last_day");
  const auto move = last.parsed("move", choice(kMoves));
  rule.move_articles = articles(last);
  KIP_TRY_VOID(last.finish(Unknown::refuse));
  json::ObjectReader working(*value.find("working_days"), "working_days");
  const auto kind = working.parsed("kind", choice(kWorkingDays));
  rule.working_day_articles = articles(working);
  KIP_TRY_VOID(working.finish(Unknown::refuse));
  json::ObjectReader hours(*value.find("hours"), "hours");
  const auto start = hours.parsed("start", choice(kHourStarts));
  rule.hours = articles(hours);
  KIP_TRY_VOID(hours.finish(Unknown::refuse));
  json::ObjectReader end(*value.find("end_of_day"), "end_of_day");
  rule.end_of_day = articles(end);
  rule.close_of_business = end.optional_text("close_of_business", 200);
  KIP_TRY_VOID(end.finish(Unknown::refuse));
  rule.move = *move;
  rule.working_days = *kind;
  rule.hour_start = *start;
  return {};
}

Result<Rule> read_rule(const json::Value& value) {
  json::ObjectReader in(value, "rule");
  in.format("kip.rule", 1);
  Rule rule;
  const auto id = in.parsed("id", parse_id);
  in.array("jurisdictions", 100);
  rule.jurisdictions = json::text_items(in, "jurisdictions", parse_country_code, 100);
  rule.event_day = articles(in, "event_day");
  for (const char* member : {"ends", "hours", "last_day", "working_days", "end_of_day"})
    in.object(member);
  const bool has_law = in.has("law");
  const bool has_least = in.has("least_working_days");
  in.texts_or_empty("notes");
  in.texts_or_empty("source");
  KIP_TRY_VOID(in.finish(json::unknown_members(value)));
  rule.id = *id;
  if (has_law) {
    KIP_TRY(rule.law, read_law(*value.find("law")));
  }
  if (has_least) {
    KIP_TRY(rule.least_working_days, read_least(*value.find("least_working_days")));
  }
  KIP_TRY(rule.ends, read_ends(*value.find("ends")));
  KIP_TRY_VOID(read_policies(value, rule));
  return rule;
}

}  // namespace

Result<Rule> parse_rule(BytesView text) {
  KIP_TRY(const json::Value value, json::parse(text, {.bytes = kMaxBytes}));
  auto rule = read_rule(value);
  if (!rule) return fail_while("reading a counting rule", std::move(rule).error());
  return rule;
}

}  // namespace kip
