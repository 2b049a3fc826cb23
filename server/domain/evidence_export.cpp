#include <algorithm>

#include <fmt/format.h>

#include <server/domain/evidence_events.hpp>
#include <server/domain/evidence_export.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/dsse/envelope.hpp>
#include <signing/evidence/claimed_authorities.hpp>
#include <signing/evidence/evidence_pages.hpp>
#include <signing/evidence/log_events.hpp>
#include <signing/evidence/private_log.hpp>
#include <signing/evidence/witness_check.hpp>
#include <signing/log/log_files.hpp>
#include <signing/tuf/client.hpp>

namespace kip::server {
namespace {

constexpr std::size_t kBatch = 500;

/// Heads of R as O has them, each tree once.
using Heads = std::vector<std::pair<tlog::Note, tlog::TreeHead>>;

Result<LogEntry> parse_entry(BytesView bytes) {
  KIP_TRY(const dsse::Envelope envelope, dsse::parse(bytes));
  return parse_log_entry(envelope.payload);
}

/// Puts the parts of a bundle together.
class Gathering {
 public:
  Gathering(const EvidenceExport::Ports& ports, UnitOfWork& unit, EvidenceIndex index)
      : ports_(ports), unit_(unit), index_(std::move(index)) {}

  Result<EvidenceFiles> run() {
    KIP_TRY_VOID(take_lives(LogName::o));
    KIP_TRY_VOID(take_lives(LogName::r));
    KIP_TRY(const EvidenceChoice choice, EvidenceChoice::create(unit_, index_));
    choice_ = &choice;
    for (const LoggedSpan& span : index_.logs) {
      if (span.life.log == LogName::o) KIP_TRY_VOID(take_open(span));
    }
    for (const LoggedSpan& span : index_.logs) {
      if (span.life.log == LogName::r) KIP_TRY_VOID(take_private(span));
    }
    KIP_TRY_VOID(take_metadata());
    KIP_TRY_VOID(take_revocation());
    files_[std::string(EvidenceIndex::kPath)] = json::to_compact(to_json(index_));
    return std::move(files_);
  }

 private:
  /// The lives of a log up to the newest, as far back as each is named by the one after it and is still there.
  Result<void> take_lives(LogName log) {
    KIP_TRY(auto lives, unit_.leaves().lives(log));
    if (lives.empty()) return fail(ErrorCode::conflict, "the logs have not begun; start the server");
    std::vector<LoggedSpan> spans;
    KIP_TRY(tlog::Note note, ports_.logs.published(log));
    while (true) {
      const LogLife life = lives.back();
      lives.pop_back();
      KIP_TRY(const tlog::Checkpoint head, tlog::Checkpoint::parse(note.text));
      spans.push_back({life, head.head.size});
      checkpoints_.emplace(life.origin, std::move(note));
      if (lives.empty() || life.number == 1) break;
      KIP_TRY(const auto start, start_of(life));
      auto end = start ? end_of(lives.back(), *start) : std::nullopt;
      if (!end) break;
      note = *std::move(end);
    }
    index_.logs.insert(index_.logs.end(), spans.rbegin(), spans.rend());
    return {};
  }

  /// What the first entry of O's life of that number says of how it began.
  Result<std::optional<LogsRestarted::Start>> start_of(const LogLife& life) {
    const std::optional<LogsRestarted::Start> none;
    KIP_TRY(const auto leaves, unit_.leaves().of_life(LogName::o, life.number, 0, 1));
    if (leaves.empty()) return none;
    KIP_TRY(const LogEntry entry, parse_entry(leaves.front().entry));
    KIP_TRY(LogsRestarted restarted, read_logs_restarted(entry.body));
    for (LogsRestarted::Start& start : restarted.logs) {
      if (start.life.log == life.log) return std::optional(std::move(start));
    }
    return none;
  }

  /// The head with which an earlier life ended, as the next one names it, or that of what is left of it.
  std::optional<tlog::Note> end_of(const LogLife& life, const LogsRestarted::Start& next) const {
    for (const Bytes& head : {next.previous_head, next.kept_head}) {
      auto note = tlog::Note::parse(head);
      if (note && is_there(life, *note)) return *std::move(note);
    }
    return std::nullopt;
  }

  /// Whether the files of an earlier life still have the tree with which it ended: somebody may have kept a later head
  /// than the disk had, or the disk is gone.
  bool is_there(const LogLife& life, const tlog::Note& note) const {
    const auto checkpoint = tlog::Checkpoint::parse(note.text);
    if (!checkpoint) return false;
    const std::uint64_t size = checkpoint->head.size;
    const tlog::LogFileReader files = ports_.logs.files_of(life);
    const auto root = tlog::compute_root(size, tlog::nodes_of(size, tlog::tiles_of(files)));
    if (!root || *root != checkpoint->head.root) return false;
    if (life.log == LogName::r || size == 0) return true;
    const auto last =
        tlog::read_entries(files, size - 1, size, [](std::uint64_t, BytesView) { return Result<void>(); });
    return bool(last);
  }

  Result<void> take_open(const LoggedSpan& span) {
    files_[log_path(span.life) + "/checkpoint"] = checkpoints_.at(span.life.origin).bytes();
    KIP_TRY_VOID(take_cosigned(span));
    KIP_TRY_VOID(
        tlog::read_entries(ports_.logs.files_of(span.life), 0, span.size,
                           [&](std::uint64_t index, BytesView bytes) { return take_entry(span, index, bytes); }));
    return show_events(span, [](std::uint64_t) { return Result<Bytes>(Bytes()); });
  }

  /// What witnesses have signed of it; the newest checkpoint is too new for that as a rule.
  Result<void> take_cosigned(const LoggedSpan& span) {
    KIP_TRY(const auto notes, ports_.logs.cosigned(span.life));
    for (const tlog::Note& note : notes) {
      KIP_TRY(const tlog::Checkpoint checkpoint, tlog::Checkpoint::parse(note.text));
      if (checkpoint.head.size <= span.size) files_[cosigned_path(span.life, checkpoint.head.size)] = note.bytes();
    }
    return {};
  }

  Result<void> take_entry(const LoggedSpan& span, std::uint64_t index, BytesView bytes) {
    files_[entry_path(span.life, index)] = Bytes(bytes);
    KIP_TRY(const LogEntry entry, parse_entry(bytes));
    KIP_TRY(auto named, private_head_in(entry));
    if (!named) return {};
    KIP_TRY(const tlog::Checkpoint checkpoint, tlog::Checkpoint::parse(named->note.text));
    Heads& heads = heads_[checkpoint.origin];
    if (heads.empty() || heads.back().second != checkpoint.head)
      heads.emplace_back(std::move(named->note), checkpoint.head);
    return {};
  }

  /// What was recorded after the last head in O is not proven by anything yet and is left out.
  Result<void> take_private(const LoggedSpan& span) {
    const Heads& heads = heads_[span.life.origin];
    const tlog::LogFileReader files = ports_.logs.files_of(span.life);
    Bytes growth;
    for (std::size_t i = 1; i < heads.size(); ++i) {
      const std::uint64_t from = heads[i - 1].second.size;
      const std::uint64_t to = heads[i].second.size;
      if (from == 0) continue;
      KIP_TRY(tlog::Proof proof, tlog::prove_consistency(from, to, tlog::nodes_of(to, tlog::tiles_of(files))));
      growth += to_line({from, to, std::move(proof)});
    }
    files_[growth_path(span.life)] = std::move(growth);
    auto head = heads.begin();
    std::optional<tlog::NodeReader> nodes;
    return show_events(span, [&](std::uint64_t index) -> Result<Bytes> {
      for (; head != heads.end() && head->second.size <= index; ++head)
        nodes.reset();
      if (head == heads.end()) return Bytes();
      if (!nodes) nodes = tlog::nodes_of(head->second.size, tlog::tiles_of(files));
      KIP_TRY(tlog::Proof proof, tlog::prove_inclusion(index, head->second.size, *nodes));
      return tlog::EntryProof{.index = index, .inclusion = std::move(proof), .checkpoint = head->first}.bytes();
    });
  }

  /// Each chosen event with its salt; of R with its proof, without which it is left out.
  Result<void> show_events(const LoggedSpan& span, const std::function<Result<Bytes>(std::uint64_t)>& prove) {
    const LogName log = span.life.log;
    for (std::int64_t from = 0;;) {
      KIP_TRY(const auto leaves, unit_.leaves().of_life(log, span.life.number, from, kBatch));
      if (leaves.empty()) return {};
      from = leaves.back().position + 1;
      for (const Leaf& leaf : leaves) {
        const auto index = static_cast<std::uint64_t>(leaf.position);
        if (index >= span.size) return {};
        KIP_TRY(const auto event, find_event_to_show(leaf));
        if (!event) continue;
        KIP_TRY(Bytes proof, prove(index));
        if (log == LogName::r && proof.empty()) return {};
        if (++shown_ > EvidenceExport::kMaxEvents) {
          return fail(ErrorCode::too_large,
                      fmt::format("a bundle shows {} events at most; ask for one obligation or one "
                                  "customer",
                                  EvidenceExport::kMaxEvents));
        }
        files_[event_path(span.life, index)] = leaf.salt + event->envelope;
        if (!proof.empty()) files_[proof_path(span.life, index)] = std::move(proof);
      }
    }
  }

  Result<std::optional<StoredEvent>> find_event_to_show(const Leaf& leaf) {
    const std::optional<StoredEvent> none;
    if (leaf.salt.empty()) return none;
    KIP_TRY(auto events, unit_.events().after(leaf.event_index - 1, 1));
    if (events.empty() || events.front().index != leaf.event_index) return none;
    KIP_TRY(const bool shown, choice_->shows(events.front()));
    return shown ? std::optional(std::move(events.front())) : none;
  }

  /// Every root, what officers have signed for the releases that serve what is judged, and the targets of now.
  Result<void> take_metadata() {
    KIP_TRY(const auto roots, ports_.repository.roots());
    for (std::size_t i = 0; i < roots.size(); ++i)
      files_[fmt::format("metadata/root/{:08}.json", i + 1)] = roots[i];
    KIP_TRY(const auto all, ports_.repository.all_metadata());
    std::map<Sha256Digest, const Bytes*> by_hash;
    for (const tuf::NamedFile& file : all)
      by_hash.emplace(sha256(file.bytes), &file.bytes);
    std::set<Sha256Digest> wanted{index_.officers};
    EvidenceFiles packages;
    for (const auto& [name, bytes] : files_) {
      if (name.find("/entries/") == std::string::npos) continue;
      KIP_TRY(const LogEntry entry, parse_entry(bytes));
      if (entry.type != event_type::kReleasePublished) continue;
      KIP_TRY(const ReleasePublished release, read_release_published(entry.body));
      if (!choice_->is_served_by(release)) continue;
      const auto needed = OfficerWord::needed_for(release);
      wanted.insert(needed.begin(), needed.end());
      take_manifest(release, packages);
    }
    files_.merge(packages);
    for (const Sha256Digest& hash : wanted) {
      const auto found = by_hash.find(hash);
      if (found != by_hash.end()) files_[fmt::format("metadata/{}.json", hash.hex())] = *found->second;
    }
    return {};
  }

  Result<void> take_revocation() {
    KIP_TRY(auto records, unit_.revocations().all());
    RevocationBook book;
    for (RevocationRecord& record : records)
      book.emplace(record.signer, std::move(record.data));
    add_revocation(files_, book);
    return {};
  }

  /// What is in it, for people. A package that was taken away since is no reason to prove less.
  void take_manifest(const ReleasePublished& release, EvidenceFiles& to) {
    const tuf::TargetFile file{0, {{"sha256", release.target.sha256.hex()}}, {}};
    auto manifest = ports_.repository.read_manifest(tuf::target_location(release.target.name, file, true));
    if (manifest && sha256(*manifest) == release.manifest)
      to[fmt::format("packages/{}.json", release.manifest.hex())] = *std::move(manifest);
  }

  const EvidenceExport::Ports& ports_;
  UnitOfWork& unit_;
  EvidenceIndex index_;
  const EvidenceChoice* choice_ = nullptr;
  EvidenceFiles files_;
  std::map<std::string, tlog::Note> checkpoints_;  ///< by origin
  std::map<std::string, Heads> heads_;             ///< by R's origin
  std::size_t shown_ = 0;
};

}  // namespace

Result<EvidenceFiles> EvidenceExport::make(const EvidenceScope& scope) {
  KIP_TRY_VOID(ports_.logs.flush());
  KIP_TRY_VOID(ports_.logs.record_private_head());
  KIP_TRY_VOID(ports_.logs.flush());
  KIP_TRY(EvidenceFiles files, gather(scope));
  KIP_TRY_VOID(claim(files));
  KIP_TRY_VOID(seal_evidence(files, {ports_.recorder.tenant(), ports_.recorder.origin()}, ports_.entry_key));
  return files;
}

Result<EvidenceFiles> EvidenceExport::gather(const EvidenceScope& scope) {
  KIP_TRY(const tuf::RepositoryFiles current, ports_.repository.current());
  if (!current.targets) return fail(ErrorCode::conflict, "nothing is published yet");
  KIP_TRY(const auto unit, ports_.store.begin(ports_.recorder.tenant(), Access::read));
  EvidenceIndex index{.tenant = ports_.recorder.tenant(),
                      .origin = ports_.recorder.origin(),
                      .made_at = ports_.recorder.now(),
                      .officers = sha256(*current.targets)};
  KIP_TRY_VOID(fill_scope(unit->projection(), scope.obligation, scope.customer, index));
  return Gathering(ports_, *unit, std::move(index)).run();
}

/// What follows from the bundle to whoever believes the authorities that this server believes.
Result<void> EvidenceExport::claim(EvidenceFiles& files) const {
  files[std::string(kClaimedAuthoritiesFile)] = claimed_authorities_text(authorities_);
  KIP_TRY(const auto roots, ports_.repository.roots());
  KIP_TRY(const EvidenceIndex index, parse_evidence_index(files[std::string(EvidenceIndex::kPath)]));
  const TrustPolicy policy{.tenant = ports_.recorder.tenant(), .root = roots.front(), .authorities = authorities_};
  const EvidenceReport report =
      examine_evidence(files, policy, {ports_.board.calendars(), ports_.board.zones(), index.made_at});
  for (const EvidenceStep& step : report.steps) {
    if (!step.holds)
      return fail(ErrorCode::conflict, fmt::format("the bundle would not hold: {}: {}", step.name, step.detail));
  }
  KIP_TRY(EvidenceFiles pages, make_pages(report, ports_.board.calendars()));
  files.merge(pages);
  return {};
}

}  // namespace kip::server
