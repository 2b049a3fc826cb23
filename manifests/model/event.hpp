#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <manifests/codec/json.hpp>
#include <manifests/core/ids.hpp>

namespace kip {

/// DSSE payload types of what is signed here. Each statement also names its tenant, so that a signature made for one
/// purpose or vendor is worth nothing for another.
inline constexpr std::string_view kEventType = "application/vnd.kip.event+json";
inline constexpr std::string_view kReceiptType = "application/vnd.kip.receipt+json";
inline constexpr std::string_view kAcknowledgementType = "application/vnd.kip.acknowledgement+json";
inline constexpr std::string_view kEnrolmentType = "application/vnd.kip.enrolment+json";

/// Something that happened, as it is signed and kept for ever; every table is a projection of these.
/// Format: docs/formats/event.md, "kip.event/1".
struct Event {
  EventId id;
  TenantId tenant;
  std::string origin;           ///< the server that recorded it, its public URL
  std::string type;             ///< "act.registered", "release.published", ...
  Instant claimed_time;         ///< by the recording server's own clock: a claim until a time stamp covers it
  std::string actor;            ///< who caused it, as authenticated: "staff:an", "install:01J…", "server"
  json::Value body;             ///< by type
  std::string credential = {};  ///< by which of the actor's: "token:1f2e3d4c5b6a"; empty where there is none
  std::string from = {};        ///< the network address from which staff caused it; empty otherwise
};

/// Errors: malformed.
Result<Event> parse_event(BytesView payload);
json::Value to_json(const Event& event);

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
inline constexpr std::string_view kInstallWaiting = "install.waiting";
inline constexpr std::string_view kInstallDeclined = "install.declined";
inline constexpr std::string_view kInstallRekeyed = "install.rekeyed";
inline constexpr std::string_view kInstallReplaced = "install.replaced";
inline constexpr std::string_view kInstallRetired = "install.retired";
inline constexpr std::string_view kInstallLabelled = "install.labelled";
inline constexpr std::string_view kInstallAlarm = "install.alarm";
inline constexpr std::string_view kReceiptsRecorded = "receipts.recorded";
inline constexpr std::string_view kReleasePublished = "release.published";
inline constexpr std::string_view kRolloutChanged = "rollout.changed";
inline constexpr std::string_view kProposalMade = "proposal.made";
inline constexpr std::string_view kProposalDecided = "proposal.decided";
inline constexpr std::string_view kNoticeSwitched = "notice.switched";
inline constexpr std::string_view kNoticeQueued = "notice.queued";
inline constexpr std::string_view kNoticeAccepted = "notice.accepted";
inline constexpr std::string_view kNoticeBounced = "notice.bounced";
inline constexpr std::string_view kPersonAdded = "person.added";
inline constexpr std::string_view kPersonChanged = "person.changed";
inline constexpr std::string_view kPersonInvited = "person.invited";
inline constexpr std::string_view kPersonPasswordSet = "person.password-set";
inline constexpr std::string_view kPersonRemoved = "person.removed";
inline constexpr std::string_view kTokenCreated = "token.created";
inline constexpr std::string_view kTokenRevoked = "token.revoked";
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

}  // namespace kip
