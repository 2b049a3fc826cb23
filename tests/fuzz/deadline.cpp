// Requests after deadlines, and the files that they are counted by. Input: one letter, then the text.
//   l  a line of a batch: the answer is one line of JSON, with a due instant or an error, never both
//   c  a calendar: one that is read tells of every day whether it is worked, and counts a deadline or says why not
//   a  an amendment: one that is read can be applied to the calendar of Viet Nam, or is refused
//   r  a counting rule
// Nothing of them ends the process.

#include <manifests/deadline/batch.hpp>
#include <manifests/deadline/calendar_amendment.hpp>
#include <manifests/deadline/clock.hpp>
#include <manifests/deadline/engine.hpp>

#include "target.hpp"

namespace kip::fuzz {
namespace {

const CalendarBook& calendars() {
  static const CalendarBook kBook = CalendarBook::built_in();
  return kBook;
}

const ZoneDatabase& zones() {
  static const auto kZones = system_zone_database();
  return *kZones;
}

void try_line(BytesView line) {
  const std::string text = answer_batch_line(line, 1, calendars(), zones());
  KIP_CHECK(text.find('\n') == std::string::npos);
  const auto answer = json::parse(text);
  KIP_CHECK(answer.has_value());
  KIP_CHECK((answer->find("due") == nullptr) == (answer->find("error") != nullptr));
  if (answer->find("due") == nullptr) return;
  KIP_CHECK(answer->find("id") != nullptr);
  KIP_CHECK(parse_instant(*answer->find("due")->as_text()).has_value());
}

void count_by(const Calendar& calendar) {
  const LegalDate last = calendar.coverage().to;
  for (const char* rule : {"VN-CIVIL-2015", "EU-1182-71"}) {
    const auto deadline = compute_deadline({.rule = rule,
                                            .calendar = calendar,
                                            .trigger_date = last - std::chrono::days(4),
                                            .period = Period::create(3, PeriodUnit::day).value()},
                                           zones());
    KIP_CHECK(!deadline || deadline->last_day >= deadline->raw_last_day);
  }
}

void try_calendar(BytesView text) {
  const auto calendar = parse_calendar(text);
  if (calendar) count_by(*calendar);
}

void try_amendment(BytesView text) {
  const auto amendment = parse_calendar_amendment(text);
  if (!amendment) return;
  KIP_CHECK(is_calendar_amendment(text));
  const auto calendar = calendars().find("VN").value()->amended(*amendment);
  if (calendar) count_by(*calendar);
}

}  // namespace
}  // namespace kip::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kip;
  if (size > fuzz::kMaxInput) return -1;
  const BytesView input = fuzz::view(data, size);
  if (input.empty()) return 0;
  const BytesView text = input.substr(1);
  if (input[0] == 'l') fuzz::try_line(text);
  if (input[0] == 'c') fuzz::try_calendar(text);
  if (input[0] == 'a') fuzz::try_amendment(text);
  if (input[0] == 'r') static_cast<void>(parse_rule(text));
  return 0;
}
