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
  ObligationView view;
};

/// Judges obligations from what is recorded. A release serves an act if officers listed the act in it. Installs that
/// are held or disputed have nothing installed here: unknown is never counted as done. Thread-safe.
class Board {
 public:
  /// Both must outlive it.
  Board(const CalendarBook& calendars, const ZoneDatabase& zones) : calendars_(calendars), zones_(zones) {}

  using Filter = std::function<bool(const ObligationRecord&)>;

  /// Those that the filter lets through, ascending by number. Errors: those of judge() and of the tables.
  Result<std::vector<BoardEntry>> judge(Projection& from, Instant now, const Filter& filter) const;
  Result<std::vector<BoardEntry>> judge_all(Projection& from, Instant now) const;

  const CalendarBook& calendars() const { return calendars_; }

 private:
  const CalendarBook& calendars_;
  const ZoneDatabase& zones_;
};

}  // namespace kip::server
