#include <fmt/format.h>

#include <client-updater/update/apply.hpp>
#include <client-updater/update/restore.hpp>

namespace kip::updater {
namespace {

/// The recorded release as officers list it now; nothing, and the reason, where it may not be used.
Result<std::optional<ListedRelease>> find_recorded(Install& install, const std::optional<ReplacedInstall>& replaced,
                                                   std::string& reason) {
  using Found = std::optional<ListedRelease>;
  if (!replaced) {
    reason = "the code was made for one more computer and replaces none";
    return Found();
  }
  if (!replaced->in_use) {
    reason = fmt::format("install {} had reported no version", replaced->id.str());
    return Found();
  }
  const auto& [version, manifest] = *replaced->in_use;
  if (const auto allowed = install.state().policy.check(version); !allowed) {
    reason = allowed.error().message;
    return Found();
  }
  auto listed = read_release(install, version);
  if (!listed && listed.error().code != ErrorCode::not_found) return Unexpected(std::move(listed).error());
  if (!listed || listed->release.manifest != manifest) {
    reason = fmt::format("the vendor's officers do not list version {} as it was any more", version.str());
    return Found();
  }
  return Found(*std::move(listed));
}

std::optional<Target> in_use(const Install& install) {
  const InstalledVersion* current = install.state().current();
  return current == nullptr ? std::nullopt : std::optional(current->target);
}

/// A machine without a version has nothing to lose by a restore at any hour.
Result<Waiting> at_once(const CheckResult&) {
  return Waiting::nothing;
}

}  // namespace

Result<RestoreResult> restore(Install& install, const Narrator& narrator, const EnrolmentCode& code) {
  RestoreResult result;
  KIP_TRY(result.replaced, ask_replaced(install, code));
  Applier applier(install, narrator,
                  result.replaced ? fmt::format("restored in place of install {}", result.replaced->id.str()) : "");
  KIP_TRY_VOID(applier.recover());
  KIP_TRY_VOID(applier.expect_not_held());
  result.current = in_use(install);
  if (result.current) {
    result.before = true;
    const bool as_recorded = result.replaced && result.replaced->in_use == result.current;
    if (!as_recorded) result.reason = "it was in use here already";
    return result;
  }
  KIP_TRY(const Listing listing, read_repository(install));
  KIP_TRY(std::optional<ListedRelease> recorded, find_recorded(install, result.replaced, result.reason));
  if (recorded) {
    KIP_TRY(const bool installed, applier.install_release({*std::move(recorded), listing.valid_until, true}));
    if (!installed) result.reason = "the vendor's officers took it away just before it would have been put in use";
  }
  if (!result.reason.empty()) {
    narrator.say(fmt::format("what is recorded is not restored: {}", result.reason));
    KIP_TRY(const UpdateResult instead, take_offer(install, applier, false, at_once));
    result.offer = instead.offer;
  }
  result.current = in_use(install);
  result.fetched = applier.fetched();
  return result;
}

}  // namespace kip::updater
