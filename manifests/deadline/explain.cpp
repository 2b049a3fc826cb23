#include <array>
#include <vector>

#include <fmt/format.h>

#include <manifests/deadline/explain.hpp>

#include "phrases.hpp"

namespace kip {
namespace {

/// From Monday, in the order of Language.
constexpr std::array<std::array<std::string_view, 7>, 4> kWeekdays = {{
    {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"},
    {"Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật"},
    {"hétfő", "kedd", "szerda", "csütörtök", "péntek", "szombat", "vasárnap"},
    {"周一", "周二", "周三", "周四", "周五", "周六", "周日"},
}};

std::string ordinal(std::string_view number) {
  const char last = number.empty() ? '0' : number.back();
  const bool teen = number.size() > 1 && number[number.size() - 2] == '1';
  const std::string_view ending = teen || last < '1' || last > '3' ? "th"
                                  : last == '1'                    ? "st"
                                  : last == '2'                    ? "nd"
                                                                   : "rd";
  return fmt::format("{}{}", number, ending);
}

/// "3.2.b" in its parts, and "147.2, 147.3" in its articles.
std::vector<std::string_view> split(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> out;
  for (auto end = text.find(separator); end != std::string_view::npos; end = text.find(separator)) {
    out.push_back(text.substr(0, end));
    text.remove_prefix(end + separator.size());
  }
  out.push_back(text);
  return out;
}

/// "khoản 2 Điều 147"
std::string vietnamese_article(const std::vector<std::string_view>& parts) {
  std::string out = fmt::format("Điều {}", parts[0]);
  if (parts.size() > 1) out = fmt::format("khoản {} {}", parts[1], out);
  if (parts.size() > 2) out = fmt::format("điểm {} {}", parts[2], out);
  return out;
}

/// "147. cikk (2) bekezdés", "8:3. §"
std::string hungarian_article(const std::vector<std::string_view>& parts, LawDivision division) {
  std::string out = fmt::format("{}. {}", parts[0], division == LawDivision::section ? "§" : "cikk");
  if (parts.size() > 1) out += fmt::format(" ({}) bekezdés", parts[1]);
  if (parts.size() > 2) out += fmt::format(" {}) pont", parts[2]);
  return out;
}

/// "第147条第2款"
std::string chinese_article(const std::vector<std::string_view>& parts) {
  std::string out = fmt::format("第{}条", parts[0]);
  if (parts.size() > 1) out += fmt::format("第{}款", parts[1]);
  if (parts.size() > 2) out += fmt::format("{}项", parts[2]);
  return out;
}

std::string format_articles(std::string_view articles, LawDivision division, Language language) {
  if (language == Language::en) {
    return fmt::format("{} {}", division == LawDivision::section ? "s." : "art.", articles);
  }
  std::string out;
  for (const std::string_view article : split(articles, ", ")) {
    const auto parts = split(article, ".");
    if (!out.empty()) out += language == Language::zh ? "、" : ", ";
    out += language == Language::vi   ? vietnamese_article(parts)
           : language == Language::hu ? hungarian_article(parts, division)
                                      : chinese_article(parts);
  }
  return out;
}

const Law* find_law(std::string_view key) {
  for (const Rule& rule : rules()) {
    if (rule.law && rule.law->key == key) return &*rule.law;
  }
  return nullptr;
}

/// In brackets, with the blank before it that the language wants.
std::string format_source(const LegalSource& source, Language language) {
  const Law* law = find_law(source.law);
  const std::string name = law == nullptr ? source.law : law->names.at(language);
  const auto division = law == nullptr ? LawDivision::article : law->divided_in;
  const std::string articles = format_articles(source.articles, division, language);
  switch (language) {
    case Language::en:
    case Language::hu:
      return fmt::format(" ({}, {})", name, articles);
    case Language::vi:
      return fmt::format(" ({} {})", articles, name);
    case Language::zh:
      return fmt::format("（{}{}）", name, articles);
  }
  return {};
}

/// A local time with its offset -> "Mon 27/10/2025 16:30", with seconds only where there are some.
std::string format_moment(std::string_view text, Language language) {
  constexpr std::size_t kDate = 10;
  const auto date = parse_date(text.substr(0, kDate));
  if (!date || text.size() < kDate + 2) return std::string(text);
  std::string_view time = text.substr(kDate + 1);
  time = time.substr(0, time.find_first_of("+-Z"));
  if (time.size() == 8 && time.ends_with(":00")) time.remove_suffix(3);
  return fmt::format("{} {}", format_day(*date, language), time);
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
    if (how == "event") return std::string(phrase(Words::event, text, language_));
    if (how == "clock") return fill(phrase(Words::clock, text, language_));
    if (how == "ordinal") return ordinal(text);
    if (how == "moment") return format_moment(text, language_);
    if (how == "date") {
      const auto date = parse_date(text);
      if (date) return format_day(*date, language_);
    }
    return std::string(text);
  }

  std::string period() const {
    const std::string_view amount = arg("amount");
    const bool plural = language_ == Language::en && amount != "1";
    return fmt::format("{}{}{}{}", amount, language_ == Language::zh ? "" : " ",
                       phrase(Words::unit, arg("unit"), language_), plural ? "s" : "");
  }

  const ExplanationArgs& args_;
  const std::optional<LegalSource>& source_;
  Language language_;
};

}  // namespace

std::string format_day(LegalDate date, Language language) {
  const std::chrono::year_month_day day(date);
  const unsigned weekday = std::chrono::weekday(date).iso_encoding();
  const std::string_view name = kWeekdays.at(static_cast<std::size_t>(language)).at(weekday - 1);
  const unsigned dd = static_cast<unsigned>(day.day());
  const unsigned mm = static_cast<unsigned>(day.month());
  const int yyyy = static_cast<int>(day.year());
  switch (language) {
    case Language::en:
    case Language::vi:
      return fmt::format("{} {:02}/{:02}/{:04}", name, dd, mm, yyyy);
    case Language::hu:
      return fmt::format("{:04}. {:02}. {:02}. ({})", yyyy, mm, dd, name);
    case Language::zh:
      return fmt::format("{}年{}月{}日（{}）", yyyy, mm, dd, name);
  }
  return {};
}

std::vector<std::string> explain(const Deadline& deadline, Language language) {
  std::vector<std::string> out;
  out.reserve(deadline.steps.size());
  for (const ExplanationStep& step : deadline.steps) {
    out.push_back(Sentence(step.args, step.source, language).fill(phrase(Words::sentence, step.code, language)));
  }
  return out;
}

std::string explain_warning(const DeadlineWarning& warning, Language language) {
  const std::optional<LegalSource> no_source;
  return Sentence(warning.args, no_source, language).fill(phrase(Words::sentence, warning.code, language));
}

std::vector<std::string> explain_warnings(const Deadline& deadline, Language language) {
  std::vector<std::string> out;
  out.reserve(deadline.warnings.size());
  for (const DeadlineWarning& warning : deadline.warnings)
    out.push_back(explain_warning(warning, language));
  return out;
}

}  // namespace kip
