#include <algorithm>

#include <fmt/format.h>

#include <signing/crypto/sha256.hpp>
#include <signing/evidence/evidence_check.hpp>
#include <signing/evidence/seen_heads.hpp>
#include <signing/evidence/witness_check.hpp>

namespace kip {
namespace {

constexpr std::string_view kRoots = "metadata/root/";
constexpr std::string_view kPackages = "packages/";

/// "MET", "LATE", … of a line, with what it is about.
std::string_view without_bounds(std::string_view line) {
  std::size_t end = 0;
  for (int words = 0; words < 3 && end != std::string_view::npos; ++words)
    end = line.find(' ', end == 0 ? 0 : end + 1);
  return line.substr(0, end);
}

std::vector<std::string_view> lines_of(BytesView text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

/// Each authority of the vendor's is worth to others what their policy says: stamps and quorum are not compared.
bool is_of_policy(std::string_view line) {
  return line.starts_with("stamp ") || line.starts_with("quorum ");
}

BytesView content_of(const EvidenceFiles& files, std::string_view name) {
  const auto found = files.find(name);
  return found == files.end() ? BytesView() : BytesView(found->second);
}

/// Goes through a bundle step by step.
class Examination {
 public:
  Examination(const EvidenceFiles& files, const TrustPolicy& policy, const EvidencePorts& ports)
      : files_(files), policy_(policy), ports_(ports) {}

  // A step that does not hold stands in the report.
  EvidenceReport run_without_claims() {
    static_cast<void>(examine());
    return std::move(report_);
  }
  EvidenceReport run(const std::vector<LogHeads>& kept) {
    if (check()) check_kept_heads(kept);
    return std::move(report_);
  }

 private:
  /// Notes how a step went; false where nothing can rest on it.
  template <class T>
  bool note(std::string name, const Result<T>& result, std::string found) {
    report_.steps.push_back({std::move(name), bool(result), result ? std::move(found) : result.error().message});
    return bool(result);
  }

  bool check() {
    const auto owner = check_sums(files_);
    if (!note("the bundle is whole", owner, fmt::format("{} files as SHA256SUMS lists them", files_.size())))
      return false;
    if (!examine()) return false;
    return check_seal(*owner) && check_claims();
  }

  bool examine() { return read_index() && take_officers() && take_logs() && judge(); }

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
    auto closed = PrivateLog::read(files_, *report_.index, *report_.keys, *open_);
    if (!note("the log R", closed,
              closed ? fmt::format("{} of {} entries are shown, each proven to stand in it", closed->events().size(),
                                   closed->size())
                     : ""))
      return false;
    closed_.emplace(*std::move(closed));
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
    installs_.emplace(*std::move(installs));
    take_witnesses();
    take_seen_heads();
    return true;
  }

  void take_witnesses() {
    const auto newest = std::find_if(report_.index->logs.rbegin(), report_.index->logs.rend(),
                                     [](const LoggedSpan& span) { return span.life.log == LogName::o; });
    const WitnessFinding found = look_at_witnesses(files_, *newest, policy_);
    report_.witnesses = found.names;
    if (policy_.witness_quorum > 0 || !found.contradiction.empty()) {
      report_.steps.push_back(
          {"witnesses", found.covered > 0 && found.contradiction.empty(),
           !found.contradiction.empty()
               ? found.contradiction
               : fmt::format("{} of {} that you asked for have signed; a quorum has seen {} of {} entries of O",
                             found.names.size(), policy_.witness_quorum, found.covered, found.total)});
    }
    if (found.covered == 0) report_.not_proven.push_back({Gap::one_history});
    if (found.covered > 0 && found.covered < found.total)
      report_.not_proven.push_back({Gap::newest_entries, found.covered, found.total});
  }

  void take_seen_heads() {
    const SeenHeads seen = compare_seen_heads(files_, report_.index->logs, *installs_);
    const std::size_t named = seen.agree + seen.disagree;
    if (named + seen.elsewhere == 0) return;
    std::string found = fmt::format("{} of {} receipts that name a head name a beginning of O", seen.agree, named);
    if (seen.elsewhere > 0) found += fmt::format("; {} more name a log that is not in the bundle", seen.elsewhere);
    if (seen.disagree > 0) {
      found += "; " + seen.disagreeing;
      report_.not_proven.push_back({Gap::entries_seen, seen.disagree, named});
    }
    report_.steps.push_back({"heads that installs say they saw", true, std::move(found)});
  }

  /// By the log's own signatures, which installs have kept.
  void check_kept_heads(const std::vector<LogHeads>& kept) {
    if (kept.empty()) return;
    const KeptHeads found = compare_kept_heads(files_, report_.index->logs, *report_.keys, kept);
    const bool holds = found.contradiction.empty();
    report_.steps.push_back(
        {"heads that installs have kept", holds,
         holds ? fmt::format("{} are beginnings of O; {} are newer than this bundle, {} are not signed by its logs",
                             found.agree, found.newer, found.not_signed)
               : found.contradiction});
  }

  bool judge() {
    report_.stamps = verify_stamps(*open_, policy_, read_revocation(files_), ports_.now);
    report_.wrong_claims = find_wrong_claims(*open_, report_.stamps);
    const auto good =
        std::count_if(report_.stamps.begin(), report_.stamps.end(), [](const auto& one) { return one.counts(); });
    report_.steps.push_back(
        {"time stamps", true, fmt::format("{} of {} count by your policy", good, report_.stamps.size())});
    check_releases();
    auto cases = make_cases({*report_.index, *vendor_, *installs_, *closed_, report_.stamps, policy_.quorum,
                             ports_.calendars, ports_.zones, ports_.now});
    if (!note("limits", cases, cases ? fmt::format("{} computed anew", cases->size()) : "")) return false;
    report_.cases = *std::move(cases);
    report_.judgements = judgements_of(report_.cases);
    report_.installs = std::move(installs_);
    report_.head = open_->newest();
    take_packages();
    tell_what_is_not_proven();
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
      const auto& asked = report_.index->obligations;
      if (report_.index->everything || std::binary_search(asked.begin(), asked.end(), number))
        acts.push_back(obligation.act);
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

  void tell_what_is_not_proven() {
    auto& to = report_.not_proven;
    if (closed_->events().size() < closed_->size())
      to.push_back({Gap::nothing_else, closed_->events().size(), closed_->size()});
    for (const Gap gap : {Gap::register_of_acts, Gap::install_keys, Gap::contract_words})
      to.push_back({gap});
    if (std::any_of(report_.stamps.begin(), report_.stamps.end(),
                    [](const auto& one) { return one.counts() && !one.independent; }))
      to.push_back({Gap::development_authority});
    const auto counts = [](const SeenStamp& one) { return one.counts() && one.independent; };
    const auto total = std::count_if(report_.stamps.begin(), report_.stamps.end(), counts);
    const auto open = std::count_if(report_.stamps.begin(), report_.stamps.end(),
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

  bool check_claims() {
    EvidenceStep facts{"what the bundle says happened", true, "is what follows from the logs"};
    const Bytes histories = history_text_of(report_.cases);
    auto ours = lines_of(histories);
    auto theirs = lines_of(content_of(files_, kHistoriesFile));
    std::erase_if(ours, is_of_policy);
    std::erase_if(theirs, is_of_policy);
    const auto [a, b] = std::mismatch(ours.begin(), ours.end(), theirs.begin(), theirs.end());
    if (a != ours.end() || b != theirs.end()) {
      facts = {facts.name, false,
               fmt::format("it says \"{}\", and what follows is \"{}\"", b == theirs.end() ? "" : *b,
                           a == ours.end() ? "" : *a)};
    }
    EvidenceStep verdicts{"the verdicts", true, "are as the bundle claims"};
    const auto claimed = lines_of(content_of(files_, kJudgementsFile));
    const auto same = [](std::string_view x, std::string_view y) { return without_bounds(x) == without_bounds(y); };
    std::vector<std::string> found;
    for (const NamedJudgement& judged : report_.judgements)
      found.push_back(judgement_line(judged));
    const auto [c, d] = std::mismatch(found.begin(), found.end(), claimed.begin(), claimed.end(), same);
    if (c != found.end() || d != claimed.end()) {
      verdicts = {
          verdicts.name, false,
          fmt::format("it claims \"{}\", and by your policy it is \"{}\"", d == claimed.end() ? "" : without_bounds(*d),
                      c == found.end() ? "" : without_bounds(*c))};
    }
    report_.steps.push_back(std::move(facts));
    report_.steps.push_back(std::move(verdicts));
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
  std::optional<InstallBook> installs_;
};

}  // namespace

bool EvidenceReport::holds() const {
  return !steps.empty() && std::all_of(steps.begin(), steps.end(), [](const EvidenceStep& step) { return step.holds; });
}

EvidenceReport examine_evidence(const EvidenceFiles& files, const TrustPolicy& policy, const EvidencePorts& ports) {
  return Examination(files, policy, ports).run_without_claims();
}

EvidenceReport check_evidence(const EvidenceFiles& files, const TrustPolicy& policy, const EvidencePorts& ports,
                              const std::vector<LogHeads>& kept) {
  return Examination(files, policy, ports).run(kept);
}

}  // namespace kip
