#pragma once

#include <string>
#include <string_view>

#include <manifests/core/ids.hpp>
#include <manifests/model/event.hpp>
#include <manifests/model/receipt.hpp>
#include <manifests/model/service_request.hpp>
#include <server/domain/unit_of_work.hpp>
#include <signing/crypto/random.hpp>
#include <signing/keys/key.hpp>

namespace kip::server {

/// The event types. Bodies: docs/formats/event.md.
namespace event_type {
inline constexpr std::string_view kActRegistered = "act.registered";
inline constexpr std::string_view kActDateStated = "act.date-stated";
inline constexpr std::string_view kActDateConfirmed = "act.date-confirmed";
inline constexpr std::string_view kActDevelopmentStated = "act.development-stated";
inline constexpr std::string_view kActDevelopmentConfirmed = "act.development-confirmed";
inline constexpr std::string_view kCommitmentRegistered = "commitment.registered";
inline constexpr std::string_view kObligationOpened = "obligation.opened";
inline constexpr std::string_view kWaiverRequested = "obligation.waiver-requested";
inline constexpr std::string_view kWaiverApproved = "obligation.waiver-approved";
inline constexpr std::string_view kObligationBlocked = "obligation.blocked";
inline constexpr std::string_view kObligationUnblocked = "obligation.unblocked";
inline constexpr std::string_view kCoverageDisposed = "coverage.disposed";
inline constexpr std::string_view kCoverageExtended = "coverage.extended";
inline constexpr std::string_view kCustomerImported = "customer.imported";
inline constexpr std::string_view kCustomerErased = "customer.erased";
inline constexpr std::string_view kCodeCreated = "code.created";
inline constexpr std::string_view kInstallEnrolled = "install.enrolled";
inline constexpr std::string_view kInstallReplaced = "install.replaced";
inline constexpr std::string_view kInstallAlarm = "install.alarm";
inline constexpr std::string_view kReceiptRecorded = "receipt.recorded";
inline constexpr std::string_view kReleasePublished = "release.published";
inline constexpr std::string_view kRolloutChanged = "rollout.changed";
inline constexpr std::string_view kNoticeSwitched = "notice.switched";
inline constexpr std::string_view kNoticeQueued = "notice.queued";
inline constexpr std::string_view kNoticeAccepted = "notice.accepted";
inline constexpr std::string_view kNoticeBounced = "notice.bounced";
inline constexpr std::string_view kTokenCreated = "token.created";
inline constexpr std::string_view kPromiseRegistered = "service.promise-registered";
inline constexpr std::string_view kServiceRequested = "service.requested";
inline constexpr std::string_view kServiceAnswered = "service.answered";
inline constexpr std::string_view kServiceRemoteFailed = "service.remote-failed";
inline constexpr std::string_view kServiceResolved = "service.resolved";
inline constexpr std::string_view kServiceVisited = "service.visited";
inline constexpr std::string_view kHeadRecorded = "log.head-recorded";
inline constexpr std::string_view kTimestampRecorded = "timestamp.recorded";
inline constexpr std::string_view kLogRestarted = "log.restarted";
inline constexpr std::string_view kInspectionRecorded = "inspection.recorded";
}  // namespace event_type

/// The actor of what the server does by itself.
inline constexpr std::string_view kServerActor = "server";

struct Recorded {
  std::int64_t index = 0;
  Instant time;
};

/// Makes history: signs events with the server's entry key, appends them and lets the projection follow, all within the
/// caller's unit of work. Immutable, thread-safe.
class Recorder {
 public:
  /// `origin` is the server's public URL. Clock and random source must outlive it.
  Recorder(TenantId tenant, std::string origin, Signer entry_key, const Clock& clock, RandomSource& random);

  const TenantId& tenant() const { return tenant_; }
  const std::string& origin() const { return origin_; }
  /// The key by which events and acknowledgements are verified.
  const PublicKey& public_key() const { return entry_key_.key.public_key(); }
  Instant now() const { return clock_.now(); }
  RandomSource& random() const { return random_; }

  /// Errors: those of the unit of work; malformed where the body is not what the type asks for.
  Result<Recorded> record(UnitOfWork& unit, std::string_view type, std::string_view actor, json::Value body) const;

  /// The bytes of an envelope signed with the entry key. Only for what is durable.
  Result<Bytes> sign(std::string_view payload_type, const json::Value& payload) const;
  Result<Bytes> acknowledge(const Acknowledgement& acknowledgement) const;
  /// The same about a request for service.
  Result<Bytes> acknowledge(const ServiceAnswer& answer) const;

 private:
  TenantId tenant_;
  std::string origin_;
  Signer entry_key_;
  const Clock& clock_;
  RandomSource& random_;
};

}  // namespace kip::server
