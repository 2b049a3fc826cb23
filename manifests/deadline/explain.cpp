#include <array>

#include <fmt/format.h>

#include <manifests/codec/choice.hpp>
#include <manifests/deadline/explain.hpp>

namespace kip {
namespace {

/// A text in each language.
struct Phrase {
  std::string_view key;
  std::string_view en;
  std::string_view vi;

  std::string_view in(Language language) const { return language == Language::en ? en : vi; }
};

/// {name} is the argument as it is; {name:date}, {name:event} and {name:ordinal} are rendered, {period} is amount and
/// unit, {source} the legal source in brackets with a blank before it, or nothing.
constexpr std::array<Phrase, 13> kSentences = {{
    {"event-day-excluded", "{event:event} {date:date}; the day of the event is not counted{source}",
     "{event:event} ngày {date:date}; ngày xảy ra sự kiện không được tính{source}"},
    {"nth-day", "{amount:ordinal} day: {date:date}{source}", "ngày thứ {amount}: {date:date}{source}"},
    {"corresponding-day", "after {period} the corresponding day: {date:date}{source}",
     "sau {period}, ngày tương ứng: {date:date}{source}"},
    {"month-end", "after {period}; that month has no day {day}, so that its last day counts: {date:date}{source}",
     "sau {period}; tháng đó không có ngày {day} nên tính ngày cuối tháng: {date:date}{source}"},
    {"weekend-day", "{date:date} is a weekend day: moves to {next:date}{source}",
     "{date:date} là ngày nghỉ cuối tuần: chuyển sang {next:date}{source}"},
    {"public-holiday", "{date:date} is a public holiday ({name}): moves to {next:date}{source}",
     "{date:date} là ngày nghỉ lễ ({name}): chuyển sang {next:date}{source}"},
    {"working-day", "{date:date} is a working day", "{date:date} là ngày làm việc"},
    {"exchanged-working-day", "{date:date} is a working day by exchange ({name})",
     "{date:date} là ngày làm bù ({name})"},
    {"not-moved", "{date:date} counts whatever day it is: the clause is taken literally",
     "{date:date} được tính dù là ngày nào: áp dụng đúng câu chữ của cam kết"},
    {"ends", "ends at 24:00 local time ({zone}, UTC{offset}){source} = {instant}",
     "kết thúc lúc 24:00 giờ địa phương ({zone}, UTC{offset}){source} = {instant}"},
    {"outside-coverage",
     "{date:date} lies outside the calendar {calendar} ({from:date} to {to:date}): only weekends and holidays on fixed "
     "dates were counted; compute again with a newer calendar",
     "{date:date} nằm ngoài lịch {calendar} ({from:date} đến {to:date}): chỉ tính ngày nghỉ cuối tuần và ngày lễ cố "
     "định; "
     "hãy tính lại với lịch mới hơn"},
    {"unconfirmed-day",
     "the calendar {calendar} names {date:date} as proposed but not confirmed ({name}); it was not counted",
     "lịch {calendar} ghi {date:date} là ngày đề xuất, chưa xác nhận ({name}); chưa được tính"},
    {"zone-version-unknown", "the version of the time zone database is unknown",
     "không rõ phiên bản cơ sở dữ liệu múi giờ"},
}};

constexpr std::array<Phrase, 3> kEvents = {{
    {"signed", "signed", "ký"},
    {"gazetted", "gazetted", "đăng Công báo"},
    {"effective", "effective", "có hiệu lực"},
}};

constexpr std::array<Phrase, 4> kUnits = {{
    {"day", "day", "ngày"},
    {"week", "week", "tuần"},
    {"month", "month", "tháng"},
    {"year", "year", "năm"},
}};

constexpr std::array<Phrase, 1> kLaws = {{
    {"vn-civil-code-2015", "Civil Code 2015", "Bộ luật Dân sự 2015"},
}};

/// From Monday.
constexpr std::array<Phrase, 7> kWeekdays = {{
    {"1", "Mon", "Thứ Hai"},
    {"2", "Tue", "Thứ Ba"},
    {"3", "Wed", "Thứ Tư"},
    {"4", "Thu", "Thứ Năm"},
    {"5", "Fri", "Thứ Sáu"},
    {"6", "Sat", "Thứ Bảy"},
    {"7", "Sun", "Chủ Nhật"},
}};

constexpr Choices<Language, 2> kLanguages = {{{Language::en, "en"}, {Language::vi, "vi"}}};

/// The key itself where a table lacks it, so that nothing is ever silently left out.
template <std::size_t N>
std::string_view phrase(const std::array<Phrase, N>& table, std::string_view key, Language language) {
  for (const Phrase& row : table) {
    if (row.key == key) return row.in(language);
  }
  return key;
}

std::string ordinal(std::string_view number) {
  const char last = number.empty() ? '0' : number.back();
  const bool teen = number.size() > 1 && number[number.size() - 2] == '1';
  const std::string_view ending = teen || last < '1' || last > '3' ? "th"
                                  : last == '1'                    ? "st"
                                  : last == '2'                    ? "nd"
                                                                   : "rd";
  return fmt::format("{}{}", number, ending);
}

/// "147.2, 147.3" -> "art. 147.2, 147.3" or "khoản 2 Điều 147, khoản 3 Điều 147".
std::string format_articles(std::string_view articles, Language language) {
  if (language == Language::en) return fmt::format("art. {}", articles);
  std::string out;
  for (std::string_view rest = articles; !rest.empty();) {
    const std::string_view article = rest.substr(0, rest.find(", "));
    rest.remove_prefix(std::min(rest.size(), article.size() + 2));
    const auto dot = article.find('.');
    if (!out.empty()) out += ", ";
    if (dot != std::string_view::npos) out += fmt::format("khoản {} ", article.substr(dot + 1));
    out += fmt::format("Điều {}", article.substr(0, dot));
  }
  return out;
}

std::string format_source(const LegalSource& source, Language language) {
  const std::string_view law = phrase(kLaws, source.law, language);
  const std::string articles = format_articles(source.articles, language);
  return language == Language::en ? fmt::format(" ({}, {})", law, articles) : fmt::format(" ({} {})", articles, law);
}

class Sentence {
 public:
  Sentence(const ExplanationArgs& args, const std::optional<LegalSource>& source, Language language)
      : args_(args), source_(source), language_(language) {}

  std::string fill(std::string_view text) const {
    std::string out;
    while (!text.empty()) {
      const auto open = text.find('{');
      out += text.substr(0, open);
      if (open == std::string_view::npos) break;
      const auto close = text.find('}', open);
      out += value(text.substr(open + 1, close - open - 1));
      text.remove_prefix(close + 1);
    }
    return out;
  }

 private:
  std::string_view arg(std::string_view name) const {
    const auto found = args_.find(name);
    return found == args_.end() ? std::string_view("?") : std::string_view(found->second);
  }

  std::string value(std::string_view hole) const {
    if (hole == "source") return source_ ? format_source(*source_, language_) : std::string();
    if (hole == "period") return period();
    const auto colon = hole.find(':');
    const std::string_view text = arg(hole.substr(0, colon));
    const std::string_view how = colon == std::string_view::npos ? std::string_view() : hole.substr(colon + 1);
    if (how == "event") return std::string(phrase(kEvents, text, language_));
    if (how == "ordinal") return ordinal(text);
    if (how == "date") {
      const auto date = parse_date(text);
      if (date) return format_day(*date, language_);
    }
    return std::string(text);
  }

  std::string period() const {
    const std::string_view amount = arg("amount");
    const bool plural = language_ == Language::en && amount != "1";
    return fmt::format("{} {}{}", amount, phrase(kUnits, arg("unit"), language_), plural ? "s" : "");
  }

  const ExplanationArgs& args_;
  const std::optional<LegalSource>& source_;
  Language language_;
};

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
  return json::Object{{"rule", record.rule},
                      {"calendar_country", record.calendar_country},
                      {"calendar_version", record.calendar_version},
                      {"profile", to_string(record.profile)},
                      {"timezone", record.timezone},
                      {"utc_offset_seconds", std::int64_t{record.utc_offset.count()}},
                      {"tzdb_version", record.tzdb_version}};
}

}  // namespace

Result<Language> parse_language(std::string_view text) {
  return parse_choice(kLanguages, "a language", text);
}

std::string format_day(LegalDate date, Language language) {
  const std::chrono::year_month_day day(date);
  const unsigned weekday = std::chrono::weekday(date).iso_encoding();
  return fmt::format("{} {:02}/{:02}/{:04}", kWeekdays.at(weekday - 1).in(language), static_cast<unsigned>(day.day()),
                     static_cast<unsigned>(day.month()), static_cast<int>(day.year()));
}

std::vector<std::string> explain(const Deadline& deadline, Language language) {
  std::vector<std::string> out;
  out.reserve(deadline.steps.size());
  for (const ExplanationStep& step : deadline.steps) {
    out.push_back(Sentence(step.args, step.source, language).fill(phrase(kSentences, step.code, language)));
  }
  return out;
}

std::vector<std::string> explain_warnings(const Deadline& deadline, Language language) {
  const std::optional<LegalSource> no_source;
  std::vector<std::string> out;
  out.reserve(deadline.warnings.size());
  for (const DeadlineWarning& warning : deadline.warnings) {
    out.push_back(Sentence(warning.args, no_source, language).fill(phrase(kSentences, warning.code, language)));
  }
  return out;
}

json::Value to_json(const Deadline& deadline) {
  json::Array steps;
  for (const ExplanationStep& step : deadline.steps)
    steps.push_back(step_json(step));
  json::Array warnings;
  for (const DeadlineWarning& warning : deadline.warnings) {
    warnings.push_back(json::Object{{"code", warning.code}, {"args", args_json(warning.args)}});
  }
  return json::Object{{"format", "kip.deadline/1"},
                      {"raw_last_day", format_date(deadline.raw_last_day)},
                      {"last_day", format_date(deadline.last_day)},
                      {"due", format_instant(deadline.due)},
                      {"explanation", std::move(steps)},
                      {"warnings", std::move(warnings)},
                      {"record", record_json(deadline.record)}};
}

}  // namespace kip
