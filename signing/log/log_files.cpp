#include <algorithm>

#include <fmt/format.h>

#include <signing/log/log_files.hpp>

namespace kip::tlog {
namespace {

constexpr std::size_t kMaxTile = kTileWidth * Sha256Digest::kSize;
constexpr std::size_t kMaxBundle = kTileWidth * (kMaxEntry + 2);

/// The bundle of the first `width` entries, out of a wider one where that is all there is.
Result<std::vector<Bytes>> read_bundle(const LogFileReader& read, std::uint64_t index, unsigned width) {
  auto content = read(bundle_path(index, width), kMaxBundle);
  unsigned found = width;
  if (!content && content.error().code == ErrorCode::not_found && width < kTileWidth) {
    found = kTileWidth;
    content = read(bundle_path(index, kTileWidth), kMaxBundle);
  }
  if (!content) return Unexpected(std::move(content).error());
  auto entries = parse_bundle(*content, found);
  if (!entries) return fail_while(bundle_path(index, found), entries.error());
  return std::vector<Bytes>(entries->begin(), entries->begin() + width);
}

}  // namespace

LogFileReader files_below(FileSystem& files, std::filesystem::path folder) {
  return [&files, folder = std::move(folder)](const std::string& path, std::size_t max_bytes) {
    return read_file(files, folder / path, max_bytes);
  };
}

Result<Note> read_checkpoint_note(const LogFileReader& read) {
  KIP_TRY(const Bytes bytes, read(kCheckpointFile, Note::kMaxBytes));
  return Note::parse(bytes);
}

TileReader tiles_of(LogFileReader read) {
  return [read = std::move(read)](const TileId& tile) -> Result<Bytes> {
    auto content = read(tile_path(tile), kMaxTile);
    if (content || content.error().code != ErrorCode::not_found || tile.width == kTileWidth) return content;
    KIP_TRY(Bytes full, read(tile_path({tile.level, tile.index}), kMaxTile));
    full.resize(std::min(full.size(), tile.width * Sha256Digest::kSize));
    return full;
  };
}

Result<void> read_entries(const LogFileReader& read, std::uint64_t first, std::uint64_t size,
                          const std::function<Result<void>(std::uint64_t, BytesView)>& take) {
  for (std::uint64_t index = first; index < size;) {
    const std::uint64_t bundle = index / kTileWidth;
    const std::uint64_t begin = bundle * kTileWidth;
    const auto width = static_cast<unsigned>(std::min<std::uint64_t>(size - begin, kTileWidth));
    KIP_TRY(const std::vector<Bytes> entries, read_bundle(read, bundle, width));
    for (; index < begin + width; ++index)
      KIP_TRY_VOID(take(index, entries[index - begin]));
  }
  return {};
}

}  // namespace kip::tlog
