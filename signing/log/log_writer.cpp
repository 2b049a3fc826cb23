#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include <manifests/codec/reader.hpp>
#include <signing/log/log_files.hpp>
#include <signing/log/log_writer.hpp>
#include <signing/storage/atomic_file.hpp>

namespace kip::tlog {
namespace {

constexpr unsigned kPublicFolder = 0755;
constexpr unsigned kPublicFile = 0644;
constexpr unsigned kPrivateFolder = 0700;
/// Others come through to what is public, where the folders above let them.
constexpr unsigned kPassage = 0711;
constexpr unsigned kPrivateFile = 0600;
constexpr std::size_t kMaxState = 64U << 10U;
constexpr std::size_t kKnownDirectories = 64;
constexpr std::size_t kHash = Sha256Digest::kSize;

std::filesystem::path state_file(const LogPlace& place) {
  return place.folder / "state.json";
}
std::filesystem::path checkpoint_file(const LogPlace& place) {
  return place.public_folder() / kCheckpointFile;
}

struct State {
  std::string origin;
  TreeHead head;
};

Result<State> read_state(FileSystem& files, const LogPlace& place) {
  KIP_TRY(const Bytes text, read_file(files, state_file(place), kMaxState));
  KIP_TRY(const json::Value value, json::parse(text));
  json::ObjectReader in(value, "log state");
  in.format("kip.log-state", 1);
  State out;
  out.origin = in.text("origin");
  out.head.size = static_cast<std::uint64_t>(in.integer("size", 0, std::numeric_limits<std::int64_t>::max()));
  const auto root = in.parsed("root", Sha256Digest::parse);
  KIP_TRY_VOID(in.finish());
  out.head.root = *root;
  return out;
}

Result<void> write_state(FileSystem& files, const LogPlace& place, const State& state) {
  const json::Object value{{"format", "kip.log-state/1"},
                           {"origin", state.origin},
                           {"size", static_cast<std::int64_t>(state.head.size)},
                           {"root", state.head.root.hex()}};
  return replace_file(files, state_file(place), json::to_pretty(value), kPrivateFile);
}

/// With the log's signatures, and then those of others.
Result<void> publish_at(FileSystem& files, const LogPlace& place, const LogIdentity& identity, const TreeHead& head,
                        const std::vector<NoteSignature>& others) {
  Note note{Checkpoint{identity.origin, head}.text(), {}};
  for (const auto& [key, signing] : identity.keys) {
    KIP_TRY(NoteSignature signature, sign_note(note.text, key, signing));
    note.signatures.push_back(std::move(signature));
  }
  note.signatures.insert(note.signatures.end(), others.begin(), others.end());
  return replace_file(files, checkpoint_file(place), note.bytes(), kPublicFile);
}

/// What is published, if anything. Whether a signature holds is not asked: keys change, and the file is ours.
Result<std::optional<Note>> published(FileSystem& files, const LogPlace& place) {
  auto note = read_checkpoint_note(files_below(files, place.public_folder()));
  if (!note && note.error().code == ErrorCode::not_found) return std::optional<Note>();
  if (!note) return Unexpected(std::move(note).error());
  return std::optional(*std::move(note));
}

/// Witnesses sign under names of their own, the log under its origin.
std::vector<NoteSignature> by_others(const Note& note, std::string_view origin) {
  std::vector<NoteSignature> out;
  std::copy_if(note.signatures.begin(), note.signatures.end(), std::back_inserter(out),
               [&](const NoteSignature& one) { return one.name != origin; });
  return out;
}

/// The state is durable before its checkpoint is seen, so that nothing else than an older or the same one can be there.
Result<void> check_not_ahead(const std::optional<Note>& note, const State& state) {
  if (!note) return {};
  KIP_TRY(const std::optional<Checkpoint> seen, Checkpoint::parse(note->text));
  const bool agrees = seen->origin == state.origin && seen->head.size <= state.head.size &&
                      (seen->head.size < state.head.size || seen->head.root == state.head.root);
  if (agrees) return {};
  return fail(
      ErrorCode::integrity,
      fmt::format("the log \"{}\" has published a checkpoint of {} entries and knows {}: its files were damaged, "
                  "or some of them put back from a backup",
                  state.origin, seen->head.size, state.head.size));
}

Result<std::unique_ptr<FileLock>> take(FileSystem& files, const LogPlace& place) {
  auto lock = files.lock(place.folder / "lock");
  if (!lock) return fail_while("writing the log in " + place.folder.string(), lock.error());
  return lock;
}

Sha256Digest root_of_tile(BytesView hashes) {
  Frontier frontier;
  for (const Sha256Digest& hash : hashes_in(hashes))
    frontier.append(hash);
  return frontier.root();
}

unsigned width_of(BytesView hashes) {
  return static_cast<unsigned>(hashes.size() / kHash);
}

}  // namespace

Result<void> LogWriter::create(FileSystem& files, const LogPlace& place, const LogIdentity& identity) {
  KIP_TRY(const bool has_folder, path_exists(files, place.folder));
  if (!has_folder) KIP_TRY_VOID(files.make_directory(place.folder, kPassage));
  KIP_TRY_VOID(make_directories(files, place.public_folder(), kPublicFolder));
  if (!place.entries_are_public) KIP_TRY_VOID(make_directories(files, place.entries_folder(), kPrivateFolder));
  KIP_TRY(const auto lock, take(files, place));
  KIP_TRY(const bool begun, path_exists(files, state_file(place)));
  if (begun) {
    KIP_TRY(const State state, read_state(files, place));
    if (state.origin == identity.origin && state.head == TreeHead{}) return {};
    return fail(ErrorCode::conflict, fmt::format("{} holds the log \"{}\" with {} entries", place.folder.string(),
                                                 state.origin, state.head.size));
  }
  KIP_TRY_VOID(files.sync_tree(place.folder));
  KIP_TRY_VOID(write_state(files, place, {identity.origin, {}}));
  KIP_TRY_VOID(publish_at(files, place, identity, {}, {}));
  return files.sync_directory(directory_of(place.folder));
}

LogWriter::LogWriter(FileSystem& files, LogPlace place, LogIdentity identity, std::unique_ptr<FileLock> lock)
    : files_(files), place_(std::move(place)), identity_(std::move(identity)), lock_(std::move(lock)) {}

Result<std::unique_ptr<LogWriter>> LogWriter::open(FileSystem& files, const LogPlace& place, LogIdentity identity) {
  KIP_TRY(auto lock, take(files, place));
  KIP_TRY(const State state, read_state(files, place));
  if (state.origin != identity.origin) {
    return fail(ErrorCode::conflict, fmt::format("{} holds the log \"{}\", not \"{}\"", place.folder.string(),
                                                 state.origin, identity.origin));
  }
  KIP_TRY(const auto seen, published(files, place));
  KIP_TRY_VOID(check_not_ahead(seen, state));
  std::unique_ptr<LogWriter> out(new LogWriter(files, place, std::move(identity), std::move(lock)));
  out->head_ = state.head;
  out->size_ = state.head.size;
  KIP_TRY_VOID(out->load_edge());
  if (seen && seen->text == Checkpoint{out->origin(), out->head_}.text())
    out->others_ = by_others(*seen, out->origin());
  // Also where it is the same one: the keys may have changed.
  KIP_TRY_VOID(out->publish());
  return out;
}

Result<void> LogWriter::publish() const {
  return publish_at(files_, place_, identity_, head_, others_);
}

Result<bool> LogWriter::add_signatures(const Note& cosigned) {
  KIP_CHECK(!failed_);
  if (cosigned.text != Checkpoint{origin(), head_}.text()) return false;
  std::vector<NoteSignature> before = others_;
  for (const NoteSignature& one : by_others(cosigned, origin())) {
    std::erase_if(others_, [&](const NoteSignature& other) { return other.name == one.name && other.id == one.id; });
    others_.push_back(one);
  }
  const auto published = publish();
  if (published) return true;
  others_ = std::move(before);
  return Unexpected(published.error());
}

Result<void> LogWriter::load_edge() {
  const TileReader tiles = tiles_of(files_below(files_, place_.public_folder()));
  for (unsigned level = 0; level < edge_.hashes.size(); ++level) {
    const std::uint64_t hashes = size_ >> (kTileHeight * level);
    const auto width = static_cast<unsigned>(hashes % kTileWidth);
    if (width == 0) continue;
    KIP_TRY(edge_.hashes[level], tiles({level, hashes / kTileWidth, width}));
  }
  KIP_TRY(const Sha256Digest found, root());
  if (found != head_.root) {
    return fail(ErrorCode::integrity,
                fmt::format("the tiles of the log \"{}\" do not have the root that its state tells", origin()));
  }
  Bytes hashes;
  const std::uint64_t first = size_ / kTileWidth * kTileWidth;
  KIP_TRY_VOID(read_entries(files_below(files_, place_.entries_folder()), first, size_,
                            [&](std::uint64_t /*index*/, BytesView entry) -> Result<void> {
                              hashes += leaf_hash(entry).bytes();
                              return append_entry(edge_.bundle, entry);
                            }));
  if (hashes == edge_.hashes[0]) return {};
  return fail(ErrorCode::integrity,
              fmt::format("the last entries of the log \"{}\" are not those of its tiles", origin()));
}

Result<Sha256Digest> LogWriter::root() const {
  const TileReader edge = [this](const TileId& tile) -> Result<Bytes> { return edge_.hashes.at(tile.level); };
  return compute_root(size_, nodes_of(size_, edge));
}

Result<void> LogWriter::append(const std::vector<BytesView>& entries) {
  KIP_CHECK(!failed_);
  for (const BytesView entry : entries)
    KIP_TRY_VOID(check_entry(entry));
  if (entries.empty()) return {};
  failed_ = true;
  const std::uint64_t before = size_;
  for (const BytesView entry : entries)
    KIP_TRY_VOID(add(entry));
  KIP_TRY_VOID(write_partial_tiles(before));
  KIP_TRY_VOID(files_.sync_tree(place_.folder));
  TreeHead head{size_, empty_root()};
  KIP_TRY(head.root, root());
  KIP_TRY_VOID(write_state(files_, place_, {origin(), head}));
  head_ = head;
  others_.clear();
  KIP_TRY_VOID(publish());
  remove_replaced(before);
  failed_ = false;
  return {};
}

Result<void> LogWriter::add(BytesView entry) {
  KIP_TRY_VOID(append_entry(edge_.bundle, entry));
  const std::uint64_t index = size_++;
  if (size_ % kTileWidth == 0) {
    KIP_TRY_VOID(write_bundle(index / kTileWidth, kTileWidth));
    edge_.bundle.clear();
  }
  return add_hash(0, index, leaf_hash(entry));
}

Result<void> LogWriter::add_hash(unsigned level, std::uint64_t index, const Sha256Digest& hash) {
  Bytes& hashes = edge_.hashes.at(level);
  hashes += hash.bytes();
  if (width_of(hashes) < kTileWidth) return {};
  const std::uint64_t tile = index / kTileWidth;
  KIP_TRY_VOID(write_tile({level, tile}, hashes));
  const Sha256Digest above = root_of_tile(hashes);
  hashes.clear();
  return add_hash(level + 1, tile, above);
}

Result<void> LogWriter::write_partial_tiles(std::uint64_t before) {
  for (const TileId& tile : new_tiles(before, size_)) {
    if (tile.width == kTileWidth) continue;
    KIP_TRY_VOID(write_tile(tile, edge_.hashes.at(tile.level)));
    if (tile.level == 0) KIP_TRY_VOID(write_bundle(tile.index, tile.width));
  }
  return {};
}

Result<void> LogWriter::write_tile(const TileId& tile, BytesView hashes) {
  return write(place_.public_folder(), tile_path(tile), hashes, kPublicFile);
}

Result<void> LogWriter::write_bundle(std::uint64_t index, unsigned width) {
  const unsigned mode = place_.entries_are_public ? kPublicFile : kPrivateFile;
  return write(place_.entries_folder(), bundle_path(index, width), edge_.bundle, mode);
}

Result<void> LogWriter::write(const std::filesystem::path& folder, const std::string& path, BytesView bytes,
                              unsigned mode) {
  const std::filesystem::path file = folder / path;
  const std::filesystem::path directory = directory_of(file);
  if (!directories_.contains(directory)) {
    if (directories_.size() == kKnownDirectories) directories_.clear();
    KIP_TRY_VOID(make_directories(files_, directory, mode == kPublicFile ? kPublicFolder : kPrivateFolder));
    directories_.insert(directory);
  }
  return place_file(files_, file, bytes, mode);
}

/// Partial tiles of which there is now the full one. What cannot be removed does no harm.
void LogWriter::remove_replaced(std::uint64_t before) {
  for (const TileId& tile : new_tiles(before, head_.size)) {
    const bool had_begun = (before >> (kTileHeight * tile.level)) > tile.index * kTileWidth;
    if (tile.width < kTileWidth || !had_begun) continue;
    static_cast<void>(files_.remove_tree(place_.public_folder() / (tile_path(tile) + ".p")));
    if (tile.level > 0) continue;
    static_cast<void>(files_.remove_tree(place_.entries_folder() / (bundle_path(tile.index, kTileWidth) + ".p")));
  }
}

}  // namespace kip::tlog
