#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <manifests/model/customer.hpp>
#include <manifests/model/service_request.hpp>

namespace kip {

/// Something that was recorded about a request.
struct ServiceStep {
  Instant at;  ///< when it was recorded
  std::string by;
  std::string note;

  bool operator==(const ServiceStep&) const = default;
};

/// Somebody was at the customer's. The times are that person's word.
struct ServiceVisit {
  Instant from;
  Instant to;
  std::string note = {};
  std::optional<Sha256Digest> signed_minutes = {};  ///< of the document that the customer has signed
  std::string by = {};
  Instant recorded = {};

  std::chrono::minutes length() const { return std::chrono::floor<std::chrono::minutes>(to - from); }
  bool operator==(const ServiceVisit&) const = default;
};

/// A request as the vendor has it.
struct ServiceFacts {
  std::int64_t number = 0;  ///< from 1 without gaps per tenant
  RequestId id;
  std::optional<InstallId> install = {};  ///< none: taken down by staff
  TaxCode customer;
  ProductId product;
  ServiceKind kind = ServiceKind::question;
  int grade = kLightestGrade;
  std::string note = {};
  std::optional<FailedUpdate> failed = {};
  Instant came_at;                                ///< received by the server, or when the call came
  std::optional<std::int64_t> after_remote = {};  ///< of an on-site request: the remote one that failed
  std::optional<Instant> remote_failed_at = {};   ///< likewise: when that was recorded

  bool operator==(const ServiceFacts&) const = default;
};

/// A request with all that happened to it, in the order of events. Nothing is ever taken out. Not thread-safe.
class ServiceCase {
 public:
  explicit ServiceCase(ServiceFacts facts) : facts_(std::move(facts)) {}

  const ServiceFacts& facts() const { return facts_; }
  const std::optional<ServiceStep>& answered() const { return answered_; }
  const std::optional<ServiceStep>& remote_failed() const { return remote_failed_; }
  const std::optional<ServiceStep>& resolved() const { return resolved_; }
  const std::vector<ServiceVisit>& visits() const { return visits_; }
  bool is_open() const { return !resolved_.has_value(); }

  /// Errors: conflict where it is answered or resolved already.
  Result<void> answer(ServiceStep step);
  /// Errors: usage where it is no remote request or nothing is said about why; conflict where that is recorded or it
  /// is resolved.
  Result<void> fail_remote(ServiceStep step);
  /// Errors: conflict where it is resolved already.
  Result<void> resolve(ServiceStep step);
  /// Errors: usage for times that do not follow each other, lie before the request or after `recorded`, or are more
  /// than a week apart; too_large after the hundredth.
  Result<void> visit(ServiceVisit visit);

  /// When the milestone was reached: by the first answer, visit or resolution; a resolution answers as well.
  std::optional<Instant> reached(ServiceMilestone milestone) const;

  bool operator==(const ServiceCase&) const = default;

 private:
  ServiceFacts facts_;
  std::optional<ServiceStep> answered_;
  std::optional<ServiceStep> remote_failed_;
  std::optional<ServiceStep> resolved_;
  std::vector<ServiceVisit> visits_;
};

/// A case as it is kept and shown. Format: docs/formats/service.md, "Cases". Errors: malformed, too_large.
Result<ServiceCase> parse_service_case(BytesView text);
json::Value to_json(const ServiceCase& request);

/// On-site help is there only where help from afar has failed: the latest such request among those of the customer and
/// product. Errors: usage, saying what to do first.
Result<const ServiceCase*> failed_remote_of(const std::vector<ServiceCase>& cases);

}  // namespace kip
