#include <algorithm>

#include <fmt/format.h>

#include <client-updater/update/apply.hpp>
#include <client-updater/update/versions.hpp>

namespace kip::updater {

Applier::Applier(Install& install, const Narrator& narrator)
    : install_(install), narrator_(narrator), actions_(install, narrator), attempt_(install.state().attempt) {}

Result<void> Applier::recover() {
  if (attempt_.target) KIP_TRY_VOID(run(Started{.pointer_at_target = actions_.pointer_at(*attempt_.target)}));
  KIP_TRY_VOID(mend_pointer());
  return remove_unrecorded();
}

Result<bool> Applier::install_release(Wanted wanted) {
  const Target target{wanted.listed.release.version, wanted.listed.release.manifest};
  const InstalledVersion* current = install_.state().current();
  actions_.want(std::move(wanted));
  KIP_TRY_VOID(run(Begin{.move = Move::install,
                         .target = target,
                         .current = current == nullptr ? std::nullopt : std::optional(current->target)}));
  if (attempt_.phase != Phase::confirmed || attempt_.target != target) return false;
  if (const auto collected = collect(); !collected) {
    narrator_.say("what is no longer needed could not be removed: " + collected.error().message);
  }
  return true;
}

Result<void> Applier::take_back(const Target& target) {
  const InstalledVersion* current = install_.state().current();
  KIP_CHECK(current != nullptr);
  return run(Begin{.move = Move::rollback, .target = target, .current = current->target});
}

Result<void> Applier::run(Event event) {
  std::optional<Event> following = std::move(event);
  while (following) {
    Step next = step(attempt_, *following);
    following.reset();
    attempt_ = std::move(next.next);
    for (const Effect& effect : next.effects) {
      if (const auto* record = std::get_if<Record>(&effect)) {
        KIP_TRY_VOID(save(*record));
      } else if (const auto* stop = std::get_if<Stop>(&effect)) {
        return Unexpected(stop->error);
      } else {
        auto happened = actions_.perform(std::get<Do>(effect), *attempt_.target);
        following = happened ? Event(*happened)
                             : Event(Failed{std::move(happened).error(), actions_.pointer_at(*attempt_.target)});
      }
    }
  }
  return {};
}

Result<void> Applier::save(const Record& record) {
  std::optional<Report> report;
  if (record.report) {
    const bool about_left = *record.report == InstallState::rolled_back;
    report = Report{*record.report, about_left ? *attempt_.from : *attempt_.target, record.detail};
  }
  return install_.save(recorded(install_.state(), attempt_, record, install_.ports().clock.now()), report);
}

Result<void> Applier::mend_pointer() {
  const InstalledVersion* current = install_.state().current();
  if (current == nullptr) return {};
  const Target target = current->target;
  if (actions_.pointer_at(target)) return {};
  FileSystem& files = install_.ports().files;
  const Layout& layout = install_.layout();
  KIP_TRY(const bool is_there, path_exists(files, layout.version(target)));
  if (is_there) {
    narrator_.say(fmt::format("{} was changed by another hand; it is set back to version {}", layout.pointer().string(),
                              target.version.str()));
    KIP_TRY_VOID(files.write_pointer(layout.pointer(), layout.pointer_value(target)));
    return files.sync_directory(layout.app());
  }
  // Where even the directory of versions is gone, a disk may be missing: then nothing is forgotten.
  if (auto seen = files.list_directory(layout.versions()); !seen) return Unexpected(std::move(seen).error());
  narrator_.say(fmt::format("version {} was removed by another hand", target.version.str()));
  State next = install_.state();
  std::erase_if(next.versions, [&](const InstalledVersion& version) { return version.target == target; });
  return install_.save(std::move(next), std::nullopt);
}

Result<void> Applier::collect() {
  State next = install_.state();
  const InstalledVersion* newest = nullptr;
  for (const InstalledVersion& version : next.versions) {
    const bool candidate = !version.current && version.confirmed_at;
    if (candidate && (newest == nullptr || newest->committed_at < version.committed_at)) newest = &version;
  }
  const std::optional<Target> before = newest == nullptr ? std::nullopt : std::optional(newest->target);
  std::erase_if(next.versions,
                [&](const InstalledVersion& version) { return !version.current && version.target != before; });
  if (next != install_.state()) KIP_TRY_VOID(install_.save(std::move(next), std::nullopt));
  KIP_TRY_VOID(keep_only(install_.ports().files, install_.layout().downloads(), ""));
  return remove_unrecorded();
}

Result<void> Applier::remove_unrecorded() {
  std::vector<Target> known;
  for (const InstalledVersion& version : install_.state().versions)
    known.push_back(version.target);
  return remove_leftovers(install_.ports().files, install_.layout(), known);
}

}  // namespace kip::updater
