#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <manifests/deadline/calendar_book.hpp>
#include <manifests/deadline/deadline.hpp>
#include <manifests/deadline/zone_database.hpp>
#include <manifests/model/service_case.hpp>

namespace kip {

enum class ServiceState {
  running,
  at_risk,  ///< little time is left, or the target has passed
  met,
  met_late,
  missed,
  tracked,       ///< no period is promised
  not_entitled,  ///< done beyond the contract, by the hour or as a favour; no promise holds
};

std::string_view to_string(ServiceState state);
Result<ServiceState> parse_service_state(std::string_view text);

/// One promise about one request.
struct PromiseView {
  PromiseId promise;
  ServiceMilestone milestone = ServiceMilestone::resolved;
  ServiceState state = ServiceState::running;
  std::string reason = {};  ///< not_entitled: contract-ended, contract-not-begun
  std::optional<Instant> started_at = {};
  std::optional<Instant> taken_in_at = {};  ///< where the promise names office hours
  std::optional<Deadline> due = {};
  std::optional<Instant> target = {};
  std::optional<Instant> reached_at = {};
  std::optional<std::chrono::milliseconds> time_left = {};
  std::optional<std::chrono::milliseconds> late_by = {};
  std::optional<ServicePrice> price = {};
};

/// A request as it is judged now, by the server's own times; a visit's are its person's word.
struct ServiceView {
  std::int64_t number = 0;
  bool entitled = false;
  bool by_the_hour = false;  ///< not entitled, and the contract says that work is charged by the hour
  bool first = false;        ///< goes before others: the promise puts customers under contract first
  std::vector<PromiseView> promises = {};
};

/// Judges a request by every promise that covers it and is made to the customer. Entitlement is that of the day on
/// which it came, where the promise's calendar counts. In time is strictly before the due instant. Pure.
/// Errors: those of the deadlines; not_found for a calendar that is not there.
Result<ServiceView> judge_service(const ServiceCase& request, const std::vector<ServicePromise>& promises,
                                  const Customer& customer, Instant now, const CalendarBook& calendars,
                                  const ZoneDatabase& zones);

/// How many of the requests that came in one calendar month were in time, for a promise with a share.
struct MonthShare {
  std::int64_t requests = 0;
  std::int64_t in_time = 0;
  std::int64_t late = 0;
  std::int64_t open = 0;  ///< still in time or not yet judged
  ServiceState state = ServiceState::running;
};

/// By local months of the promise's calendar. A month is met or missed once it is over and no open request could change
/// that; what is open counts for nothing before. Errors: as judge_service().
Result<std::map<std::chrono::year_month, MonthShare>> shares_of(const ServicePromise& promise,
                                                                const std::vector<std::pair<Instant, PromiseView>>& of,
                                                                Instant now, const CalendarBook& calendars,
                                                                const ZoneDatabase& zones);

/// An inspection with its record.
struct Inspection {
  LegalDate on;
  std::string by;
  std::string note = {};
  std::optional<Sha256Digest> record = {};

  bool operator==(const Inspection&) const = default;
};

/// One interval of an inspection promise.
struct InspectionView {
  LegalDate from;                    ///< the first day of the interval
  std::optional<Deadline> due = {};  ///< none: no interval is promised
  std::optional<Inspection> done = {};
  ServiceState state = ServiceState::running;
};

/// Every interval from the contract's start up to the present one. Each is satisfied by an inspection within it; ends
/// that are no working days move as the rule says. At risk in its last 14 days. Errors: as judge_service().
Result<std::vector<InspectionView>> judge_inspections(const ServicePromise& promise, const Customer& customer,
                                                      const std::vector<Inspection>& inspections, Instant now,
                                                      const CalendarBook& calendars, const ZoneDatabase& zones);

}  // namespace kip
