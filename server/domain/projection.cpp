#include <array>

#include <fmt/format.h>

#include <manifests/codec/reader.hpp>
#include <manifests/model/act_events.hpp>
#include <manifests/model/release_published.hpp>
#include <server/domain/coverage_register.hpp>
#include <server/domain/event_bodies.hpp>
#include <server/domain/notice_events.hpp>
#include <server/domain/obligation_rows.hpp>
#include <server/domain/projection.hpp>
#include <server/domain/receipt_projection.hpp>
#include <server/domain/recorder.hpp>
#include <server/domain/service_projection.hpp>
#include <server/domain/staff_projection.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/dsse/envelope.hpp>
#include <signing/evidence/install_events.hpp>
#include <signing/protocol/key_rotation.hpp>

namespace kip::server {
namespace {

constexpr std::size_t kBatch = 500;

Result<InstallRecord> require_install(Projection& to, const InstallId& id) {
  KIP_TRY(auto found, to.installs.find(id));
  if (!found)
    return fail(ErrorCode::malformed, fmt::format("an event names the install {}, which is not known", id.str()));
  return *std::move(found);
}

Result<void> on_act(const Event& event, std::int64_t, Projection& to) {
  json::ObjectReader in(event.body, event.type);
  const json::Value& act_json = in.object("act");
  KIP_TRY_VOID(in.finish());
  KIP_TRY(const Act act, read_act(act_json));
  KIP_TRY_VOID(to.acts.put(act));
  return to.histories.put(ActHistory::begin(act, event.actor, event.claimed_time));
}

/// Lets one change happen to what people have said about an act.
template <class Change>
Result<void> change_history(const ActKey& act, Projection& to, Change&& change) {
  KIP_TRY(auto history, to.histories.find(act.str()));
  if (!history) return fail(ErrorCode::not_found, fmt::format("the act {} is not registered", act.str()));
  KIP_TRY_VOID(change(*history));
  return to.histories.put(*history);
}

Result<void> on_date_stated(const Event& event, std::int64_t, Projection& to) {
  KIP_TRY(const DateStated stated, read_date_stated(event.body, event.actor, event.claimed_time));
  return change_history(stated.act, to, [&](ActHistory& history) { return history.state(stated.statement); });
}

Result<void> on_date_confirmed(const Event& event, std::int64_t, Projection& to) {
  KIP_TRY(const DateConfirmed confirmed, read_date_confirmed(event.body, event.actor, event.claimed_time));
  return change_history(confirmed.act, to,
                        [&](ActHistory& history) { return history.confirm(confirmed.confirmation); });
}

Result<void> on_development_stated(const Event& event, std::int64_t, Projection& to) {
  KIP_TRY(const DevelopmentStated stated, read_development_stated(event.body, event.actor, event.claimed_time));
  return change_history(stated.act, to, [&](ActHistory& history) { return history.develop(stated.development); });
}

Result<void> on_development_confirmed(const Event& event, std::int64_t, Projection& to) {
  KIP_TRY(const DevelopmentConfirmed confirmed, read_development_confirmed(event.body));
  return change_history(confirmed.act, to, [&](ActHistory& history) {
    return history.confirm_development(confirmed.number, event.actor, event.claimed_time);
  });
}

/// Lets one change happen to what people have said about an obligation.
template <class Change>
Result<void> change_circumstances(std::int64_t number, Projection& to, Change&& change) {
  KIP_TRY(auto obligation, to.obligations.find(number));
  if (!obligation) return fail(ErrorCode::not_found, fmt::format("there is no obligation #{}", number));
  KIP_TRY_VOID(change(obligation->circumstances));
  return to.obligations.put(*obligation);
}

Result<void> on_waiver_requested(const Event& event, std::int64_t, Projection& to) {
  KIP_TRY(const WaiverRequested requested, read_waiver_requested(event.body, event.actor, event.claimed_time));
  return change_circumstances(requested.obligation, to,
                              [&](Circumstances& all) { return all.request_waiver(requested.waiver); });
}

Result<void> on_waiver_approved(const Event& event, std::int64_t, Projection& to) {
  KIP_TRY(const WaiverApproved approved, read_waiver_approved(event.body));
  return change_circumstances(approved.obligation, to, [&](Circumstances& all) {
    return all.approve_waiver(approved.waiver, event.actor, event.claimed_time);
  });
}

Result<void> on_blocked(const Event& event, std::int64_t, Projection& to) {
  KIP_TRY(const ObligationBlocked blocked, read_obligation_blocked(event.body, event.actor, event.claimed_time));
  return change_circumstances(blocked.obligation, to, [&](Circumstances& all) { return all.block(blocked.block); });
}

Result<void> on_unblocked(const Event& event, std::int64_t, Projection& to) {
  KIP_TRY(const ObligationUnblocked unblocked, read_obligation_unblocked(event.body));
  return change_circumstances(unblocked.obligation, to, [&](Circumstances& all) {
    return all.unblock(unblocked.part, unblocked.on, unblocked.evidence);
  });
}

/// Lets one change happen to what people have said about a series of acts.
template <class Change>
Result<void> change_coverage(const ActSeries& series, Projection& to, Change&& change) {
  KIP_TRY(auto coverage, to.coverages.find(series.str()));
  if (!coverage) coverage.emplace(series);
  KIP_TRY_VOID(change(*coverage));
  return to.coverages.put(*coverage);
}

Result<void> on_disposed(const Event& event, std::int64_t, Projection& to) {
  KIP_TRY(const CoverageDisposed disposed, read_coverage_disposed(event.body, event.actor, event.claimed_time));
  return change_coverage(disposed.series, to, [&](Coverage& coverage) { return coverage.dispose(disposed.entry); });
}

Result<void> on_extended(const Event& event, std::int64_t, Projection& to) {
  KIP_TRY(const CoverageExtended extended, read_coverage_extended(event.body, event.actor, event.claimed_time));
  return change_coverage(extended.series, to, [&](Coverage& coverage) { return coverage.extend(extended.extent); });
}

Result<void> on_commitment(const Event& event, std::int64_t, Projection& to) {
  json::ObjectReader in(event.body, event.type);
  const json::Value& commitment_json = in.object("commitment");
  KIP_TRY_VOID(in.finish());
  KIP_TRY(const Commitment commitment, read_commitment(commitment_json));
  return to.commitments.put(commitment);
}

Result<void> on_obligation(const Event& event, std::int64_t, Projection& to) {
  KIP_TRY(const ObligationOpened opened, read_obligation_opened(event.body));
  return to.obligations.put({opened.number, opened.act, opened.commitment});
}

Result<void> on_customer(const Event& event, std::int64_t, Projection& to) {
  json::ObjectReader in(event.body, event.type);
  const json::Value& customer_json = in.object("customer");
  KIP_TRY_VOID(in.finish());
  KIP_TRY(const Customer customer, read_customer(customer_json));
  return to.customers.put(customer);
}

Result<void> on_code(const Event& event, std::int64_t, Projection& to) {
  KIP_TRY(const EnrolmentCodeRecord code, read_code_created(event.body));
  return to.codes.put(code);
}

Result<void> on_enrolled(const Event& event, std::int64_t, Projection& to) {
  KIP_TRY(const EnrolledInstall enrolled, read_install_enrolled(event.body));
  KIP_TRY(auto waiting, to.waiting.find(enrolled.id));
  if (waiting) {
    waiting->state = WaitingState::admitted;
    KIP_TRY_VOID(to.waiting.put(*waiting));
  }
  return to.installs.put({enrolled.id, enrolled.key, enrolled.customer, enrolled.product, enrolled.label, enrolled.code,
                          event.claimed_time});
}

Result<void> on_waiting(const Event& event, std::int64_t, Projection& to) {
  KIP_TRY(const EnrolledInstall waiting, read_install_enrolled(event.body));
  return to.waiting.put(
      {waiting.id, waiting.key, waiting.customer, waiting.product, waiting.label, waiting.code, event.claimed_time});
}

Result<void> on_declined(const Event& event, std::int64_t, Projection& to) {
  KIP_TRY(const InstallEnd end, read_install_end(event.body));
  KIP_TRY(auto waiting, to.waiting.find(end.install));
  if (!waiting) return fail(ErrorCode::malformed, "an event declines an install that does not wait");
  waiting->state = WaitingState::declined;
  return to.waiting.put(*waiting);
}

Result<void> on_rekeyed(const Event& event, std::int64_t, Projection& to) {
  KIP_TRY(const InstallRekeyed rekeyed, read_install_rekeyed(event.body));
  KIP_TRY(SignedRotation rotation, read_rotation(rekeyed.rotation));
  KIP_TRY(InstallRecord install, require_install(to, rekeyed.install));
  install.key = std::move(rotation.new_key);
  return to.installs.put(install);
}

Result<void> on_retired(const Event& event, std::int64_t, Projection& to) {
  KIP_TRY(const InstallEnd end, read_install_end(event.body));
  KIP_TRY(InstallRecord install, require_install(to, end.install));
  install.standing = Standing::retired;
  return to.installs.put(install);
}

Result<void> on_replaced(const Event& event, std::int64_t, Projection& to) {
  KIP_TRY(const Replacement replacement, read_install_replaced(event.body));
  KIP_TRY(InstallRecord install, require_install(to, replacement.replaced));
  install.standing = Standing::retired;
  install.replaced_by = replacement.by;
  return to.installs.put(install);
}

Result<void> on_alarm(const Event& event, std::int64_t, Projection& to) {
  KIP_TRY(const Alarm alarm, read_install_alarm(event.body));
  for (const InstallId& id : alarm.installs) {
    KIP_TRY(InstallRecord install, require_install(to, id));
    if (alarm.reason != AlarmReason::code_reused) {
      install.disputed = true;
    } else if (install.standing == Standing::active) {
      install.standing = Standing::held;
    }
    KIP_TRY_VOID(to.installs.put(install));
  }
  return {};
}

Result<void> on_release(const Event& event, std::int64_t index, Projection& to) {
  KIP_TRY(ReleasePublished release, read_release_published(event.body));
  return to.publications.put({std::move(release.product), std::move(release.version), release.manifest,
                              std::move(release.acts), event.claimed_time, index});
}

Result<void> on_rollout(const Event& event, std::int64_t, Projection& to) {
  KIP_TRY(Rollout rollout, read_rollout_changed(event.body));
  KIP_TRY(const auto before, to.rollouts.find(rollout.product));
  const bool goes_on =
      before && before->rollout.version == rollout.version && (!before->rollout.paused || rollout.paused);
  const Instant since = goes_on ? before->since : event.claimed_time;
  return to.rollouts.put({std::move(rollout), since, event.actor, event.claimed_time});
}

Result<void> on_proposed(const Event& event, std::int64_t, Projection& to) {
  KIP_TRY(const Proposal proposal, read_proposal_made(event.body, event.actor, event.claimed_time));
  return to.proposals.put(proposal);
}

Result<void> on_decided(const Event& event, std::int64_t, Projection& to) {
  KIP_TRY(const ProposalDecision decision, read_proposal_decided(event.body));
  KIP_TRY(auto proposal, to.proposals.find(decision.proposal));
  if (!proposal) return fail(ErrorCode::malformed, "an event decides about a proposal that nobody made");
  proposal->state = decision.state;
  proposal->decided_by = event.actor;
  proposal->decided_at = event.claimed_time;
  proposal->decision_reason = decision.reason;
  return to.proposals.put(*proposal);
}

Result<void> on_labelled(const Event& event, std::int64_t, Projection& to) {
  KIP_TRY(InstallLabels labels, read_install_labelled(event.body));
  KIP_TRY(InstallRecord install, require_install(to, labels.install));
  install.labels = std::move(labels.labels);
  return to.installs.put(install);
}

struct Row {
  std::string_view type;
  Result<void> (*apply)(const Event&, std::int64_t, Projection&);
};

constexpr std::array<Row, 31> kRows = {{
    {event_type::kActRegistered, on_act},
    {event_type::kActDateStated, on_date_stated},
    {event_type::kActDateConfirmed, on_date_confirmed},
    {event_type::kActDevelopmentStated, on_development_stated},
    {event_type::kActDevelopmentConfirmed, on_development_confirmed},
    {event_type::kWaiverRequested, on_waiver_requested},
    {event_type::kWaiverApproved, on_waiver_approved},
    {event_type::kObligationBlocked, on_blocked},
    {event_type::kObligationUnblocked, on_unblocked},
    {event_type::kCoverageDisposed, on_disposed},
    {event_type::kCoverageExtended, on_extended},
    {event_type::kCommitmentRegistered, on_commitment},
    {event_type::kObligationOpened, on_obligation},
    {event_type::kCustomerImported, on_customer},
    {event_type::kCodeCreated, on_code},
    {event_type::kInstallEnrolled, on_enrolled},
    {event_type::kInstallWaiting, on_waiting},
    {event_type::kInstallDeclined, on_declined},
    {event_type::kInstallRekeyed, on_rekeyed},
    {event_type::kInstallReplaced, on_replaced},
    {event_type::kInstallRetired, on_retired},
    {event_type::kInstallAlarm, on_alarm},
    {event_type::kReleasePublished, on_release},
    {event_type::kRolloutChanged, on_rollout},
    {event_type::kProposalMade, on_proposed},
    {event_type::kProposalDecided, on_decided},
    {event_type::kInstallLabelled, on_labelled},
    {event_type::kNoticeSwitched, project_notice},
    {event_type::kNoticeQueued, project_notice},
    {event_type::kNoticeAccepted, project_notice},
    {event_type::kNoticeBounced, project_notice},
}};

Result<void> take_receipts(const Event& event, std::int64_t index, Projection& to) {
  KIP_TRY(const std::vector<ReceivedReceipt> read, read_receipts_recorded(event.body));
  ReceivedReceipts received;
  for (const ReceivedReceipt& one : read)
    received.push_back(&one);
  return project_receipts(event, received, index, to);
}

Result<void> replay(const StoredEvent& stored, const TenantId& tenant, const std::vector<PublicKey>& entry_keys,
                    Projection& to) {
  KIP_TRY(const dsse::Envelope envelope, dsse::parse(stored.envelope));
  KIP_TRY(const Bytes payload, dsse::verify(envelope, kEventType, entry_keys));
  KIP_TRY(const Event event, parse_event(payload));
  if (event.tenant != tenant) return fail(ErrorCode::malformed, "it is of another tenant");
  return project(event, stored.index, to);
}

}  // namespace

Result<void> project(const Event& event, std::int64_t index, Projection& to, const ReceivedReceipts* received) {
  if (event.type == event_type::kReceiptsRecorded)
    return received == nullptr ? take_receipts(event, index, to) : project_receipts(event, *received, index, to);
  for (const Row& row : kRows) {
    if (row.type == event.type) KIP_TRY_VOID(row.apply(event, index, to));
  }
  KIP_TRY_VOID(project_service(event, index, to));
  KIP_TRY_VOID(project_staff(event, to));
  return project_rows(event, to);
}

Result<std::int64_t> rebuild_in(UnitOfWork& unit, const TenantId& tenant, const std::vector<PublicKey>& entry_keys) {
  KIP_TRY_VOID(unit.clear_projection());
  std::int64_t done = 0;
  while (true) {
    KIP_TRY(const std::vector<StoredEvent> events, unit.events().after(done, kBatch));
    if (events.empty()) return done;
    for (const StoredEvent& event : events) {
      done = event.index;
      if (event.is_erased()) continue;
      auto replayed = replay(event, tenant, entry_keys, unit.projection());
      if (!replayed) return fail_while(fmt::format("replaying event {}", event.index), replayed.error());
    }
  }
}

Result<std::int64_t> rebuild(Store& store, const TenantId& tenant, const std::vector<PublicKey>& entry_keys) {
  KIP_TRY(const auto unit, store.begin(tenant, Access::write));
  KIP_TRY(const std::int64_t done, rebuild_in(*unit, tenant, entry_keys));
  KIP_TRY_VOID(unit->commit());
  return done;
}

}  // namespace kip::server
