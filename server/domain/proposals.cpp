#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include <manifests/codec/choice.hpp>
#include <manifests/core/unicode.hpp>
#include <manifests/model/package_manifest.hpp>
#include <server/domain/pending.hpp>
#include <server/domain/proposals.hpp>
#include <signing/ceremony/summary.hpp>
#include <signing/ceremony/terms_change.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/tuf/publication_json.hpp>

namespace kip::server {
namespace {

constexpr std::uint64_t kMaxContent = 16U << 20U;
constexpr std::ptrdiff_t kMaxOpen = 100;
constexpr Choices<ReleaseState, 5> kReleaseStates{{{ReleaseState::signed_by_officers, "signed"},
                                                   {ReleaseState::approved, "approved"},
                                                   {ReleaseState::published, "published"},
                                                   {ReleaseState::superseded, "superseded"},
                                                   {ReleaseState::revoked, "revoked"}}};

Result<Proposal> require(Projection& from, const ProposalId& id) {
  KIP_TRY(auto found, from.proposals.find(id));
  if (!found) return fail(ErrorCode::not_found, fmt::format("there is no proposal {}", id.str()));
  return *std::move(found);
}

Unexpected decided_before(const Proposal& proposal) {
  return fail(ErrorCode::conflict, fmt::format("proposal {} was {} by {}", proposal.id.str(), to_string(proposal.state),
                                               proposal.decided_by));
}

/// The rollouts of these products.
std::vector<Rollout> of_products(const std::vector<Rollout>& all, const std::vector<Rollout>& products) {
  std::vector<Rollout> out;
  for (const Rollout& one : all) {
    const bool is_meant = std::any_of(products.begin(), products.end(),
                                      [&](const Rollout& wanted) { return wanted.product == one.product; });
    if (is_meant) out.push_back(one);
  }
  return out;
}

/// Whoever approves sees the time that a tie comes to now.
std::vector<Rollout> with_ties(std::vector<Rollout> asked, const std::vector<Rollout>& planned) {
  for (Rollout& one : asked) {
    if (one.force_before_due_hours) one.force_after = of_products(planned, {one}).front().force_after;
  }
  return asked;
}

bool says_the_same(const Proposal& a, const Proposal& b) {
  return a.made_by == b.made_by && a.content == b.content && a.rollouts == b.rollouts && a.instead_of == b.instead_of;
}

/// None where it only exchanges what belongs to all, as keys do.
std::set<ProductId> products_of(const Proposal& proposal) {
  std::set<ProductId> out;
  for (const ProposedRelease& one : proposal.releases)
    out.insert(one.product);
  for (const Rollout& one : proposal.rollouts)
    out.insert(one.product);
  return out;
}

/// Of those that wait beside it and are about the same. Each was made for what is public now.
void add_rivals(const Proposal& proposal, const std::vector<Proposal>& all, std::vector<std::string>& warnings) {
  const std::set<ProductId> products = products_of(proposal);
  for (const Proposal& one : all) {
    if (!one.is_open() || one.id == proposal.id) continue;
    const std::set<ProductId> theirs = products_of(one);
    const bool shares =
        std::any_of(theirs.begin(), theirs.end(), [&](const ProductId& product) { return products.contains(product); });
    if (!shares && !(theirs.empty() && products.empty())) continue;
    warnings.push_back(fmt::format(
        "proposal {} of {} waits as well and is about the same: once one of the two is published, the other may not be "
        "publishable any more; withdraw the one that is not meant (kip proposal decline)",
        one.id.str(), one.made_by));
  }
}

}  // namespace

std::string_view to_string(ReleaseState state) {
  return choice_text(kReleaseStates, state);
}

Result<HandedIn> Proposals::hand_in(const Actor& actor, const PublishRequest& request, const std::string& reason) {
  for (const Rollout& rollout : request.rollouts) {
    if (!rollout.paused || !is_blank(rollout.reason)) continue;
    return fail(ErrorCode::usage, fmt::format("say in \"reason\" why the rollout of {} is paused: customers are told",
                                              rollout.product.str()));
  }
  KIP_TRY(const Preview preview, publisher_.preview(request));
  if (preview.is_no_wider()) {
    PublishRequest now = request;
    now.instead_of = of_products(preview.before, request.rollouts);
    KIP_TRY(Published published, publisher_.publish(actor, now));
    return HandedIn{std::move(published), {}};
  }
  Proposal proposal{ProposalId::make(recorder_.now(), recorder_.random().ulid_bits())};
  proposal.made_by = actor.name;
  proposal.reason = reason;
  for (std::size_t i = 0; i < preview.news.size(); ++i) {
    const Release& release = preview.news[i].release;
    proposal.releases.push_back({release.product, release.version, preview.is_new[i]});
  }
  proposal.rollouts = with_ties(request.rollouts, preview.after);
  proposal.instead_of = of_products(preview.before, request.rollouts);
  KIP_TRY(HandedIn out, wait(actor, request, std::move(proposal)));
  out.warnings.insert(out.warnings.begin(), preview.warnings.begin(), preview.warnings.end());
  return out;
}

Result<HandedIn> Proposals::wait(const Actor& actor, const PublishRequest& request, Proposal proposal) {
  if (!request.publication.is_empty()) {
    const Bytes content = json::to_compact(to_json(request.publication));
    proposal.content = sha256(content);
    KIP_TRY(const auto upload, repository_.begin_upload(*proposal.content));
    KIP_TRY_VOID(upload->write(content));
    KIP_TRY_VOID(upload->finish());
  }
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY(const auto all, unit->projection().proposals.all());
  for (const Proposal& one : all) {
    if (!one.is_open() || !says_the_same(one, proposal)) continue;
    HandedIn again{{}, one};
    add_rivals(one, all, again.warnings);
    return again;
  }
  if (std::count_if(all.begin(), all.end(), [](const Proposal& one) { return one.is_open(); }) >= kMaxOpen) {
    return fail(ErrorCode::too_large,
                fmt::format("{} proposals wait already: approve, decline or withdraw some first", kMaxOpen));
  }
  KIP_TRY_VOID(recorder_.record(*unit, event_type::kProposalMade, actor, proposal_made_body(proposal)));
  KIP_TRY(Proposal made, require(unit->projection(), proposal.id));
  KIP_TRY_VOID(unit->commit());
  HandedIn out{{}, std::move(made)};
  add_rivals(proposal, all, out.warnings);
  return out;
}

Result<PublishRequest> Proposals::request_of(const Proposal& proposal) {
  PublishRequest out;
  out.rollouts = proposal.rollouts;
  if (!proposal.rollouts.empty()) out.instead_of = proposal.instead_of;
  if (!proposal.content) return out;
  KIP_TRY(const Bytes content, repository_.read_upload(*proposal.content, kMaxContent));
  if (sha256(content) != *proposal.content)
    return fail(ErrorCode::integrity,
                fmt::format("what officers signed for proposal {} is damaged", proposal.id.str()));
  KIP_TRY(const json::Value documents, json::parse(content, {.bytes = kMaxContent}));
  KIP_TRY(out.publication, tuf::read_publication(documents));
  return out;
}

Result<Proposal> Proposals::admit_approval(const Actor& actor, const ProposalId& id) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::read));
  KIP_TRY(Proposal proposal, require(unit->projection(), id));
  if (!proposal.is_open()) return decided_before(proposal);
  if (proposal.state == ProposalState::approved) return proposal;
  KIP_TRY(const auto voices, voices_of_actor(unit->projection(), actor.name));
  if (!voices.contains(proposal.made_by)) return proposal;
  return fail(ErrorCode::denied,
              fmt::format("{} made proposal {} or answers for who did: another person has to approve it", actor.name,
                          id.str()));
}

Result<void> Proposals::decide(const Actor& actor, const ProposalDecision& decision) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY(const Proposal proposal, require(unit->projection(), decision.proposal));
  // Somebody may have been faster.
  if (proposal.state == decision.state) return {};
  if (!proposal.is_open()) return decided_before(proposal);
  KIP_TRY_VOID(recorder_.record(*unit, event_type::kProposalDecided, actor, proposal_decided_body(decision)));
  return unit->commit();
}

Result<Published> Proposals::approve(const Actor& actor, const ProposalId& id) {
  KIP_TRY(const auto turn, deciding_.begin("another decision about a proposal"));
  KIP_TRY(const Proposal proposal, admit_approval(actor, id));
  KIP_TRY(const PublishRequest request, request_of(proposal));
  // What would not be accepted is not approved either, and nothing comes between.
  KIP_TRY(const Publisher::Writing writing, publisher_.begin_writing());
  KIP_TRY(Preview preview, publisher_.preview(request));
  if (proposal.state == ProposalState::waiting) KIP_TRY_VOID(decide(actor, {id, ProposalState::approved, {}}));
  KIP_TRY(Published published, publisher_.publish(actor, request, writing));
  KIP_TRY_VOID(decide(actor.settled(), {id, ProposalState::published, {}}));
  published.warnings = std::move(preview.warnings);
  return published;
}

/// Whether what it asks for is public: a crash may have come before that was recorded.
Result<bool> Proposals::is_live(const Proposal& proposal) {
  KIP_TRY(PublishRequest request, request_of(proposal));
  request.instead_of.reset();
  const auto preview = publisher_.preview(request);
  return preview && preview->news.empty() && preview->before == preview->after;
}

Result<void> Proposals::expect_not_live(const Actor& actor, const ProposalId& id) {
  std::optional<Proposal> proposal;
  {
    KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::read));
    KIP_TRY(proposal, require(unit->projection(), id));
  }
  if (proposal->state != ProposalState::approved) return {};
  KIP_TRY(const bool live, is_live(*proposal));
  if (!live) return {};
  KIP_TRY_VOID(decide(actor, {id, ProposalState::published, {}}));
  return fail(ErrorCode::conflict, fmt::format("proposal {} is published", id.str()));
}

Result<Proposal> Proposals::decline(const Actor& actor, const ProposalDecision& decision) {
  KIP_TRY(const auto turn, deciding_.begin("another decision about a proposal"));
  KIP_TRY_VOID(expect_not_live(actor, decision.proposal));
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY(const Proposal proposal, require(unit->projection(), decision.proposal));
  if (!proposal.is_open()) return decided_before(proposal);
  KIP_TRY(const auto voices, voices_of_actor(unit->projection(), actor.name));
  ProposalDecision made = decision;
  made.state = voices.contains(proposal.made_by) ? ProposalState::withdrawn : ProposalState::declined;
  KIP_TRY_VOID(recorder_.record(*unit, event_type::kProposalDecided, actor, proposal_decided_body(made)));
  KIP_TRY(Proposal decided, require(unit->projection(), decision.proposal));
  KIP_TRY_VOID(unit->commit());
  return decided;
}

Result<std::vector<Proposal>> Proposals::list(bool all) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::read));
  KIP_TRY(auto out, unit->projection().proposals.all());
  if (!all) std::erase_if(out, [](const Proposal& one) { return !one.is_open(); });
  std::reverse(out.begin(), out.end());
  return out;
}

ReleaseDiff Proposals::diff(const ReleaseList& list, const ListedRelease& listed, const ListedRelease* published,
                            bool is_new) {
  const Release& release = listed.release;
  ReleaseDiff out{{release.product, release.version, is_new}, listed.file.length};
  if (published != nullptr) out.lines = describe_terms_change(published->release, release);
  const auto manifest_of = [&](const ListedRelease& one) -> Result<PackageManifest> {
    KIP_TRY(const Sha256Digest digest, Sha256Digest::parse(one.file.hashes.at("sha256")));
    KIP_TRY(const Bytes bytes, repository_.read_manifest_of(digest));
    return PackageManifest::parse(bytes);
  };
  const ListedRelease* before = nullptr;
  for (const ListedRelease& one : list.releases()) {
    const bool earlier = one.release.product == release.product && one.release.version < release.version;
    if (earlier && (before == nullptr || before->release.version < one.release.version)) before = &one;
  }
  if (before != nullptr) out.compared_with = before->release.version;
  const auto manifest = manifest_of(listed);
  const auto earlier =
      before == nullptr ? Result<PackageManifest>(fail(ErrorCode::not_found, "")) : manifest_of(*before);
  if (!manifest || (before != nullptr && !earlier)) {
    out.unreadable = manifest ? earlier.error().message : manifest.error().message;
    return out;
  }
  const auto terms = describe_release(*manifest, release);
  out.lines.insert(out.lines.end(), terms.begin(), terms.end());
  const auto files = describe_files(before == nullptr ? nullptr : &*earlier, *manifest);
  out.lines.insert(out.lines.end(), files.begin(), files.end());
  return out;
}

Result<ProposalDetail> Proposals::show(const ProposalId& id) {
  ProposalDetail out{Proposal{id}, {}};
  std::vector<Proposal> all;
  {
    KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::read));
    KIP_TRY(out.proposal, require(unit->projection(), id));
    KIP_TRY(all, unit->projection().proposals.all());
  }
  KIP_TRY(const PublishRequest request, request_of(out.proposal));
  if (out.proposal.is_open()) {
    auto preview = publisher_.preview(request);
    out.warnings = preview ? std::move(preview->warnings)
                           : std::vector{"it could not be published as things are: " + preview.error().message};
    add_rivals(out.proposal, all, out.warnings);
  }
  if (!out.proposal.content) return out;
  tuf::RepositoryFiles files;
  files.targets = request.publication.targets;
  files.delegated = request.publication.delegated;
  KIP_TRY(const ReleaseList list, ReleaseList::create(files));
  KIP_TRY(const tuf::RepositoryFiles current, repository_.current());
  KIP_TRY(const ReleaseList live, ReleaseList::create(current));
  for (const ProposedRelease& one : out.proposal.releases) {
    const ListedRelease* listed = list.find(one.product, one.version);
    if (listed == nullptr) continue;
    // Once it is decided, what is published may be just this.
    const ListedRelease* published = out.proposal.is_open() ? live.find(one.product, one.version) : nullptr;
    out.releases.push_back(diff(list, *listed, published, one.is_new));
  }
  return out;
}

Result<std::vector<StandingRelease>> Proposals::releases() {
  KIP_TRY(const tuf::RepositoryFiles files, repository_.current());
  KIP_TRY(const ReleaseList list, ReleaseList::create(files));
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::read));
  std::map<std::pair<ProductId, Version>, StandingRelease> out;
  for (const ListedRelease& listed : list.releases()) {
    const Release& release = listed.release;
    StandingRelease standing{release.product, release.version, ReleaseState::published, release.acts};
    KIP_TRY(const auto publication, unit->projection().publications.find({release.product, release.version.str()}));
    if (publication) standing.published_at = publication->published_at;
    KIP_TRY(const auto rollout, unit->projection().rollouts.find(release.product));
    if (rollout && release.version < rollout->rollout.version) standing.state = ReleaseState::superseded;
    const ProductPolicy& policy = list.policy(release.product);
    if (const std::string* reason = policy.revocation(release.version)) {
      standing.state = ReleaseState::revoked;
      standing.reason = *reason;
    }
    out.emplace(std::pair(release.product, release.version), std::move(standing));
  }
  KIP_TRY(const auto proposals, unit->projection().proposals.all());
  for (const Proposal& proposal : proposals) {
    if (!proposal.is_open()) continue;
    for (const ProposedRelease& one : proposal.releases) {
      const auto [at, is_new] =
          out.try_emplace(std::pair(one.product, one.version), StandingRelease{one.product, one.version});
      at->second.proposal = proposal.id;
      if (!is_new) continue;
      at->second.state =
          proposal.state == ProposalState::approved ? ReleaseState::approved : ReleaseState::signed_by_officers;
    }
  }
  std::vector<StandingRelease> sorted;
  for (auto& [key, standing] : out)
    sorted.push_back(std::move(standing));
  return sorted;
}

}  // namespace kip::server
