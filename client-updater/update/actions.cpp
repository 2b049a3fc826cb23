#include <fmt/format.h>

#include <client-updater/update/actions.hpp>
#include <client-updater/update/databases.hpp>
#include <client-updater/update/editable.hpp>
#include <client-updater/update/offer.hpp>
#include <client-updater/update/probes.hpp>
#include <client-updater/update/versions.hpp>

namespace kip::updater {
Result<Event> Actions::perform(Do what, const Attempt& attempt) {
  const Target& target = *attempt.target;
  const Switch change{target, attempt.from};
  switch (what) {
    case Do::admit:
      return admit(target);
    case Do::download:
      return fetch();
    case Do::stage:
      return stage(target);
    case Do::verify_kept:
      return verify_kept(target);
    case Do::ask_again:
      return ask_again(target);
    case Do::switch_over:
      return switch_over(change);
    case Do::check_health:
      return check_health(change);
    case Do::go_back:
      narrator_.say(fmt::format("version {} is being taken back", target.version.str()));
      KIP_TRY_VOID(placement_.go_back(change));
      return Happened::gone_back;
  }
  KIP_CHECK(false);
  return Happened::unwanted;
}

Result<Event> Actions::admit(const Target& target) {
  KIP_TRY_VOID(install_.state().policy.check(target.version));
  return Happened::admitted;
}

Result<Event> Actions::fetch() {
  KIP_CHECK(wanted_.has_value());
  KIP_TRY_VOID(supply_.fetch());
  return Happened::downloaded;
}

Result<Event> Actions::stage(const Target& target) {
  const auto accept = [&](const PackageManifest& manifest) -> Result<void> {
    KIP_TRY_VOID(expect_package_of(target, manifest));
    return expect_room_for(manifest);
  };
  const auto staging = layout().staging() / Layout::directory_name(target);
  KIP_TRY(PackageManifest unpacked, supply_.unpack(staging, accept));
  KIP_TRY_VOID(install_.manifests().add(std::move(unpacked)));
  KIP_TRY_VOID(files().sync_tree(layout().staging()));
  KIP_TRY(const auto manifest, install_.manifests().find(target.manifest));
  KIP_TRY_VOID(rehearse_migrations(install_, narrator_, *manifest, staging));
  return Happened::staged;
}

Result<void> Actions::expect_package_of(const Target& target, const PackageManifest& manifest) const {
  const PackageContent& content = manifest.content();
  if (content.product != install_.enrolment().product || content.version != target.version) {
    return fail(ErrorCode::integrity,
                fmt::format("the package is {} {}, officers signed it as {} {}", content.product.str(),
                            content.version.str(), install_.enrolment().product.str(), target.version.str()));
  }
  const InstalledVersion* current = install_.state().current();
  if (current == nullptr || manifest.follows(current->target.version)) return {};
  if (install_.state().policy.allows_downgrade(current->target.version, target.version)) return {};
  return fail(
      ErrorCode::conflict,
      fmt::format("version {} does not follow version {}, which is in use: the vendor has to roll out a version "
                  "between them first",
                  target.version.str(), current->target.version.str()));
}

Result<void> Actions::expect_room_for(const PackageManifest& manifest) const {
  constexpr std::uint64_t kBlock = 4096;  // a file takes whole blocks
  const std::uint64_t needed = manifest.total_size() + manifest.content().files.size() * kBlock;
  return expect_room(files(), layout().staging(), needed,
                     fmt::format("unpacking version {}", manifest.content().version.str()));
}

Result<Event> Actions::verify_kept(const Target& target) {
  KIP_TRY(const auto manifest, install_.manifests().find(target.manifest));
  narrator_.say(fmt::format("checking {} files of version {}", manifest->content().files.size(), target.version.str()));
  KIP_TRY_VOID(verify_version(files(), layout().version(target), *manifest));
  KIP_TRY_VOID(rehearse_migrations(install_, narrator_, *manifest, layout().version(target)));
  return Happened::staged;
}

Result<Event> Actions::ask_again(const Target& target) {
  const auto listing = read_repository(install_);
  if (!listing) {
    const bool unreachable = listing.error().code == ErrorCode::network || listing.error().code == ErrorCode::busy;
    if (!unreachable || install_.ports().clock.now() >= wanted_->valid_until) return Unexpected(listing.error());
    narrator_.say(fmt::format("the vendor could not be asked again ({}); what was verified before holds until {}",
                              listing.error().message, format_instant(wanted_->valid_until)));
    return Happened::wanted;
  }
  KIP_TRY_VOID(install_.state().policy.check(target.version));
  KIP_TRY(const bool wanted, is_wanted(target, *listing));
  return wanted ? Happened::wanted : Happened::unwanted;
}

Result<bool> Actions::is_wanted(const Target& target, const Listing& listing) {
  if (wanted_->by_record) {
    KIP_TRY(const ListedRelease listed, read_release(install_, target.version));
    return listed.release.manifest == target.manifest;
  }
  const Offer offer = judge_offer(listing, install_.state(), {true, install_.ports().clock.now()});
  if (offer.kind != OfferKind::available) return false;
  const Release& release = offer.release->release;
  return Target{release.version, release.manifest} == target;
}

Result<Event> Actions::switch_over(const Switch& change) {
  KIP_TRY(const bool is_committed, placement_.is_committed(change));
  if (!is_committed) KIP_TRY_VOID(placement_.prepare(change));
  KIP_TRY_VOID(placement_.switch_over(change));
  return Happened::switched;
}

Result<Event> Actions::check_health(const Switch& change) {
  KIP_TRY(const bool is_there, placement_.is_committed(change));
  if (!is_there) {
    return fail(ErrorCode::integrity,
                fmt::format("version {} was put in use and is not any more", change.to.version.str()));
  }
  KIP_TRY(const auto shared, install_.manifests().find(change.to.manifest));
  const PackageManifest& manifest = *shared;
  const std::filesystem::path tree = layout().tree(change.to);
  KIP_TRY_VOID(look_over_version(files(), tree, manifest));
  KIP_TRY_VOID(probe_databases(install_, manifest));
  KIP_TRY_VOID(placement_.let_programs_in());
  KIP_TRY_VOID(probe_application(install_, narrator_, hooks_, manifest, tree));
  KIP_TRY(kept_edited_, list_kept_edited(files(), tree, manifest));
  return Healthy{kept_edited_};
}

}  // namespace kip::updater
