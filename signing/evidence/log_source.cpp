
#include <fmt/format.h>

#include <signing/evidence/log_source.hpp>

namespace kip {
namespace {

using tlog::kTileWidth;

constexpr std::string_view kKeepsEntries = " (where a log keeps its entries to itself, say --no-entries)";

/// The leaves' hashes by the lowest tiles, one tile at a time.
Result<tlog::Frontier> frontier_of_tiles(const tlog::LogFileReader& read, std::uint64_t size) {
  const tlog::TileReader tiles = tlog::tiles_of(read);
  tlog::Frontier out;
  for (std::uint64_t index = 0; index * kTileWidth < size; ++index) {
    const tlog::TileId tile = *tlog::tile_at(0, index, size);
    KIP_TRY(const Bytes hashes, tiles(tile));
    if (hashes.size() != tile.width * Sha256Digest::kSize) {
      return fail(ErrorCode::integrity, fmt::format("{} has {} octets", tlog::tile_path(tile), hashes.size()));
    }
    for (const Sha256Digest& leaf : tlog::hashes_in(hashes))
      out.append(leaf);
  }
  return out;
}

Result<tlog::Frontier> frontier_of_entries(const tlog::LogFileReader& read, std::uint64_t size) {
  tlog::Frontier out;
  KIP_TRY_VOID(tlog::read_entries(read, 0, size, [&](std::uint64_t /*index*/, BytesView entry) -> Result<void> {
    out.append(tlog::leaf_hash(entry));
    return {};
  }));
  return out;
}

/// What a checkpoint covers has to be there.
template <class T>
Result<T> expect_there(Result<T> read, std::string_view otherwise = "") {
  if (read || read.error().code != ErrorCode::not_found) return read;
  return fail(ErrorCode::integrity, fmt::format("the log does not have all that its checkpoint covers: {}{}",
                                                read.error().message, otherwise));
}

Result<tlog::Checkpoint> newest(const tlog::LogFileReader& read, const tlog::NoteKey& key, std::string_view origin) {
  KIP_TRY(const tlog::Note note, tlog::read_checkpoint_note(read));
  return tlog::open_checkpoint(note, key, origin);
}

Result<void> expect_extends(const tlog::LogFileReader& read, const tlog::Checkpoint& earlier,
                            const tlog::Checkpoint& now) {
  if (earlier.head.size > now.head.size) {
    return fail(ErrorCode::integrity, fmt::format("the log has shrunk: it had {} entries, and now it has {}",
                                                  earlier.head.size, now.head.size));
  }
  if (earlier.head.size == 0) return {};
  const tlog::NodeReader nodes = tlog::nodes_of(now.head.size, tlog::tiles_of(read));
  KIP_TRY(const tlog::Proof proof, tlog::prove_consistency(earlier.head.size, now.head.size, nodes));
  const auto holds = tlog::verify_consistency(earlier.head, now.head, proof);
  if (holds) return {};
  return fail(ErrorCode::integrity,
              fmt::format("the log is not the one of the earlier checkpoint: its first {} entries are others",
                          earlier.head.size));
}

}  // namespace

tlog::LogFileReader files_behind(HttpClient& http, std::string url) {
  while (url.ends_with('/'))
    url.pop_back();
  return [&http, url = std::move(url)](const std::string& path, std::size_t max_bytes) -> Result<Bytes> {
    const std::string whole = fmt::format("{}/{}", url, path);
    KIP_TRY(HttpResponse response, http.send({.url = whole, .max_body = max_bytes}));
    if (response.status != 200) return http_failure(response, whole);
    return std::move(response.body);
  };
}

Result<LogReport> check_log(const tlog::LogFileReader& read, const tlog::NoteKey& key, std::string_view origin,
                            LogEntries entries, const std::optional<tlog::Checkpoint>& earlier) {
  LogReport out;
  KIP_TRY(out.checkpoint, newest(read, key, origin));
  const tlog::TreeHead& head = out.checkpoint.head;
  KIP_TRY(const tlog::Frontier tiles, expect_there(frontier_of_tiles(read, head.size)));
  if (tiles.root() != head.root) {
    return fail(ErrorCode::integrity, "the tiles of the log do not have the root of its checkpoint");
  }
  if (entries == LogEntries::served) {
    KIP_TRY(const tlog::Frontier leaves, expect_there(frontier_of_entries(read, head.size), kKeepsEntries));
    if (leaves.root() != head.root) {
      return fail(ErrorCode::integrity, "the entries of the log do not have the root of its checkpoint");
    }
    out.entries = leaves.size();
  }
  if (earlier) KIP_TRY_VOID(expect_extends(read, *earlier, out.checkpoint));
  return out;
}

Result<tlog::EntryProof> prove_entry(const tlog::LogFileReader& read, const tlog::NoteKey& key, std::string_view origin,
                                     std::uint64_t index) {
  tlog::EntryProof out;
  out.index = index;
  KIP_TRY(out.checkpoint, tlog::read_checkpoint_note(read));
  KIP_TRY(const tlog::Checkpoint checkpoint, tlog::open_checkpoint(out.checkpoint, key, origin));
  const tlog::NodeReader nodes = tlog::nodes_of(checkpoint.head.size, tlog::tiles_of(read));
  KIP_TRY(out.inclusion, tlog::prove_inclusion(index, checkpoint.head.size, nodes));
  KIP_TRY(const Sha256Digest leaf, nodes(0, index));
  KIP_TRY_VOID(tlog::verify_inclusion(index, checkpoint.head.size, leaf, out.inclusion, checkpoint.head.root));
  return out;
}

}  // namespace kip
