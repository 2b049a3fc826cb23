#include <charconv>
#include <cstdlib>

#include <manifests/deadline/period.hpp>
#include <testing/replay.hpp>

namespace kip::testing {
namespace {

using std::chrono::days;
using std::chrono::milliseconds;

class Replay {
 public:
  explicit Replay(Replayed& out) : out_(out) {}

  void take(const ExplanationStep& step) {
    step_ = &step;
    const std::string& code = step.code;
    if (code == "event-day-excluded") day_ = date("date");
    if (code == "nth-day" || code == "corresponding-day" || code == "month-end") end_of_period();
    if (code == "nth-working-day") day_ = date("date");
    if (code == "weekend-day" || code == "public-holiday" || code == "least-working-days") move();
    if (code.ends_with("working-day") || code == "not-moved") expect(date("date") == day_);
    if (code == "ends" || code == "ends-at-close") end_of_day(code == "ends" ? "24:00" : text("time"));
    if (code == "clock-starts") start();
    if (code == "same-day-starts") start_same_day();
    if (code == "event-hour-excluded" || code == "taken-in" || code == "taken-in-at-once") resume();
    if (code == "clock-runs" || code == "clock-runs-on") run(code == "clock-runs");
    if (code == "ends-at") end_of_clock();
  }

 private:
  std::string text(const char* name) const {
    const auto found = step_->args.find(name);
    return found == step_->args.end() ? std::string() : found->second;
  }
  LegalDate date(const char* name) const { return parse_date(text(name)).value(); }
  Instant instant(const char* name) const { return parse_instant(text(name)).value(); }
  int number(const char* name) const { return std::atoi(text(name).c_str()); }
  void expect(bool holds) {
    if (!holds && out_.fault.empty()) out_.fault = step_->code;
  }

  void end_of_period() {
    const std::chrono::year_month_day from(day_);
    const int amount = number("amount");
    const auto unit = parse_period_unit(text("unit")).value();
    if (unit == PeriodUnit::day) day_ += days(amount);
    if (unit == PeriodUnit::week) day_ += days(7 * amount);
    if (unit == PeriodUnit::month || unit == PeriodUnit::year) {
      const auto month =
          from.year() / from.month() + std::chrono::months(unit == PeriodUnit::year ? 12 * amount : amount);
      const auto wanted = month / from.day();
      expect(wanted.ok() == (step_->code == "corresponding-day"));
      day_ = wanted.ok() ? LegalDate(wanted) : LegalDate(month / std::chrono::last);
    }
    expect(day_ == date("date"));
  }
  void move() {
    expect(date("date") == day_);
    day_ = date("next");
  }
  void end_of_day(const std::string& time) {
    const std::string offset = text("offset");
    const auto minutes = [](const std::string& hhmm) {
      return std::chrono::minutes(std::atoi(hhmm.substr(0, 2).c_str()) * 60 + std::atoi(hhmm.substr(3).c_str()));
    };
    const auto shift = minutes(offset.substr(1)) * (offset[0] == '-' ? -1 : 1);
    out_.last_day = day_;
    out_.due = Instant(day_) + minutes(time) - shift;
    expect(out_.due == instant("instant"));
  }

  void start() {
    at_ = instant("at");
    const int amount = number("amount");
    left_ = parse_period_unit(text("unit")).value() == PeriodUnit::minute ? milliseconds(std::chrono::minutes(amount))
                                                                          : milliseconds(std::chrono::hours(amount));
  }
  void start_same_day() {
    at_ = instant("at");
    same_day_ = true;
  }
  void resume() {
    expect(instant("at") == at_ && instant("next") >= at_);
    at_ = instant("next");
  }
  /// "1:30", "1:30:15", "1:30:15.250"
  milliseconds length() const {
    long parts[4] = {0, 0, 0, 0};
    const std::string value = text("length");
    const char* from = value.data();
    for (long& part : parts) {
      from = std::from_chars(from, value.data() + value.size(), part).ptr;
      if (from == value.data() + value.size()) break;
      ++from;
    }
    return std::chrono::hours(parts[0]) + std::chrono::minutes(parts[1]) + std::chrono::seconds(parts[2]) +
           milliseconds(parts[3]);
  }
  void run(bool without_gaps) {
    expect(instant("from") >= at_ && instant("to") > instant("from"));
    expect(without_gaps ? instant("to") - instant("from") == length() : instant("to") - instant("from") > length());
    at_ = instant("to");
    if (!same_day_) left_ -= length();
  }
  void end_of_clock() {
    expect(left_ == milliseconds(0) && instant("at") == at_ && instant("instant") == at_);
    out_.due = at_;
  }

  Replayed& out_;
  const ExplanationStep* step_ = nullptr;
  LegalDate day_;
  Instant at_;
  milliseconds left_{};
  bool same_day_ = false;
};

}  // namespace

Replayed replay(const std::vector<ExplanationStep>& steps) {
  Replayed out;
  Replay replay(out);
  for (const ExplanationStep& step : steps)
    replay.take(step);
  return out;
}

}  // namespace kip::testing
