#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <manifests/codec/json.hpp>
#include <manifests/core/ids.hpp>
#include <manifests/deadline/calendar.hpp>
#include <manifests/deadline/office_hours.hpp>
#include <manifests/deadline/period.hpp>

namespace kip {

using PromiseId = Slug<struct ServicePromiseTag>;

/// What a customer asks for.
enum class ServiceKind { reinstall, workstation, remote, onsite, question, failed_update };

/// "reinstall", "workstation", "remote", "onsite", "question", "failed-update"
std::string_view to_string(ServiceKind kind);
Result<ServiceKind> parse_service_kind(std::string_view text);

/// How heavily a fault weighs: 1, all work stands still, to 4, a wish.
inline constexpr int kHeaviestGrade = 1;
inline constexpr int kLightestGrade = 4;

/// What must have happened in time.
enum class ServiceMilestone { answered, resolved, visited };

std::string_view to_string(ServiceMilestone milestone);
Result<ServiceMilestone> parse_service_milestone(std::string_view text);

/// What starts the clock.
enum class ServiceStart {
  request,
  remote_failed,  ///< help from afar was recorded as failed
};

/// "request", "remote-failed"
std::string_view to_string(ServiceStart start);
Result<ServiceStart> parse_service_start(std::string_view text);

/// No number is promised: shown, never missed.
struct NoPeriod {
  bool operator==(const NoPeriod&) const = default;
};
/// Until the office closes on the working day on which the request is taken in.
struct SameDay {
  bool operator==(const SameDay&) const = default;
};
using ServicePeriod = std::variant<NoPeriod, SameDay, Period>;

struct ServicePrice {
  std::int64_t amount = 0;  ///< in whole units of the currency
  std::string currency;     ///< ISO 4217
  std::string per;          ///< "machine"

  bool operator==(const ServicePrice&) const = default;
};

/// What is promised about requests for service.
struct RequestTerms {
  std::set<ServiceKind> kinds;  ///< at least one
  std::set<int> grades = {};    ///< empty: whichever
  ServicePeriod period;
  std::optional<Period> target = {};  ///< of "2 to 4 hours" the 2: aimed at, at risk from then on
  ServiceMilestone milestone = ServiceMilestone::resolved;
  ServiceStart after = ServiceStart::request;
  ClockPolicy clock = ClockPolicy::elapsed;
  std::optional<OfficeHours> office = {};
  std::optional<int> share = {};  ///< per cent of a month's requests that must be in time
  std::optional<ServicePrice> price = {};
  bool entitled_first = false;    ///< requests of customers under contract go before the others
  std::chrono::minutes risk{60};  ///< with less than this left it is at risk

  bool operator==(const RequestTerms&) const = default;
};

/// What is promised about regular inspections: one with a record in each interval from the contract's start.
struct InspectionTerms {
  std::optional<Period> every;  ///< months or years; none: no interval is promised

  bool operator==(const InspectionTerms&) const = default;
};

/// One promise about service in a vendor's terms. Format: docs/formats/service.md, "kip.service-promise/1".
struct ServicePromise {
  PromiseId id;
  ProductId product;
  std::string title = {};
  std::string clause;  ///< the words of the contract, quoted
  std::string rule;    ///< id of a counting rule that exists
  std::string calendar;
  CalendarProfile profile = CalendarProfile::all_rows;
  std::variant<RequestTerms, InspectionTerms> terms;

  /// Nothing where it is about inspections.
  const RequestTerms* about_requests() const { return std::get_if<RequestTerms>(&terms); }
  const InspectionTerms* about_inspections() const { return std::get_if<InspectionTerms>(&terms); }
  /// Whether such a request is covered.
  bool covers(const ProductId& of_product, ServiceKind kind, int grade) const;

  bool operator==(const ServicePromise&) const = default;
};

/// Strict: in "kip.service-promise/1" an unknown member is an error. Errors: malformed, too_large, not_found for an
/// unknown rule.
Result<ServicePromise> read_service_promise(const json::Value& value);
Result<ServicePromise> parse_service_promise(BytesView text);
json::Value to_json(const ServicePromise& promise);

}  // namespace kip
