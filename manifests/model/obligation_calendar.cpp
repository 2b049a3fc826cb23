#include <array>

#include <fmt/format.h>

#include <manifests/deadline/explain.hpp>
#include <manifests/model/obligation_export.hpp>

namespace kip {
namespace {

constexpr std::chrono::minutes kBeforeLimit(15);
/// Before a limit in days: at nine in the morning, two days and one day before the last day. Its event begins at
/// midnight.
constexpr std::array kDayAlarms = {"-P1DT15H", "-PT15H"};
constexpr std::array kClockAlarms = {"-PT4H", "-PT1H"};

struct Words {
  std::string_view publish;
  std::string_view install;
  std::string_view state;
  std::string_view due;
};

Words words_of(Language language) {
  switch (language) {
    case Language::en:
      return {"publish", "installed everywhere", "State", "Before"};
    case Language::vi:
      return {"phát hành", "cài xong ở mọi khách hàng", "Trạng thái", "Trước"};
    case Language::hu:
      return {"közzététel", "mindenhol telepítve", "Állapot", "Eddig"};
    case Language::zh:
      return {"发布", "全部安装完毕", "状态", "截止"};
  }
  KIP_CHECK(false);
  return {};
}

/// A text as a value. Source: RFC 5545, 3.3.11
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\\' || c == ';' || c == ',') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) {
      out += c;
    }
  }
  return out;
}

/// Lines of at most 75 octets, broken between characters. Source: RFC 5545, 3.1
class Lines {
 public:
  void add(std::string_view name, std::string_view value) {
    constexpr std::size_t kLongest = 75;
    std::string line = fmt::format("{}:{}", name, value);
    for (std::size_t begin = 0, room = kLongest; begin < line.size();) {
      std::size_t end = std::min(begin + room, line.size());
      while (end < line.size() && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U)
        --end;
      text_ += (begin == 0 ? "" : " ") + line.substr(begin, end - begin) + "\r\n";
      begin = end;
      room = kLongest - 1;
    }
  }
  void add_text(std::string_view name, std::string_view value) { add(name, escaped(value)); }
  Bytes take() && { return std::move(text_); }

 private:
  Bytes text_;
};

std::string day_value(LegalDate day) {
  const std::chrono::year_month_day date(day);
  return fmt::format("{:04}{:02}{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

std::string instant_value(Instant instant) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(instant);
  const auto day = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::hh_mm_ss time(seconds - day);
  return fmt::format("{}T{:02}{:02}{:02}Z", day_value(day), time.hours().count(), time.minutes().count(),
                     time.seconds().count());
}

std::string summary(const ExportedObligation& one, const Words& words) {
  const bool publish = one.view.milestone == Milestone::published;
  return fmt::format("#{} {}: {}", one.view.number, one.view.act.number(), publish ? words.publish : words.install);
}

std::string description(const ExportedObligation& one, const Words& words, Language language) {
  std::string out = one.act_title;
  const auto add = [&out](std::string_view line) {
    if (!out.empty()) out += '\n';
    out += line;
  };
  if (!one.promise.empty()) add(one.promise);
  add(fmt::format("{}: {}", words.state, state_words(to_string(one.view.state), language)));
  add(fmt::format("{}: {}", words.due, format_instant(one.view.due->due)));
  for (const std::string& warning : explain_warnings(*one.view.due, language))
    add(warning);
  return out;
}

void add_alarms(Lines& lines, const std::array<const char*, 2>& triggers, std::string_view text) {
  for (const char* const trigger : triggers) {
    lines.add("BEGIN", "VALARM");
    lines.add("ACTION", "DISPLAY");
    lines.add_text("DESCRIPTION", text);
    lines.add("TRIGGER", trigger);
    lines.add("END", "VALARM");
  }
}

void add_event(Lines& lines, const ExportedObligation& one, const CalendarFile& file) {
  const Words words = words_of(file.language);
  const Deadline& due = *one.view.due;
  const std::string title = summary(one, words);
  lines.add("BEGIN", "VEVENT");
  lines.add_text("UID", fmt::format("obligation-{}@{}.kip", one.view.number, file.owner));
  lines.add("DTSTAMP", instant_value(file.made_at));
  if (due.by_clock) {
    lines.add("DTSTART", instant_value(due.due - kBeforeLimit));
    lines.add("DTEND", instant_value(due.due));
  } else {
    lines.add("DTSTART;VALUE=DATE", day_value(due.last_day));
    lines.add("DTEND;VALUE=DATE", day_value(due.last_day + std::chrono::days(1)));
  }
  lines.add_text("SUMMARY", title);
  lines.add_text("DESCRIPTION", description(one, words, file.language));
  lines.add_text("CATEGORIES", state_words(to_string(one.view.state), file.language));
  lines.add("TRANSP", "TRANSPARENT");
  if (needs_work(one.view.state)) add_alarms(lines, due.by_clock ? kClockAlarms : kDayAlarms, title);
  lines.add("END", "VEVENT");
}

}  // namespace

Bytes to_icalendar(const std::vector<ExportedObligation>& obligations, const CalendarFile& file) {
  Lines lines;
  lines.add("BEGIN", "VCALENDAR");
  lines.add("VERSION", "2.0");
  lines.add("PRODID", "-//Kip//Obligations//EN");
  lines.add("CALSCALE", "GREGORIAN");
  lines.add("METHOD", "PUBLISH");
  lines.add_text("X-WR-CALNAME", fmt::format("Kịp: {}", file.owner));
  for (const ExportedObligation& one : obligations) {
    if (one.view.due) add_event(lines, one, file);
  }
  lines.add("END", "VCALENDAR");
  return std::move(lines).take();
}

}  // namespace kip
