#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include <manifests/codec/reader.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/storage/atomic_file.hpp>
#include <signing/witness/witness.hpp>

namespace kip::tlog {
namespace {

constexpr unsigned kPrivateFolder = 0700;
constexpr unsigned kPrivateFile = 0600;
constexpr std::size_t kMaxState = 1U << 20U;
constexpr std::size_t kNameOctets = 16;
constexpr auto kMaxSize = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
constexpr std::string_view kText = "text/plain; charset=utf-8";

constexpr int kOk = 200;
constexpr int kMalformed = 400;
constexpr int kForbidden = 403;
constexpr int kNotFound = 404;
constexpr int kConflict = 409;
constexpr int kTooLarge = 413;
constexpr int kUnprocessable = 422;
constexpr int kFailed = 500;

/// By the hash, since an origin can have any characters.
std::string name_of(std::string_view origin) {
  return to_hex(sha256(origin).bytes().substr(0, kNameOctets));
}

WitnessAnswer refuse(int status, std::string_view why) {
  return {status, std::string(kText), fmt::format("{}\n", why)};
}

WitnessAnswer other_size(const TreeHead& head) {
  return {kConflict, kTreeSizeType, tree_size_text(head.size)};
}

/// The note with those of its signatures that were found valid, so that no stranger decides what is kept.
Note only_signed(const Note& note, const std::vector<NoteKey>& keys) {
  Note out{note.text, {}};
  for (const NoteSignature& one : note.signatures) {
    const bool known = std::any_of(keys.begin(), keys.end(),
                                   [&](const NoteKey& key) { return key.name() == one.name && key.id() == one.id; });
    if (known && std::find(out.signatures.begin(), out.signatures.end(), one) == out.signatures.end())
      out.signatures.push_back(one);
  }
  return out;
}

/// Of a checkpoint that the witness is to believe.
Result<void> check_extends(const TreeHead& before, const TreeHead& now, const Proof& proof) {
  if (before.size > 0) return verify_consistency(before, now, proof);
  if (proof.empty()) return {};
  return fail(ErrorCode::integrity, "a proof from an empty tree must be empty");
}

struct State {
  std::string origin;
  TreeHead head;
  Note note;
};

Result<State> parse_state(BytesView text) {
  KIP_TRY(const json::Value value, json::parse(text));
  json::ObjectReader in(value, "witness state");
  in.format("kip.witness-state", 1);
  State out;
  out.origin = in.text("origin");
  out.head.size = static_cast<std::uint64_t>(in.integer("size", 0, static_cast<std::int64_t>(kMaxSize)));
  const auto root = in.parsed("root", Sha256Digest::parse);
  const std::string note = in.text("checkpoint");
  KIP_TRY_VOID(in.finish());
  out.head.root = *root;
  KIP_TRY(out.note, Note::parse(note));
  KIP_TRY(const Checkpoint checkpoint, Checkpoint::parse(out.note.text));
  if (checkpoint.head == out.head && checkpoint.origin == out.origin) return out;
  return fail(ErrorCode::integrity, "its checkpoint is another one than its size and root");
}

Bytes state_text(const Checkpoint& checkpoint, const Note& note) {
  return json::to_pretty(json::Object{{"format", "kip.witness-state/1"},
                                      {"origin", checkpoint.origin},
                                      {"size", static_cast<std::int64_t>(checkpoint.head.size)},
                                      {"root", checkpoint.head.root.hex()},
                                      {"checkpoint", note.bytes()}});
}

}  // namespace

Witness::Witness(const Ports& ports, std::filesystem::path folder, WitnessKey key, std::unique_ptr<FileLock> lock)
    : ports_(ports), folder_(std::move(folder)), key_(std::move(key)), lock_(std::move(lock)) {}

Result<void> Witness::create(FileSystem& files, const std::filesystem::path& folder) {
  KIP_TRY_VOID(files.make_directory(folder, kPrivateFolder));
  KIP_TRY_VOID(files.make_directory(folder / "conflicts", kPrivateFolder));
  KIP_TRY_VOID(files.sync_directory(folder));
  return files.sync_directory(directory_of(folder));
}

Result<std::unique_ptr<Witness>> Witness::open(const Ports& ports, const std::filesystem::path& folder,
                                               std::vector<WatchedLog> logs, WitnessKey key) {
  KIP_CHECK(key.key.type() == NoteSignatureType::cosignature);
  KIP_TRY(const bool there, path_exists(ports.files, folder));
  if (!there) {
    return fail(ErrorCode::not_found,
                fmt::format("{} is gone, so that nobody can tell what was cosigned: mount its disk. A witness that "
                            "forgets is none; where it cannot come back, begin one with another key",
                            folder.string()));
  }
  auto lock = ports.files.lock(folder / "lock");
  if (!lock) return fail_while("keeping what is cosigned in " + folder.string(), lock.error());
  std::unique_ptr<Witness> out(new Witness(ports, folder, std::move(key), *std::move(lock)));
  for (WatchedLog& log : logs) {
    const bool twice = std::any_of(out->logs_.begin(), out->logs_.end(),
                                   [&](const auto& other) { return other->log.origin == log.origin; });
    if (twice) return fail(ErrorCode::usage, fmt::format("the log \"{}\" is to be watched twice", log.origin));
    auto watched = std::make_unique<Watched>();
    watched->file = folder / (name_of(log.origin) + ".json");
    watched->log = std::move(log);
    KIP_TRY_VOID(out->load(*watched));
    out->logs_.push_back(std::move(watched));
  }
  return out;
}

/// What is read may have been put there by a process that was interrupted before its name was durable. Nothing rests on
/// it before that is made up for.
Result<void> Witness::load(Watched& watched) const {
  KIP_TRY_VOID(ports_.files.sync_directory(folder_));
  auto text = read_file(ports_.files, watched.file, kMaxState);
  if (!text && text.error().code == ErrorCode::not_found) return {};
  if (!text) return Unexpected(std::move(text).error());
  auto state = parse_state(*text);
  if (state && state->origin != watched.log.origin) state = fail(ErrorCode::integrity, "it is of another log");
  if (!state) return fail_while("reading " + watched.file.string(), state.error());
  watched.head = state->head;
  watched.note = std::move(state->note);
  return {};
}

WitnessAnswer Witness::add_checkpoint(BytesView body) {
  const auto request = AddCheckpoint::parse(body);
  if (!request) {
    return refuse(request.error().code == ErrorCode::too_large ? kTooLarge : kMalformed, request.error().message);
  }
  const auto checkpoint = Checkpoint::parse(request->checkpoint.text);
  if (!checkpoint) return refuse(kMalformed, checkpoint.error().message);
  if (checkpoint->head.size > kMaxSize) return refuse(kMalformed, "the checkpoint is of more entries than any log has");
  const auto found =
      std::find_if(logs_.begin(), logs_.end(), [&](const auto& one) { return one->log.origin == checkpoint->origin; });
  if (found == logs_.end()) return refuse(kNotFound, "this witness does not watch that log");
  Watched& watched = **found;
  const auto signers = verify_note(request->checkpoint, watched.log.keys);
  if (!signers) return refuse(kForbidden, signers.error().message);
  if (signers->empty()) return refuse(kForbidden, "no key of the log has signed that checkpoint");
  if (request->old_size > checkpoint->head.size)
    return refuse(kMalformed, "the old size is larger than the checkpoint's");
  return cosign(watched, *request, *checkpoint, only_signed(request->checkpoint, watched.log.keys));
}

/// The mutex is held over the write: comparing with what was cosigned last and replacing it must be one step, or a
/// slow request would take the log back behind a faster one. Source: C2SP tlog-witness, the race at its end.
WitnessAnswer Witness::cosign(Watched& watched, const AddCheckpoint& request, const Checkpoint& checkpoint,
                              Note note) const {
  const std::lock_guard lock(watched.mutex);
  const auto failed = [&](const Error& error) {
    ports_.log.write("witness.failed", {{"origin", checkpoint.origin}, {"error", error.message}});
    return refuse(kFailed, "the witness cannot keep what it would cosign; try again later");
  };
  // Whatever it asks to be compared with: what contradicts is kept.
  if (checkpoint.head.size == watched.head.size && watched.head.root != checkpoint.head.root)
    return contradiction(watched, checkpoint, note);
  if (request.old_size != watched.head.size) return other_size(watched.head);
  const auto extends = check_extends(watched.head, checkpoint.head, request.proof);
  if (!extends) return refuse(kUnprocessable, extends.error().message);
  if (const auto kept = keep(watched, checkpoint, std::move(note)); !kept) return failed(kept.error());
  const auto signature = sign_note(request.checkpoint.text, key_.key, key_.signing, ports_.clock.now());
  if (!signature) return failed(signature.error());
  ports_.log.write("witness.cosigned", {{"origin", checkpoint.origin}, {"size", std::to_string(checkpoint.head.size)}});
  return {kOk, std::string(kText), signature_lines({*signature})};
}

Result<void> Witness::keep(Watched& watched, const Checkpoint& checkpoint, Note note) const {
  if (checkpoint.head == watched.head && !watched.note.signatures.empty()) return {};
  KIP_TRY_VOID(replace_file(ports_.files, watched.file, state_text(checkpoint, note), kPrivateFile));
  watched.head = checkpoint.head;
  watched.note = std::move(note);
  return {};
}

/// The log has signed two trees of one size: that is proof of it, and both notes are kept.
WitnessAnswer Witness::contradiction(const Watched& watched, const Checkpoint& checkpoint, const Note& note) const {
  Checkpoint ours{watched.log.origin, watched.head};
  auto kept = watched.note.signatures.empty() ? Result<void>() : keep_conflict(watched.note, ours);
  if (kept) kept = keep_conflict(note, checkpoint);
  ports_.log.write("witness.log_contradicts_itself",
                   {{"origin", checkpoint.origin},
                    {"size", std::to_string(checkpoint.head.size)},
                    {"root", checkpoint.head.root.hex()},
                    {"cosigned_root", watched.head.root.hex()},
                    {"kept", kept ? (folder_ / "conflicts").string() : kept.error().message}});
  return other_size(watched.head);
}

Result<void> Witness::keep_conflict(const Note& note, const Checkpoint& checkpoint) const {
  const auto folder = folder_ / "conflicts";
  const auto file =
      folder / fmt::format("{}-{}-{}", name_of(checkpoint.origin), checkpoint.head.size, checkpoint.head.root.hex());
  KIP_TRY(const bool there, path_exists(ports_.files, file));
  if (there) return {};
  KIP_TRY(const auto names, ports_.files.list_directory(folder));
  if (names.size() >= kMaxConflicts) return fail(ErrorCode::too_large, fmt::format("{} is full", folder.string()));
  return replace_file(ports_.files, file, note.bytes(), kPrivateFile);
}

}  // namespace kip::tlog
