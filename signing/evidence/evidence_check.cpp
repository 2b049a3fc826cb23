#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <signing/crypto/sha256.hpp>
#include <signing/evidence/claimed_authorities.hpp>
#include <signing/evidence/evidence_check.hpp>
#include <signing/evidence/evidence_claims.hpp>
#include <signing/evidence/evidence_pages.hpp>
#include <signing/evidence/evidence_scope.hpp>
#include <signing/evidence/seen_heads.hpp>
#include <signing/evidence/witness_check.hpp>

namespace kip {
namespace {

constexpr std::string_view kRoots = "metadata/root/";
constexpr std::string_view kPackages = "packages/";

/// Goes through a bundle step by step.
class Examination {
 public:
  Examination(const EvidenceFiles& files, const TrustPolicy& policy, const EvidencePorts& ports)
      : files_(files), policy_(policy), ports_(ports) {}

  // A step that does not hold stands in the report.
  EvidenceReport run_without_claims() {
    if (read()) static_cast<void>(judge(report_, policy_, ports_.now));
    return std::move(report_);
  }
  EvidenceReport run(const std::vector<LogHeads>& kept) {
    if (check()) check_kept_heads(kept);
    return std::move(report_);
  }

 private:
  /// Notes how a step went; false where nothing can rest on it.
  template <class T>
  static bool note(EvidenceReport& report, std::string name, const Result<T>& result, std::string found) {
    report.steps.push_back({std::move(name), bool(result), result ? std::move(found) : result.error().message});
    return bool(result);
  }
  template <class T>
  bool note(std::string name, const Result<T>& result, std::string found) {
    return note(report_, std::move(name), result, std::move(found));
  }

  bool check() {
    const auto owner = check_sums(files_);
    if (!note("the bundle is whole", owner, fmt::format("{} files as SHA256SUMS lists them", files_.size())))
      return false;
    if (!read()) return false;
    const EvidenceReport common = report_;
    return judge(report_, policy_, ports_.now) && check_seal(*owner) && check_claims(common);
  }

  /// What is so whomever somebody believes of time.
  bool read() { return read_index() && take_officers() && take_logs() && take_books(); }

  bool read_index() {
    auto index = parse_evidence_index(content_of(files_, EvidenceIndex::kPath));
    if (index && index->tenant != policy_.tenant) {
      index = fail(ErrorCode::signature, fmt::format("it is a bundle of {}, and the policy is about {}",
                                                     index->tenant.str(), policy_.tenant.str()));
    }
    if (!note("the bundle is of the vendor", index, index ? index->tenant.str() : "")) return false;
    report_.index = *std::move(index);
    return true;
  }

  bool take_officers() {
    std::vector<Bytes> roots;
    for (auto file = files_.lower_bound(kRoots); file != files_.end() && file->first.starts_with(kRoots); ++file)
      roots.push_back(file->second);
    for (const auto& [name, content] : files_) {
      if (name.starts_with("metadata/")) by_hash_.emplace(sha256(content), &content);
    }
    auto officers = OfficerWord::create(policy_.root, roots, [this](const Sha256Digest& hash) {
      const auto found = by_hash_.find(hash);
      return found == by_hash_.end() ? nullptr : found->second;
    });
    const Bytes* targets = find_metadata(report_.index->officers);
    Result<LogKeys> keys = !officers  ? Result<LogKeys>(Unexpected(officers.error()))
                           : !targets ? fail(ErrorCode::not_found, "the officers' metadata is missing")
                                      : officers->log_keys(*targets);
    if (keys && keys->tenant != policy_.tenant) keys = fail(ErrorCode::signature, "they are keys of another vendor");
    if (!note("the officers' keys", keys, "they lead from the root that you trust to the keys of the logs"))
      return false;
    officers_.emplace(*std::move(officers));
    report_.keys.emplace(*std::move(keys));
    return true;
  }

  const Bytes* find_metadata(const Sha256Digest& hash) const {
    const auto found = by_hash_.find(hash);
    return found == by_hash_.end() ? nullptr : found->second;
  }

  bool take_logs() {
    auto open = OpenLog::read(files_, *report_.index, *report_.keys);
    if (!note("the log O", open,
              open ? fmt::format("{} entries, each signed, have the root of the signed checkpoint",
                                 open->entries().size())
                   : ""))
      return false;
    open_.emplace(*std::move(open));
    if (!check_open_log()) return false;
    auto closed = PrivateLog::read(files_, *report_.index, *report_.keys, *open_);
    if (!note("the log R", closed,
              closed ? fmt::format("{} of {} entries are shown, each proven to stand in it", closed->events().size(),
                                   closed->size())
                     : ""))
      return false;
    closed_.emplace(*std::move(closed));
    return true;
  }

  /// Heads of it that the log has signed are of these entries, and it is of the server of which the bundle is.
  bool check_open_log() {
    const std::string fork = find_own_fork(files_, report_.index->logs, *report_.keys);
    if (!fork.empty()) {
      report_.steps.push_back({"heads that the log has signed", false, fork});
      return false;
    }
    const auto& entries = open_->entries();
    const bool known = entries.empty() || std::any_of(entries.begin(), entries.end(), [&](const OpenEntry& one) {
                         return one.entry.origin == report_.index->origin;
                       });
    if (!known)
      report_.steps.push_back({"the server", false, fmt::format("no entry of O is of {}", report_.index->origin)});
    return known;
  }

  bool take_books() {
    auto vendor = VendorBook::read(*open_);
    if (!note("what the vendor has logged", vendor,
              vendor ? fmt::format("{} acts, {} releases, {} obligations without a gap in their numbers",
                                   vendor->acts().size(), vendor->releases().size(), vendor->obligations().size())
                     : ""))
      return false;
    vendor_.emplace(*std::move(vendor));
    auto installs = InstallBook::read(*closed_);
    if (!note("receipts", installs,
              installs ? fmt::format("{} of {} installs, each signed by its install", installs->receipts(),
                                     installs->installs().size())
                       : ""))
      return false;
    report_.installs = std::make_shared<const InstallBook>(*std::move(installs));
    auto scope = check_scope(*report_.index, *vendor_, *report_.installs, *closed_);
    if (!note("what the bundle is about", scope, scope ? *scope : "")) return false;
    take_seen_heads();
    check_releases();
    take_packages();
    report_.head = open_->newest();
    return true;
  }

  void take_witnesses(EvidenceReport& report, const TrustPolicy& policy) const {
    const auto newest = std::find_if(report.index->logs.rbegin(), report.index->logs.rend(),
                                     [](const LoggedSpan& span) { return span.life.log == LogName::o; });
    const WitnessFinding found = look_at_witnesses(files_, *newest, policy);
    report.witnesses = found.names;
    if (policy.witness_quorum > 0 || !found.contradiction.empty()) {
      report.steps.push_back(
          {"witnesses", found.covered > 0 && found.contradiction.empty(),
           !found.contradiction.empty()
               ? found.contradiction
               : fmt::format("{} of {} that you asked for have signed; a quorum has seen {} of {} entries of O",
                             found.names.size(), policy.witness_quorum, found.covered, found.total)});
    }
    if (found.covered == 0) report.not_proven.push_back({Gap::one_history});
    if (found.covered > 0 && found.covered < found.total)
      report.not_proven.push_back({Gap::newest_entries, found.covered, found.total});
  }

  void take_seen_heads() {
    const SeenHeads seen = compare_seen_heads(files_, report_.index->logs, *report_.installs, *open_);
    const std::size_t named = seen.agree + seen.disagree;
    if (named + seen.elsewhere + seen.lost == 0) return;
    std::string found = fmt::format("{} of {} receipts that name a head name a beginning of O", seen.agree, named);
    if (seen.elsewhere > 0) found += fmt::format("; {} more name a log that is not in the bundle", seen.elsewhere);
    if (seen.lost > 0) found += fmt::format("; {} more name entries that are lost", seen.lost);
    if (seen.disagree > 0) {
      found += "; " + seen.disagreeing;
      report_.not_proven.push_back({Gap::entries_seen, seen.disagree, named});
    }
    report_.steps.push_back({"heads that installs say they saw", true, std::move(found)});
  }

  /// By the log's own signatures, which installs have kept.
  void check_kept_heads(const std::vector<LogHeads>& kept) {
    if (kept.empty()) return;
    const KeptHeads& found =
        report_.kept_heads.emplace(compare_kept_heads(files_, report_.index->logs, *report_.keys, kept));
    const bool holds = found.contradiction.empty();
    report_.steps.push_back(
        {"heads that installs have kept", holds,
         holds ? fmt::format("{} are beginnings of O; {} are newer than this bundle, {} are not signed by its logs",
                             found.agree, found.newer, found.not_signed)
               : found.contradiction});
  }

  /// Adds what follows to whoever believes the policy.
  bool judge(EvidenceReport& report, const TrustPolicy& policy, Instant now) const {
    for (const tsp::Authority& authority : policy.authorities)
      report.believed.push_back(authority.name);
    take_witnesses(report, policy);
    report.stamps = verify_stamps(*open_, policy, read_revocation(files_), now);
    report.wrong_claims = find_wrong_claims(*open_, report.stamps);
    const auto good =
        std::count_if(report.stamps.begin(), report.stamps.end(), [](const auto& one) { return one.counts(); });
    report.steps.push_back({"time stamps", true, fmt::format("{} of {} count", good, report.stamps.size())});
    auto cases = make_cases({*report.index, *vendor_, *report.installs, *closed_, report.stamps, policy.quorum,
                             ports_.calendars, ports_.zones, now});
    if (!note(report, "limits", cases, cases ? fmt::format("{} computed anew", cases->size()) : "")) return false;
    report.cases = *std::move(cases);
    report.judgements = judgements_of(report.cases);
    tell_what_is_not_proven(report);
    return true;
  }

  /// What is in the packages, where their manifests are shown; whose they are is told by their hashes.
  void take_packages() {
    for (auto file = files_.lower_bound(kPackages); file != files_.end() && file->first.starts_with(kPackages);
         ++file) {
      auto manifest = PackageManifest::parse(file->second);
      if (manifest) report_.packages.emplace(sha256(file->second), *std::move(manifest));
    }
  }

  void check_releases() {
    std::vector<ActKey> acts;
    for (const auto& [number, obligation] : vendor_->obligations()) {
      if (report_.index->judges(number)) acts.push_back(obligation.act);
    }
    const std::size_t count = vendor_->check_releases(acts, *officers_);
    EvidenceStep step{"officers' signatures behind releases", true, fmt::format("{} releases", count)};
    for (const LoggedRelease& release : vendor_->releases()) {
      if (release.problem.empty()) continue;
      step.holds = false;
      step.detail = release.problem;
    }
    report_.steps.push_back(std::move(step));
  }

  void tell_what_is_not_proven(EvidenceReport& report) const {
    auto& to = report.not_proven;
    for (const LogName log : {LogName::o, LogName::r}) {
      const auto first = std::find_if(report.index->logs.begin(), report.index->logs.end(),
                                      [&](const LoggedSpan& span) { return span.life.log == log; });
      if (first != report.index->logs.end() && first->life.number > 1)
        to.push_back({Gap::earlier_lives, static_cast<std::uint64_t>(first->life.number - 1)});
    }
    std::uint64_t lost = 0;
    for (const auto& [origin, count] : open_->lost())
      lost += count;
    if (lost + closed_->lost() > 0) to.push_back({Gap::lost_entries, lost, closed_->lost()});
    if (closed_->events().size() < closed_->size())
      to.push_back({Gap::nothing_else, closed_->events().size(), closed_->size()});
    std::set<Sha256Digest> served;
    for (const ObligationCase& one : report.cases) {
      for (const LoggedRelease& release : one.releases)
        served.insert(release.release.manifest);
    }
    const auto hidden = static_cast<std::uint64_t>(std::count_if(
        served.begin(), served.end(), [&](const Sha256Digest& hash) { return !report.packages.contains(hash); }));
    if (hidden > 0) to.push_back({Gap::package_contents, hidden, served.size()});
    for (const Gap gap : {Gap::register_of_acts, Gap::install_keys, Gap::contract_words})
      to.push_back({gap});
    if (std::any_of(report.stamps.begin(), report.stamps.end(),
                    [](const auto& one) { return one.counts() && !one.independent; }))
      to.push_back({Gap::development_authority});
    const auto counts = [](const SeenStamp& one) { return one.counts() && one.independent; };
    const auto total = std::count_if(report.stamps.begin(), report.stamps.end(), counts);
    const auto open = std::count_if(report.stamps.begin(), report.stamps.end(),
                                    [&](const SeenStamp& one) { return counts(one) && !one.has_been_vouched_for; });
    if (open > 0) to.push_back({Gap::revocation, static_cast<std::uint64_t>(open), static_cast<std::uint64_t>(total)});
  }

  bool check_seal(const EvidenceOwner& owner) {
    const LogAuthority* authority = report_.keys->find(open_->life_at(open_->entries().size()).origin);
    auto sealed = check_sums_signature(files_, usable_keys(authority->entry_keys));
    if (sealed && owner != EvidenceOwner{report_.index->tenant, report_.index->origin})
      sealed = fail(ErrorCode::integrity, "SHA256SUMS is of another vendor or server than the bundle");
    return note("the vendor's signature over the bundle", sealed, "by an entry key that the officers have authorised");
  }

  /// The pages are made again as their maker had to make them, from what follows from the bundle to whoever believes
  /// whom it believes. The verdicts have to be those of the policy as well.
  bool check_claims(EvidenceReport common) {
    auto authorities = parse_claimed_authorities(content_of(files_, kClaimedAuthoritiesFile));
    if (!note("whom the maker of the bundle believes", authorities,
              authorities ? fmt::format("{} authorities", authorities->size()) : ""))
      return false;
    const TrustPolicy claimed{policy_.tenant, policy_.root, 1, *std::move(authorities)};
    common.steps.erase(common.steps.begin());  // that it is whole: it was not yet
    if (!judge(common, claimed, report_.index->made_at)) return false;
    auto pages = make_pages(common, ports_.calendars);
    if (pages) {
      pages->emplace(EvidenceIndex::kPath, json::to_compact(to_json(*report_.index)));
      pages->emplace(kClaimedAuthoritiesFile, claimed_authorities_text(claimed.authorities));
    }
    const auto compared = !pages ? Result<void>(Unexpected(pages.error())) : compare_pages(files_, *pages);
    note("what the bundle says", compared, "its histories, page one, certificates and scripts are what follows");
    if (pages)
      note("files", check_places(files_, *pages, *report_.index, *vendor_, *report_.keys), "each has its place");
    if (const auto open = compare_stamps(common.stamps, report_.stamps)) report_.not_proven.push_back(*open);
    note("the verdicts", compare_verdicts(files_, report_.judgements), "are as the bundle claims");
    return true;
  }

  const EvidenceFiles& files_;
  const TrustPolicy& policy_;
  const EvidencePorts& ports_;
  EvidenceReport report_;
  std::map<Sha256Digest, const Bytes*> by_hash_;
  std::optional<OfficerWord> officers_;
  std::optional<OpenLog> open_;
  std::optional<PrivateLog> closed_;
  std::optional<VendorBook> vendor_;
};

}  // namespace

EvidenceReport examine_evidence(const EvidenceFiles& files, const TrustPolicy& policy, const EvidencePorts& ports) {
  return Examination(files, policy, ports).run_without_claims();
}

EvidenceReport check_evidence(const EvidenceFiles& files, const TrustPolicy& policy, const EvidencePorts& ports,
                              const std::vector<LogHeads>& kept) {
  return Examination(files, policy, ports).run(kept);
}

}  // namespace kip
