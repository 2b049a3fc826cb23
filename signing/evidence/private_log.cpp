#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include <signing/crypto/sha256.hpp>
#include <signing/dsse/envelope.hpp>
#include <signing/evidence/log_events.hpp>
#include <signing/evidence/private_log.hpp>
#include <signing/log/commitment.hpp>

namespace kip {
namespace {

constexpr std::string_view kProof = ".proof";

Unexpected no_proof(const std::string& name, std::string_view why) {
  return fail(ErrorCode::integrity, fmt::format("{}: {}", name, why));
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(out) : std::nullopt;
}

/// What an install or officers have to sign is for whoever reads what the event carries.
Result<Event> parse_shown(BytesView salted, const TenantId& tenant, const std::vector<PublicKey>& entry_keys) {
  KIP_TRY(const dsse::Envelope envelope, dsse::parse(envelope_in(salted)));
  if (envelope.payload_type != kEventType) return fail(ErrorCode::malformed, "it is no event");
  KIP_TRY(Event event, parse_event(envelope.payload));
  if (event.tenant != tenant) return fail(ErrorCode::integrity, "it is of another vendor");
  if (entry_rule(event.type).signer == EntrySigner::server)
    KIP_TRY_VOID(dsse::verify(envelope, kEventType, entry_keys));
  return event;
}

std::string_view take_word(std::string_view& line) {
  const auto blank = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, blank);
  line.remove_prefix(std::min(blank + 1, line.size()));
  return word;
}

Result<GrowthStep> parse_step(std::string_view line) {
  const auto from = number_in(take_word(line));
  const auto to = number_in(take_word(line));
  if (!from || !to) return fail(ErrorCode::malformed, "it is no step of a log's growth");
  GrowthStep out{*from, *to, {}};
  while (!line.empty()) {
    KIP_TRY(const Bytes hash, from_base64(take_word(line)));
    KIP_TRY(const Sha256Digest digest, Sha256Digest::from_bytes(hash));
    out.proof.push_back(digest);
    if (out.proof.size() > tlog::kMaxProof) return fail(ErrorCode::malformed, "a step of a log's growth is too long");
  }
  return out;
}

}  // namespace

std::string proof_path(const LogLife& life, std::uint64_t index) {
  return event_path(life, index) + std::string(kProof);
}

std::string growth_path(const LogLife& life) {
  return log_path(life) + "/growth";
}

std::string to_line(const GrowthStep& step) {
  std::string out = fmt::format("{} {}", step.from, step.to);
  for (const Sha256Digest& hash : step.proof)
    out += " " + to_base64(hash.bytes());
  return out + "\n";
}

Result<std::vector<GrowthStep>> parse_growth(BytesView text) {
  std::vector<GrowthStep> out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    if (end == BytesView::npos) return fail(ErrorCode::malformed, "a line of a log's growth does not end");
    KIP_TRY(GrowthStep step, parse_step(text.substr(0, end)));
    out.push_back(std::move(step));
    text.remove_prefix(end + 1);
  }
  return out;
}

Result<PrivateLog> PrivateLog::read(const EvidenceFiles& files, const EvidenceIndex& index, const LogKeys& keys,
                                    const OpenLog& open) {
  PrivateLog out;
  KIP_TRY_VOID(out.take_lives(index, keys));
  KIP_TRY_VOID(out.take_heads(open));
  for (std::size_t i = 0; i < out.lives_.size(); ++i) {
    KIP_TRY_VOID(out.check_growth(files, i));
    KIP_TRY_VOID(out.take_events(files, i, index.tenant));
  }
  return out;
}

std::uint64_t PrivateLog::size() const {
  std::uint64_t out = heads_.empty() ? 0 : heads_.back().covers;
  for (const auto& [origin, size] : hidden_)
    out += size;
  return out;
}

Result<void> PrivateLog::take_lives(const EvidenceIndex& index, const LogKeys& keys) {
  std::uint64_t begin = 0;
  for (const LoggedSpan& span : index.logs) {
    if (span.life.log != LogName::r) continue;
    const LogAuthority* authority = keys.find(span.life.origin);
    if (authority == nullptr || authority->log != LogName::r) {
      return fail(ErrorCode::signature,
                  fmt::format("the vendor's officers have not authorised the log {}", span.life.origin));
    }
    lives_.push_back({span, authority, begin});
    begin += span.size;
  }
  return {};
}

Result<void> PrivateLog::take_heads(const OpenLog& open) {
  for (const OpenEntry& entry : open.entries()) {
    KIP_TRY(const auto named, private_head_in(entry.entry));
    if (!named) continue;
    KIP_TRY(const bool shown, take_head(named->note, entry.place));
    if (shown) {
      lost_ += named->lost;
    } else if (!named->ends_life) {
      // Of a life that is not shown nothing is known but that it was there.
      KIP_TRY(const tlog::Checkpoint checkpoint, tlog::Checkpoint::parse(named->note.text));
      hidden_[checkpoint.origin] = checkpoint.head.size;
    }
  }
  return {};
}

/// False where it is of a life that is not shown.
Result<bool> PrivateLog::take_head(const tlog::Note& note, std::uint64_t place) {
  KIP_TRY(const tlog::Checkpoint named, tlog::Checkpoint::parse(note.text));
  const auto life =
      std::find_if(lives_.begin(), lives_.end(), [&](const Life& one) { return one.span.life.origin == named.origin; });
  if (life == lives_.end()) return false;
  KIP_TRY_VOID(open_by_any(note, *life->authority));
  if (named.head.size > life->span.size) {
    return fail(ErrorCode::integrity, fmt::format("{}: a head is beyond the end of the log", life->span.life.origin));
  }
  const auto number = static_cast<std::size_t>(life - lives_.begin());
  // Nothing in R ties a life to the one before: only its later place says that it came after.
  if (!known_.empty() && number < known_.back().life) {
    return fail(ErrorCode::integrity,
                fmt::format("{}: a head of it stands in O behind one of a later life", life->span.life.origin));
  }
  heads_.push_back({place, life->begin + named.head.size});
  known_.push_back({number, note.bytes(), named.head});
  return true;
}

/// Each head is the one before or extends it.
Result<void> PrivateLog::check_growth(const EvidenceFiles& files, std::size_t life) const {
  const std::string path = growth_path(lives_[life].span.life);
  const auto found = files.find(path);
  std::vector<GrowthStep> steps;
  if (found != files.end()) {
    KIP_TRY(steps, parse_growth(found->second));
  }
  auto step = steps.begin();
  const Head* last = nullptr;
  for (const Head& head : known_) {
    if (head.life != life) continue;
    const tlog::TreeHead* before = last == nullptr ? nullptr : &last->head;
    last = &head;
    if (before == nullptr || *before == head.head || before->size == 0) continue;
    if (step == steps.end() || step->from != before->size || step->to != head.head.size) {
      return fail(ErrorCode::integrity, fmt::format("{} does not show that R grew from {} to {} entries", path,
                                                    before->size, head.head.size));
    }
    if (!tlog::verify_consistency(*before, head.head, step->proof)) {
      return fail(ErrorCode::integrity,
                  fmt::format("R was rewritten between {} and {} entries: two histories were shown", before->size,
                              head.head.size));
    }
    ++step;
  }
  return step == steps.end() ? Result<void>() : fail(ErrorCode::malformed, path + " has a step that belongs nowhere");
}

Result<void> PrivateLog::take_events(const EvidenceFiles& files, std::size_t life, const TenantId& tenant) {
  const LoggedSpan& span = lives_[life].span;
  const std::string prefix = fmt::format("events/{}/", folder_of(span.life));
  const std::vector<PublicKey> entry_keys = usable_keys(lives_[life].authority->entry_keys);
  std::map<BytesView, const tlog::TreeHead*> heads;
  for (const Head& head : known_) {
    if (head.life == life) heads.emplace(head.note, &head.head);
  }
  for (auto file = files.lower_bound(prefix); file != files.end() && file->first.starts_with(prefix); ++file) {
    const std::string& name = file->first;
    if (name.ends_with(kProof)) continue;
    const auto proof_file = files.find(name + std::string(kProof));
    if (proof_file == files.end()) return no_proof(name, "nothing proves that it was logged");
    BytesView checkpoint;
    KIP_TRY(const tlog::EntryProof proof, tlog::EntryProof::parse(proof_file->second, checkpoint));
    const auto index = number_in(std::string_view(name).substr(prefix.size()));
    if (!index || name != event_path(span.life, *index) || proof.index != *index)
      return no_proof(name, "its proof is about another entry");
    const auto head = heads.find(checkpoint);
    if (head == heads.end()) return no_proof(name, "its proof rests on a head of R that does not stand in O");
    const Sha256Digest leaf = tlog::leaf_hash(sha256(file->second).bytes());
    if (!tlog::verify_inclusion(*index, head->second->size, leaf, proof.inclusion, head->second->root))
      return no_proof(name, "it is not what was logged");
    auto event = parse_shown(file->second, tenant, entry_keys);
    if (!event) return fail_while(name, event.error());
    events_.push_back({lives_[life].begin + *index, *std::move(event)});
  }
  return {};
}

}  // namespace kip
