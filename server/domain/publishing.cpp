#include <algorithm>

#include <fmt/format.h>

#include <manifests/codec/reader.hpp>
#include <server/domain/publication_events.hpp>
#include <server/domain/publishing.hpp>
#include <server/domain/release_list.hpp>
#include <server/domain/staff_caller.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/tuf/client.hpp>

namespace kip::server {
namespace {

constexpr tuf::Limits kLimits;

using OnlineTargets = std::map<std::string, tuf::TargetFile, std::less<>>;

Result<tuf::Targets> read_targets(BytesView bytes) {
  KIP_TRY(const tuf::Document document, tuf::parse_document(bytes, kLimits.targets_bytes));
  return tuf::read_targets(document.body);
}

/// Only the header of any role's document.
Result<std::int64_t> version_of(BytesView bytes) {
  KIP_TRY(const tuf::Document document, tuf::parse_document(bytes, kLimits.targets_bytes));
  const json::Value* version = document.body.find("version");
  if (version == nullptr || version->as_integer() == nullptr) return fail(ErrorCode::malformed, "no version");
  return *version->as_integer();
}

Result<RoleVersions> versions_of(const tuf::RepositoryFiles& files) {
  RoleVersions out;
  const auto add = [&out](std::string_view role, const Bytes& bytes) -> Result<void> {
    KIP_TRY(out[std::string(role)], version_of(bytes));
    return {};
  };
  if (files.root) KIP_TRY_VOID(add(tuf::kRoot, *files.root));
  if (files.timestamp) KIP_TRY_VOID(add(tuf::kTimestamp, *files.timestamp));
  if (files.snapshot) KIP_TRY_VOID(add(tuf::kSnapshot, *files.snapshot));
  if (files.targets) KIP_TRY_VOID(add(tuf::kTargets, *files.targets));
  for (const auto& [role, bytes] : files.delegated)
    KIP_TRY_VOID(add(role, bytes));
  return out;
}

Result<OnlineTargets> online_targets(const tuf::RepositoryFiles& files) {
  const auto present = files.delegated.find(kRolloutsRole);
  if (present == files.delegated.end()) return OnlineTargets();
  KIP_TRY(tuf::Targets targets, read_targets(present->second));
  return std::move(targets.targets);
}

Result<std::vector<Rollout>> present_rollouts(const tuf::RepositoryFiles& files, RepositoryStore& repository) {
  KIP_TRY(const OnlineTargets targets, online_targets(files));
  std::vector<Rollout> out;
  for (const auto& [path, file] : targets) {
    KIP_TRY(const Bytes bytes, repository.read_target(tuf::target_location(path, file, true)));
    KIP_TRY(Rollout rollout, parse_rollout(bytes));
    out.push_back(std::move(rollout));
  }
  return out;
}

Result<void> place_targets(const ReleaseList& list, RepositoryStore& repository) {
  for (const auto& [path, file] : list.targets()) {
    const auto hash = file.hashes.find("sha256");
    if (hash == file.hashes.end()) {
      return fail(ErrorCode::malformed, fmt::format("the target {} is listed without a sha256", path));
    }
    KIP_TRY(const Sha256Digest digest, Sha256Digest::parse(hash->second));
    KIP_TRY_VOID(repository.place_target(tuf::target_location(path, file, true), digest, file.length));
  }
  return {};
}

/// So that nobody approves what could not be published.
Result<void> expect_uploaded(const ReleaseList& list, const ReleaseList& before, RepositoryStore& repository) {
  for (const auto& [path, file] : list.targets()) {
    const auto known = before.targets().find(path);
    if (known != before.targets().end() && known->second == file) continue;
    const auto hash = file.hashes.find("sha256");
    if (hash == file.hashes.end())
      return fail(ErrorCode::malformed, fmt::format("the target {} is listed without a sha256", path));
    KIP_TRY(const Sha256Digest digest, Sha256Digest::parse(hash->second));
    KIP_TRY(const auto there, repository.find_target(digest));
    if (there && std::cmp_equal(*there, file.length)) continue;
    return fail(ErrorCode::not_found,
                fmt::format("the target {} was not uploaded (PUT /targets/{})", path, digest.hex()));
  }
  return {};
}

Result<OnlineTargets> write_rollouts(const std::vector<Rollout>& rollouts, RepositoryStore& repository) {
  OnlineTargets out;
  for (const Rollout& rollout : rollouts) {
    const Bytes bytes = json::to_compact(to_json(rollout));
    const std::string path = rollout_target_path(rollout.product);
    const tuf::TargetFile file = tuf::target_of(bytes);
    KIP_TRY_VOID(repository.write_target(tuf::target_location(path, file, true), bytes));
    out.emplace(path, file);
  }
  return out;
}

/// Nobody may undo by an old wish what came meanwhile, such as a stop.
Result<void> expect_rollouts(const std::vector<Rollout>& present, const std::vector<Rollout>& expected) {
  for (const Rollout& one : expected) {
    const auto now = std::find_if(present.begin(), present.end(),
                                  [&](const Rollout& rollout) { return rollout.product == one.product; });
    if (now != present.end() && *now == one) continue;
    return fail(ErrorCode::conflict,
                fmt::format("the rollout of {} is not what it was when this was asked for: look at it, and ask anew "
                            "(kip rollout show {})",
                            one.product.str(), one.product.str()));
  }
  return {};
}

bool only_timestamp(const std::vector<tuf::NamedFile>& files) {
  return files.size() == 1 && files[0].name == "timestamp.json";
}

/// Whether more than half of the timestamp's life is left.
Result<bool> timestamp_is_fresh(const tuf::RepositoryFiles& files, std::chrono::hours life, Instant now) {
  if (!files.timestamp) return false;
  KIP_TRY(const tuf::Document document, tuf::parse_document(*files.timestamp, kLimits.timestamp_bytes));
  KIP_TRY(const tuf::Timestamp timestamp, tuf::read_timestamp(document.body));
  return timestamp.header.expires - now > life / 2;
}

}  // namespace

Result<std::vector<tuf::NamedFile>> Publisher::seal(tuf::RepositoryFiles& files, const OnlineTargets& targets) const {
  return tuf::seal(files, kRolloutsRole, targets, {keys_.timestamp, keys_.snapshot, keys_.rollouts}, lifetimes_,
                   recorder_.now());
}

bool Preview::is_no_wider() const {
  return news.empty() && std::all_of(after.begin(), after.end(), [&](const Rollout& next) {
           const auto now = std::find_if(before.begin(), before.end(),
                                         [&](const Rollout& one) { return one.product == next.product; });
           return now != before.end() && kip::is_no_wider(*now, next);
         });
}

Result<Publisher::Writing> Publisher::begin_writing() {
  KIP_TRY(OneAtATime::Turn turn, writing_.begin("another publication"));
  auto lock = repository_.lock();
  if (!lock && lock.error().code == ErrorCode::busy) {
    return fail(ErrorCode::busy, "another program is at work on the repository; try again in a few seconds");
  }
  if (!lock) return Unexpected(std::move(lock).error());
  return Writing{std::move(turn), *std::move(lock)};
}

/// What a request comes to, once all of it is verified.
struct Publisher::Plan {
  tuf::RepositoryFiles before;
  tuf::Accepted accepted;
  ReleaseList old_list;
  ReleaseList list;
  std::vector<Rollout> present;
  std::vector<Rollout> rollouts;
  std::vector<std::string> warnings;
};

/// Rollouts that were asked for, with the times that their ties come to.
struct Publisher::Tied {
  std::vector<Rollout> rollouts;
  std::vector<std::string> warnings = {};
};

Result<Publisher::Tied> Publisher::tie(std::vector<Rollout> asked, const std::vector<Rollout>& present,
                                       const ReleaseList& list) const {
  Tied out{std::move(asked)};
  for (Rollout& rollout : out.rollouts) {
    const ListedRelease* listed = list.find(rollout.product, rollout.version);
    // A stop never waits for anything.
    if (!rollout.force_before_due_hours || rollout.paused || listed == nullptr) continue;
    const auto live = std::find_if(present.begin(), present.end(),
                                   [&](const Rollout& one) { return one.product == rollout.product; });
    KIP_TRY(const auto limit, limit_(listed->release));
    KIP_TRY_VOID(tie_to_limit(rollout, live == present.end() ? nullptr : &*live, listed->release, limit));
    std::string warning = tie_warning(rollout, listed->release, limit);
    if (!warning.empty()) out.warnings.push_back(std::move(warning));
  }
  return out;
}

Result<Rollout> Publisher::tied_anew(const Rollout& rollout) {
  KIP_TRY(const tuf::RepositoryFiles files, repository_.current());
  KIP_TRY(const ReleaseList list, ReleaseList::create(files));
  KIP_TRY(auto tied, tie({rollout}, {rollout}, list));
  return std::move(tied.rollouts.front());
}

Result<Publisher::Plan> Publisher::plan(const PublishRequest& request) {
  KIP_TRY(tuf::RepositoryFiles before, repository_.current());
  KIP_TRY(tuf::Accepted accepted, tuf::accept(before, request.publication, kRolloutsRole, recorder_.now()));
  KIP_TRY(ReleaseList old_list, ReleaseList::create(before));
  KIP_TRY(ReleaseList list, ReleaseList::create(accepted.files));
  KIP_TRY(auto present, present_rollouts(before, repository_));
  if (request.instead_of) KIP_TRY_VOID(expect_rollouts(present, *request.instead_of));
  KIP_TRY(auto asked, tie(request.rollouts, present, list));
  KIP_TRY(auto rollouts, list.choose(present, asked.rollouts, old_list, recorder_.now()));
  // A trial: the keys must fit before anything is written.
  tuf::RepositoryFiles trial = accepted.files;
  KIP_TRY_VOID(seal(trial, {}));
  return Plan{std::move(before),  std::move(accepted), std::move(old_list),      std::move(list),
              std::move(present), std::move(rollouts), std::move(asked.warnings)};
}

Result<Preview> Publisher::preview(const PublishRequest& request) {
  KIP_TRY(Plan plan, this->plan(request));
  KIP_TRY_VOID(expect_uploaded(plan.list, plan.old_list, repository_));
  Preview out{{}, {}, std::move(plan.present), std::move(plan.rollouts), std::move(plan.warnings)};
  for (const ListedRelease* listed : plan.list.news_since(plan.old_list)) {
    out.news.push_back(*listed);
    out.is_new.push_back(!plan.old_list.lists(listed->release.product, listed->release.version));
    KIP_TRY(const auto unknown, unknown_acts(listed->release));
    out.warnings.insert(out.warnings.end(), unknown.begin(), unknown.end());
  }
  return out;
}

/// What a release says that it serves, and what would be owed by it to nobody.
Result<std::vector<std::string>> Publisher::unknown_acts(const Release& release) const {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::read));
  std::vector<std::string> out;
  for (const std::string& text : release.acts) {
    KIP_TRY(const ServedAct served, ServedAct::parse(text));
    KIP_TRY(const auto act, unit->projection().acts.find(served.key.str()));
    if (!act) {
      out.push_back(fmt::format("{} {} serves {}, which is not registered: no obligation is met by that (kip act add)",
                                release.product.str(), release.version.str(), served.key.str()));
    } else if (!served.part.empty() &&
               std::find(act->parts.begin(), act->parts.end(), served.part) == act->parts.end()) {
      out.push_back(fmt::format("{} {} serves the part \"{}\" of {}, which has no such part", release.product.str(),
                                release.version.str(), served.part, served.key.str()));
    }
  }
  return out;
}

Result<Published> Publisher::publish(const Actor& actor, const PublishRequest& request) {
  KIP_TRY(const Writing writing, begin_writing());
  return publish(actor, request, writing);
}

Result<Published> Publisher::publish(const Actor& actor, const PublishRequest& request, const Writing&) {
  KIP_TRY(Plan plan, this->plan(request));
  auto& [before, accepted, old_list, list, present, rollouts, warnings] = plan;
  KIP_TRY_VOID(expect_admitted(actor));
  KIP_TRY_VOID(place_targets(list, repository_));
  KIP_TRY(const OnlineTargets online, write_rollouts(rollouts, repository_));
  tuf::RepositoryFiles after = accepted.files;
  KIP_TRY(const auto sealed, seal(after, online));
  KIP_TRY(const bool fresh, timestamp_is_fresh(before, lifetimes_.timestamp, recorder_.now()));
  if (accepted.new_files.empty() && only_timestamp(sealed) && fresh) {
    after = before;
  } else {
    KIP_TRY_VOID(repository_.write_metadata(accepted.new_files));
    KIP_TRY_VOID(repository_.write_metadata(sealed));
  }
  KIP_TRY(auto releases, record_new(actor.settled(), after, rollouts));
  KIP_TRY(auto versions, versions_of(after));
  return Published{std::move(releases), std::move(versions), std::move(rollouts), std::move(warnings)};
}

/// Before anything becomes public; what is public is recorded, whoever left meanwhile.
Result<void> Publisher::expect_admitted(const Actor& actor) const {
  if (!actor.admission) return {};
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::read));
  return server::expect_admitted(*unit, *actor.admission, recorder_.now());
}

Result<std::vector<PublicationRecord>> Publisher::record_new(const Actor& actor, const tuf::RepositoryFiles& files,
                                                             const std::vector<Rollout>& rollouts) {
  if (!files.timestamp) return std::vector<PublicationRecord>();
  KIP_TRY(const ReleaseList list, ReleaseList::create(files));
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY(auto releases, record_releases(*unit, recorder_, actor, list, metadata_hashes(files)));
  KIP_TRY(const bool changed, record_rollouts(*unit, recorder_, actor, rollouts));
  if (!releases.empty() || changed) KIP_TRY_VOID(unit->commit());
  return releases;
}

Result<bool> Publisher::renew() {
  KIP_TRY(const Writing writing, begin_writing());
  KIP_TRY(tuf::RepositoryFiles files, repository_.current());
  if (!files.timestamp) return false;
  KIP_TRY(const bool fresh, timestamp_is_fresh(files, lifetimes_.timestamp, recorder_.now()));
  KIP_TRY(const OnlineTargets online, online_targets(files));
  KIP_TRY(const auto sealed, seal(files, online));
  if (only_timestamp(sealed) && fresh) return false;
  KIP_TRY_VOID(repository_.write_metadata(sealed));
  return true;
}

Result<std::size_t> Publisher::reconcile() {
  KIP_TRY(const Writing writing, begin_writing());
  KIP_TRY(const tuf::RepositoryFiles files, repository_.current());
  KIP_TRY(const auto rollouts, present_rollouts(files, repository_));
  KIP_TRY(const auto recorded, record_new(kServerActor, files, rollouts));
  return recorded.size();
}

Result<std::vector<RoleExpiry>> Publisher::expiring_before(Instant instant) {
  KIP_TRY(const tuf::RepositoryFiles files, repository_.current());
  std::vector<RoleExpiry> out;
  const auto check = [&](std::string_view role, const Bytes& bytes) -> Result<void> {
    KIP_TRY(const tuf::Document document, tuf::parse_document(bytes, kLimits.targets_bytes));
    json::ObjectReader in(document.body, role);
    const auto expires = in.parsed("expires", parse_instant);
    KIP_TRY_VOID(in.finish());
    if (*expires < instant) out.push_back({std::string(role), *expires});
    return {};
  };
  if (files.root) KIP_TRY_VOID(check(tuf::kRoot, *files.root));
  if (files.targets) KIP_TRY_VOID(check(tuf::kTargets, *files.targets));
  for (const auto& [role, bytes] : files.delegated) {
    if (role != kRolloutsRole) KIP_TRY_VOID(check(role, bytes));
  }
  return out;
}

Result<std::optional<Instant>> Publisher::timestamp_expires() {
  KIP_TRY(const tuf::RepositoryFiles files, repository_.current());
  if (!files.timestamp) return std::optional<Instant>();
  KIP_TRY(const tuf::Document document, tuf::parse_document(*files.timestamp, kLimits.timestamp_bytes));
  KIP_TRY(const auto timestamp, tuf::read_timestamp(document.body));
  return std::optional(timestamp.header.expires);
}

Result<RepositoryState> Publisher::state() {
  KIP_TRY(tuf::RepositoryFiles files, repository_.current());
  if (!files.timestamp) return fail(ErrorCode::not_found, "nothing is published yet");
  RepositoryState out;
  KIP_TRY(out.versions, versions_of(files));
  KIP_TRY(out.roots, repository_.roots());
  files.delegated.erase(std::string(kRolloutsRole));
  out.targets = std::move(files.targets);
  out.delegated = std::move(files.delegated);
  return out;
}

Result<Sha256Digest> Publisher::first_root() {
  KIP_TRY(const auto roots, repository_.roots());
  if (roots.empty()) {
    return fail(ErrorCode::conflict, "nothing is published yet, and an enrolment code names the root: publish first");
  }
  return sha256(roots.front());
}

}  // namespace kip::server
