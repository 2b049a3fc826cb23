#include <algorithm>
#include <map>

#include <fmt/format.h>

#include <server/domain/alert_conditions.hpp>

namespace kip::server {
namespace {

std::string title_of(const ObligationView& view) {
  return fmt::format("no. {}, {} of {}, {} ({})", view.number, view.commitment.str(), view.product.str(),
                     view.act.number(), view.act.issuer());
}

std::string customers_of(const ObligationView& view) {
  if (view.milestone != Milestone::installed) return {};
  return fmt::format("customers that have it: {} of {}", view.tally.complete, view.tally.counted);
}

Result<void> look_at_rollouts(Projection& from, std::vector<Alert>& out) {
  KIP_TRY(const auto rollouts, from.rollouts.all());
  for (const RolloutRecord& record : rollouts) {
    const Rollout& rollout = record.rollout;
    if (!rollout.paused) continue;
    const std::string version = fmt::format("{} {}", rollout.product.str(), rollout.version.str());
    out.push_back({AlertKind::rollout_paused, version, version, record.changed,
                   fmt::format("{}: {}", record.by, rollout.reason)});
  }
  return {};
}

/// Of computers beyond the seats of a code, and of copies of one disk.
Result<void> look_at_installs(Projection& from, std::vector<Alert>& out) {
  KIP_TRY(const auto doubtful, from.installs.doubtful());
  for (const InstallRecord& install : doubtful) {
    if (install.standing == Standing::retired) continue;
    out.push_back({AlertKind::install_held, install.id.str(),
                   fmt::format("{} ({}) of customer {}, {}", install.id.str(), install.label, install.customer.str(),
                               install.product.str()),
                   install.enrolled,
                   install.disputed ? "more than one computer reports with its key"
                                    : "more computers have used its enrolment code than that has seats"});
  }
  return {};
}

}  // namespace

Result<std::vector<Alert>> AlertConditions::look(const std::vector<AlertRecord>& open) const {
  std::vector<Alert> out;
  {
    KIP_TRY(const auto unit, ports_.store.begin(ports_.recorder.tenant(), Access::read));
    KIP_TRY_VOID(look_at_obligations(unit->projection(), open, out));
    KIP_TRY_VOID(look_at_rollouts(unit->projection(), out));
    KIP_TRY_VOID(look_at_stamps(unit->stamps(), out));
    KIP_TRY_VOID(look_at_tokens(unit->projection(), out));
    KIP_TRY_VOID(look_at_installs(unit->projection(), out));
  }
  KIP_TRY_VOID(look_at_metadata(out));
  KIP_TRY_VOID(look_at_calendars(out));
  std::stable_sort(out.begin(), out.end(), [](const Alert& a, const Alert& b) { return a.kind < b.kind; });
  return out;
}

Result<void> AlertConditions::look_at_obligations(Projection& from, const std::vector<AlertRecord>& open,
                                                  std::vector<Alert>& out) const {
  const Instant now = ports_.recorder.now();
  KIP_TRY(const auto entries, ports_.board.judge_all(from, now, Detail::tallies));
  for (const BoardEntry& entry : entries) {
    const ObligationView& view = entry.view;
    const bool missed = view.state == ObligationState::missed;
    if ((!missed && view.state != ObligationState::at_risk) || !view.due) continue;
    Alert alert{missed ? AlertKind::obligation_missed : AlertKind::obligation_at_risk, std::to_string(view.number),
                title_of(view), view.due->due, customers_of(view)};
    const bool stands =
        std::any_of(open.begin(), open.end(), [&](const AlertRecord& one) { return one.alert.is_about_same(alert); });
    if (!missed || stands || now < view.due->due + kNews) out.push_back(std::move(alert));
  }
  return {};
}

Result<void> AlertConditions::look_at_stamps(StampTable& stamps, std::vector<Alert>& out) const {
  const Instant now = ports_.recorder.now();
  std::map<std::string, Alert> silent;
  KIP_TRY(const auto open, stamps.all());
  for (const tsp::Stamp& stamp : open) {
    const bool no_answer = stamp.state == tsp::StampState::pending && stamp.failures > 0;
    if (!no_answer && stamp.state != tsp::StampState::bad) continue;
    KIP_TRY(const auto subject, stamps.subject(stamp.subject));
    if (!subject || now < subject->wanted + kAuthorityPatience) continue;
    Alert alert{AlertKind::authority_silent, stamp.authority, stamp.authority, subject->wanted, stamp.problem};
    const auto [place, is_new] = silent.try_emplace(stamp.authority, alert);
    if (!is_new && *alert.at < *place->second.at) place->second = std::move(alert);
  }
  for (auto& [authority, alert] : silent)
    out.push_back(std::move(alert));
  return {};
}

Result<void> AlertConditions::look_at_metadata(std::vector<Alert>& out) const {
  const Instant now = ports_.recorder.now();
  KIP_TRY(const auto expiring, ports_.publisher.expiring_before(now + kMetadataAhead));
  for (const RoleExpiry& one : expiring)
    out.push_back({AlertKind::metadata_expiring, one.role, one.role, one.expires, "officers have to sign it anew"});
  KIP_TRY(const auto timestamp, ports_.publisher.timestamp_expires());
  if (timestamp && *timestamp < now + kTimestampAhead) {
    out.push_back({AlertKind::metadata_expiring, "timestamp", "timestamp", *timestamp,
                   "the server has not been able to renew it; its log says why"});
  }
  return {};
}

Result<void> AlertConditions::look_at_tokens(Projection& from, std::vector<Alert>& out) const {
  const Instant now = ports_.recorder.now();
  KIP_TRY(const auto tokens, from.tokens.all());
  for (const TokenRecord& token : tokens) {
    if (!token.is_good(now) || !token.expires || *token.expires >= now + kTokenAhead) continue;
    // One that was never meant to live for longer tells nobody anything new.
    if (*token.expires - token.created <= kTokenAhead) continue;
    out.push_back(
        {AlertKind::token_expiring, token.id(),
         fmt::format("{} of {}{}{}", token.id(), token.person.str(), token.label.empty() ? "" : ": ", token.label),
         *token.expires});
  }
  return {};
}

Result<void> AlertConditions::look_at_calendars(std::vector<Alert>& out) const {
  for (const Calendar* calendar : ports_.board.calendars().all()) {
    KIP_TRY(const LegalDate today, ports_.board.day_in(calendar->country(), ports_.recorder.now()));
    if (!coverage_warning(*calendar, today)) continue;
    out.push_back({AlertKind::calendar_ending, calendar->country(), calendar->version(),
                   Instant(calendar->coverage().to), "limits beyond it count without holidays that are not fixed"});
  }
  return {};
}

}  // namespace kip::server
