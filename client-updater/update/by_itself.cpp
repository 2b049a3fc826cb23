#include <fmt/format.h>

#include <client-updater/update/by_itself.hpp>

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
  if (waiting == Waiting::filing_day)
    report = Report{InstallState::waiting_window, target, "for the end of filing days"};
  return install.save(std::move(next), report);
}

}  // namespace

Result<UpdateResult> update_by_itself(Install& install, const Narrator& narrator, const Schedule& schedule,
                                      const LocalMoment& local) {
  const auto may_begin = [&](const Release& release) -> Result<Waiting> {
    const Waiting waiting = waits_for(schedule, local, install.state().deferral, release.version, release.force_after,
                                      install.ports().clock.now());
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
  if (release.force_after && until > *release.force_after) {
    return fail(ErrorCode::usage, fmt::format("version {} may be put off until {} at most: by the contract it is "
                                              "installed from then on",
                                              release.version.str(), format_instant(*release.force_after)));
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
