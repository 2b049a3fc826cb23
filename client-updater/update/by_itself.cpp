#include <fmt/format.h>

#include <client-updater/update/by_itself.hpp>
#include <client-updater/update/contract.hpp>

namespace kip::updater {
namespace {

/// What is to be told to the vendor where it is news.
Result<void> note_waiting(Install& install, const Release& release, Waiting waiting) {
  State next = install.state();
  const std::optional<WaitingVersion> now =
      waiting == Waiting::nothing ? std::nullopt : std::optional(WaitingVersion{release.version, waiting});
  if (next.waiting == now) return {};
  next.waiting = now;
  std::optional<Report> report;
  const Target target{release.version, release.manifest};
  // A deferral was reported when it was made.
  if (waiting == Waiting::window)
    report = Report{InstallState::waiting_window, target, "for the next maintenance window"};
  if (waiting == Waiting::vendors_window)
    report = Report{InstallState::waiting_window, target, "for the next window of the vendor's rollout"};
  if (waiting == Waiting::filing_day)
    report = Report{InstallState::waiting_window, target, "for the end of filing days"};
  return install.save(std::move(next), report);
}

/// Whether officers let the release be installed now without regard to what would make it wait, and the contract too.
Result<bool> is_forced(Install& install, const Narrator& narrator, const CheckResult& offer) {
  const auto from = forced_from(*offer.release, *offer.rollout);
  if (!from || install.ports().clock.now() < *from) return false;
  KIP_TRY(const Postponement contract, ask_postponement(install, narrator));
  return contract.force_allowed;
}

/// Whether the vendor's rollout lets the version be put in use at this time of the week.
bool is_in_window(const CheckResult& offer, const LocalMoment& local) {
  if (offer.release->version != offer.rollout->version) return true;
  const auto windows = WeeklyTimes::parse(offer.rollout->windows);
  return !windows || windows->empty() || windows->includes(local);
}

}  // namespace

Result<UpdateResult> update_by_itself(Install& install, const Narrator& narrator, const Schedule& schedule,
                                      const LocalMoment& local) {
  const auto may_begin = [&](const CheckResult& offer) -> Result<Waiting> {
    const Release& release = *offer.release;
    Waiting waiting =
        waits_for(schedule, local, install.state().deferral, release.version, install.ports().clock.now());
    if (waiting == Waiting::nothing && !is_in_window(offer, local)) waiting = Waiting::vendors_window;
    if (waiting != Waiting::nothing) {
      KIP_TRY(const bool forced, is_forced(install, narrator, offer));
      if (forced) waiting = Waiting::nothing;
    }
    KIP_TRY_VOID(note_waiting(install, release, waiting));
    return waiting;
  };
  return update(install, narrator, false, may_begin);
}

Result<DeferResult> defer(Install& install, const Narrator& narrator, Instant until, const std::string& reason) {
  KIP_TRY(const CheckResult offer, check(install, narrator));
  if (offer.kind != OfferKind::available) {
    return fail(ErrorCode::conflict, "there is no version that would be installed here now: nothing can be put off");
  }
  const Release& release = *offer.release;
  if (until <= install.ports().clock.now()) {
    return fail(ErrorCode::usage, format_instant(until) + " is past; name a later time with --until");
  }
  KIP_TRY(const Postponement contract, ask_postponement(install, narrator));
  if (!contract.allowed) {
    return fail(ErrorCode::conflict,
                fmt::format("by the contract updates are not put off: version {} is installed in the next maintenance "
                            "window. If that harms your work, call the vendor",
                            release.version.str()));
  }
  const auto forced = forced_from(release, *offer.rollout);
  if (contract.force_allowed && forced && until > *forced) {
    return fail(ErrorCode::usage, fmt::format("version {} may be put off until {} at most: by the contract it is "
                                              "installed from then on",
                                              release.version.str(), format_instant(*forced)));
  }
  State next = install.state();
  next.deferral = Deferral{release.version, until, reason};
  KIP_TRY_VOID(install.save(std::move(next), Report{InstallState::deferred,
                                                    {release.version, release.manifest},
                                                    fmt::format("until {}: {}", format_instant(until), reason)}));
  return DeferResult{*install.state().deferral};
}

Result<UndeferResult> undefer(Install& install, const Narrator& narrator) {
  KIP_TRY_VOID(Applier(install, narrator).recover());
  UndeferResult result{install.state().deferral.has_value()};
  if (!result.was_deferred) return result;
  State next = install.state();
  next.deferral.reset();
  KIP_TRY_VOID(install.save(std::move(next), std::nullopt));
  return result;
}

}  // namespace kip::updater
