#include <algorithm>

#include <fmt/format.h>

#include <client-updater/update/apply.hpp>
#include <client-updater/update/versions.hpp>

namespace kip::updater {

Applier::Applier(Install& install, const Narrator& narrator, std::string note)
    : install_(install),
      narrator_(narrator),
      note_(std::move(note)),
      placement_(install, narrator, make_placement(install.ports().files, install.layout(), install.manifests())),
      actions_(install, narrator, placement_),
      attempt_(install.state().attempt) {}

Result<void> Applier::recover() {
  const bool was_interrupted = is_unsettled(attempt_.phase) && attempt_.phase != Phase::held;
  if (attempt_.target) {
    const auto done = run(Started{.switched = has_switched()});
    if (!done && attempt_.phase != Phase::reverted) return done;
    if (!done) narrator_.say(done.error().message);
  }
  if (!is_settled()) return {};
  if (was_interrupted && attempt_.phase == Phase::confirmed) {
    narrator_.say(
        fmt::format("version {} is in use now: what had been interrupted is finished", attempt_.target->version.str()));
    KIP_TRY_VOID(keep_only(install_.ports().files, install_.layout().downloads(), ""));
  }
  KIP_TRY_VOID(mend());
  KIP_TRY_VOID(placement_.settle());
  return remove_unrecorded();
}

Result<void> Applier::resume(ResumeWay way) {
  if (attempt_.phase != Phase::held)
    return fail(ErrorCode::conflict, "this install is not held: there is nothing to resume");
  if (way == ResumeWay::back_losing_changes) placement_.accept_loss();
  const auto done = run(Resume{.keeps = way == ResumeWay::keep});
  if (!is_settled()) return done;
  if (!done) narrator_.say(done.error().message);
  return placement_.settle();
}

Result<void> Applier::expect_not_held() const {
  if (attempt_.phase != Phase::held) return {};
  return Unexpected(held_error(attempt_));
}

bool Applier::is_settled() const {
  const Phase phase = attempt_.phase;
  return phase != Phase::committed && phase != Phase::reverting && phase != Phase::held;
}

bool Applier::has_switched() {
  const auto committed = placement_.is_committed({*attempt_.target, attempt_.from});
  return !committed || *committed;
}

Result<bool> Applier::install_release(Wanted wanted) {
  const Target target{wanted.listed.release.version, wanted.listed.release.manifest};
  const InstalledVersion* current = install_.state().current();
  actions_.want(std::move(wanted));
  const auto done = run(Begin{.move = Move::install,
                              .target = target,
                              .current = current == nullptr ? std::nullopt : std::optional(current->target)});
  const bool installed = done && attempt_.phase == Phase::confirmed && attempt_.target == target;
  if (installed || attempt_.phase == Phase::reverted) tidy_up(installed);
  if (!done) return Unexpected(done.error());
  return installed;
}

Result<void> Applier::take_back(const Target& target) {
  const InstalledVersion* current = install_.state().current();
  KIP_CHECK(current != nullptr);
  const auto done = run(Begin{.move = Move::rollback, .target = target, .current = current->target});
  if (attempt_.phase == Phase::confirmed || attempt_.phase == Phase::reverted) tidy_up(false);
  return done;
}

Result<void> Applier::run(Event event) {
  std::optional<Event> following = std::move(event);
  while (following) {
    Step next = step(attempt_, *following);
    following.reset();
    attempt_ = std::move(next.next);
    for (const Effect& effect : next.effects) {
      if (const auto* record = std::get_if<Record>(&effect)) {
        if (auto saved = save(*record); !saved) {
          attempt_ = install_.state().attempt;  // what is durable is what counts
          return saved;
        }
      } else if (const auto* stop = std::get_if<Stop>(&effect)) {
        return Unexpected(stop->error);
      } else {
        auto happened = actions_.perform(std::get<Do>(effect), attempt_);
        following = happened ? *std::move(happened) : Event(Failed{std::move(happened).error(), has_switched()});
      }
    }
  }
  return {};
}

Result<void> Applier::save(const Record& record) {
  std::optional<Report> report;
  if (record.report) {
    // What a person goes back from is the version left, what goes back by itself is the target.
    const bool about_left = *record.report == InstallState::rolled_back && attempt_.move == Move::rollback;
    const char* const between = note_.empty() || record.detail.empty() ? "" : "; ";
    report = Report{*record.report, about_left ? *attempt_.from : *attempt_.target, note_ + between + record.detail};
  }
  return install_.save(recorded(install_.state(), attempt_, record, install_.ports().clock.now()), report);
}

Result<void> Applier::mend() {
  const InstalledVersion* current = install_.state().current();
  if (current == nullptr) return {};
  const Target target = current->target;
  KIP_TRY(const bool is_there, placement_.mend(target, narrator_));
  if (is_there) return {};
  // Where even the directory of versions is gone, a disk may be missing: then nothing is forgotten.
  if (auto seen = install_.ports().files.list_directory(install_.layout().versions()); !seen)
    return Unexpected(std::move(seen).error());
  narrator_.say(fmt::format("version {} was removed by another hand", target.version.str()));
  State next = install_.state();
  std::erase_if(next.versions, [&](const InstalledVersion& version) { return version.target == target; });
  return install_.save(std::move(next), std::nullopt);
}

void Applier::tidy_up(bool forgets) {
  auto done = placement_.settle();
  if (done && forgets) done = forget_old();
  if (done) done = remove_unrecorded();
  if (!done) narrator_.say("what is no longer needed could not be removed: " + done.error().message);
}

Result<void> Applier::forget_old() {
  State next = install_.state();
  const InstalledVersion* newest = nullptr;
  for (const InstalledVersion& version : next.versions) {
    const bool candidate = !version.current && version.confirmed_at;
    if (candidate && (newest == nullptr || newest->committed_at < version.committed_at)) newest = &version;
  }
  const std::optional<Target> before = newest == nullptr ? std::nullopt : std::optional(newest->target);
  const std::vector<Target>& kept = install_.kept();
  std::erase_if(next.versions, [&](const InstalledVersion& version) {
    return !version.current && version.target != before &&
           std::find(kept.begin(), kept.end(), version.target) == kept.end();
  });
  if (next != install_.state()) KIP_TRY_VOID(install_.save(std::move(next), std::nullopt));
  return keep_only(install_.ports().files, install_.layout().downloads(), "");
}

Result<void> Applier::remove_unrecorded() {
  std::vector<Target> known;
  for (const InstalledVersion& version : install_.state().versions)
    known.push_back(version.target);
  return remove_leftovers(install_.ports().files, install_.layout(), known);
}

}  // namespace kip::updater
