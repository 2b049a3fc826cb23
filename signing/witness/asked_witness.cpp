#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <signing/witness/asked_witness.hpp>

namespace kip::tlog {
namespace {

constexpr std::uint64_t kMaxAnswer = 64U << 10U;
constexpr int kOk = 200;
constexpr int kConflict = 409;
constexpr int kUnprocessable = 422;

constexpr std::array<Setting, 2> kTable = {{
    {"witness.url",
     SettingType::text,
     Presence::required,
     {},
     "Where it takes checkpoints (C2SP tlog-witness), without /add-checkpoint.",
     8,
     1000},
    {"witness.key", SettingType::text, Presence::required, {}, "NAME+IDENTIFIER+KEY by which it cosigns.", 1, 1000},
}};

Unexpected wrong(std::string_view what, std::string_view why) {
  return fail(ErrorCode::usage, fmt::format("[[witness]] {}: {}", what, why));
}

bool is_url(std::string_view text) {
  return (text.starts_with("http://") || text.starts_with("https://")) &&
         text.find_first_of(" \t\r\n\"<>#?") == std::string_view::npos;
}

Result<std::vector<NoteSignature>> cosignatures_in(const HttpResponse& answer, const AskedWitness& witness,
                                                   const Note& checkpoint) {
  const Note bare{checkpoint.text, {}};
  KIP_TRY(const Note note, Note::parse(bare.bytes() + answer.body));
  KIP_TRY(const auto found, verify_note(note, {witness.key}));
  if (found.empty())
    return fail(ErrorCode::signature, fmt::format("its answer has no cosignature by \"{}\"", witness.key.name()));
  std::vector<NoteSignature> out;
  std::copy_if(note.signatures.begin(), note.signatures.end(), std::back_inserter(out),
               [&](const NoteSignature& one) { return one.name == witness.key.name() && one.id == witness.key.id(); });
  return out;
}

/// What a witness means that has seen something else than was assumed.
Result<std::uint64_t> size_in(const HttpResponse& answer, std::uint64_t assumed, const TreeHead& head) {
  KIP_TRY(const std::uint64_t size, parse_tree_size(answer.body));
  if (size > head.size) {
    return fail(ErrorCode::rollback,
                fmt::format("it has cosigned {} entries of this log, which has published {}: the log has gone back",
                            size, head.size));
  }
  if (size != assumed) return size;
  return fail(ErrorCode::integrity, fmt::format("it has seen another tree of {} entries of this log", size));
}

}  // namespace

const SettingList& asked_witness_setting_list() {
  static constexpr SettingList kList{"witness", kTable};
  return kList;
}

Result<std::vector<AskedWitness>> read_asked_witnesses(const Settings& settings) {
  std::vector<AskedWitness> out;
  for (const Settings& one : settings.list("witness")) {
    std::string url = one.text("witness.url");
    while (url.ends_with('/'))
      url.pop_back();
    if (!is_url(url)) return wrong(url, "is not a URL; write one like https://witness.example");
    auto key = NoteKey::parse(one.text("witness.key"));
    if (!key) return wrong(url, key.error().message);
    if (key->type() != NoteSignatureType::cosignature) return wrong(url, "its key does not make cosignatures (type 4)");
    const bool twice =
        std::any_of(out.begin(), out.end(), [&](const AskedWitness& other) { return other.key.text() == key->text(); });
    if (twice) return wrong(url, "its key stands twice");
    out.push_back({std::move(url), *std::move(key)});
  }
  return out;
}

Result<std::vector<NoteSignature>> ask_witness(HttpClient& http, const AskedWitness& witness, const Note& checkpoint,
                                               const NodeReader& nodes, std::uint64_t& seen) {
  KIP_TRY(const Checkpoint parsed, Checkpoint::parse(checkpoint.text));
  const TreeHead& head = parsed.head;
  if (seen > head.size) seen = 0;
  for (bool again = true;; again = false) {
    AddCheckpoint asked{.old_size = seen, .checkpoint = checkpoint};
    if (seen > 0 && seen < head.size) {
      KIP_TRY(asked.proof, prove_consistency(seen, head.size, nodes));
    }
    const std::string url = witness.url + kAddCheckpointPath;
    KIP_TRY(const HttpResponse answer, http.send({.method = "POST",
                                                  .url = url,
                                                  .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
                                                  .body = asked.bytes(),
                                                  .max_body = kMaxAnswer}));
    if (answer.status == kOk) {
      KIP_TRY(auto cosignatures, cosignatures_in(answer, witness, checkpoint));
      seen = head.size;
      return cosignatures;
    }
    if (answer.status == kUnprocessable) {
      return fail(ErrorCode::integrity,
                  fmt::format("it does not find that {} entries of this log extend the {} that it has cosigned",
                              head.size, seen));
    }
    if (answer.status != kConflict || answer.header("content-type") != kTreeSizeType) return http_failure(answer, url);
    KIP_TRY(seen, size_in(answer, asked.old_size, head));
    if (!again) return fail(ErrorCode::busy, "it has cosigned other checkpoints of this log meanwhile");
  }
}

}  // namespace kip::tlog
