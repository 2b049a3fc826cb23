#pragma once

#include <functional>
#include <vector>

#include <manifests/deadline/calendar_book.hpp>
#include <manifests/deadline/zone_database.hpp>
#include <manifests/model/obligation.hpp>
#include <server/domain/unit_of_work.hpp>

namespace kip::server {

/// One obligation as it is judged now, with what a page says beside it.
struct BoardEntry {
  Act act;
  Commitment commitment;
  Circumstances circumstances;
  ObligationView view;
};

enum class Detail {
  tallies,    ///< customers in numbers, as they are kept: the time does not grow with the customers
  customers,  ///< each customer, from the facts themselves
};

/// Judges obligations from what is recorded. A release serves an act if officers listed the act in it. Thread-safe.
class Board {
 public:
  /// Both must outlive it.
  Board(const CalendarBook& calendars, const ZoneDatabase& zones) : calendars_(calendars), zones_(zones) {}

  using Filter = std::function<bool(const ObligationRecord&)>;

  /// Those that the filter lets through, ascending by number. Errors: those of judge() and of the tables.
  Result<std::vector<BoardEntry>> judge(Projection& from, Instant now, Detail detail, const Filter& filter) const;
  Result<std::vector<BoardEntry>> judge_all(Projection& from, Instant now, Detail detail) const;

  /// The day on which it is `now` where a country's calendar counts; by UTC where there is no such calendar. Errors:
  /// not_found for a zone that the database does not have.
  Result<LegalDate> day_in(std::string_view country, Instant now) const;
  /// The instant from which on that day is over there.
  Result<Instant> end_of_day(std::string_view country, LegalDate day) const;

  const CalendarBook& calendars() const { return calendars_; }
  const ZoneDatabase& zones() const { return zones_; }

 private:
  const CalendarBook& calendars_;
  const ZoneDatabase& zones_;
};

}  // namespace kip::server
