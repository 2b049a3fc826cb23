#include <algorithm>
#include <map>
#include <memory>

#include <fmt/format.h>

#include <signing/log/tile.hpp>

#include "big_endian.hpp"

namespace kip::tlog {
namespace {

constexpr std::size_t kHash = Sha256Digest::kSize;
constexpr std::size_t kPrefix = 2;
constexpr unsigned kLevels = 64 / kTileHeight;
constexpr std::size_t kKeptTiles = 2 * kLevels;

/// "x001/x234/067": file names never clash with directories, and no directory grows beyond 2,000 names.
std::string index_path(std::uint64_t index) {
  constexpr std::uint64_t kGroup = 1000;
  std::string out = fmt::format("{:03}", index % kGroup);
  for (index /= kGroup; index > 0; index /= kGroup)
    out = fmt::format("x{:03}/{}", index % kGroup, out);
  return out;
}

std::string width_suffix(unsigned width) {
  return width == kTileWidth ? std::string() : fmt::format(".p/{}", width);
}

/// How many hashes a tree has in a level of tiles.
std::uint64_t hashes_at(unsigned level, std::uint64_t size) {
  return level >= kLevels ? 0 : size >> (kTileHeight * level);
}

/// Tiles that were read, the last ones of them.
class TileShelf {
 public:
  TileShelf(std::uint64_t size, TileReader read) : size_(size), read_(std::move(read)) {}

  Result<Sha256Digest> node(unsigned level, std::uint64_t index) {
    const unsigned tile_level = level / kTileHeight;
    const unsigned height = level % kTileHeight;
    const std::uint64_t first = index << height;
    KIP_TRY(const Bytes* tile, find(tile_level, first / kTileWidth));
    const std::size_t begin = first % kTileWidth;
    const std::size_t count = std::size_t{1} << height;
    if ((begin + count) * kHash > tile->size()) {
      return fail(ErrorCode::usage, fmt::format("a tree of {} leaves has no such node", size_));
    }
    std::vector<Sha256Digest> hashes = hashes_in(BytesView(*tile).substr(begin * kHash, count * kHash));
    for (; hashes.size() > 1;
         hashes.erase(hashes.begin() + static_cast<std::ptrdiff_t>(hashes.size() / 2), hashes.end())) {
      for (std::size_t pair = 0; pair < hashes.size() / 2; ++pair)
        hashes[pair] = node_hash(hashes[2 * pair], hashes[2 * pair + 1]);
    }
    return hashes.front();
  }

 private:
  Result<const Bytes*> find(unsigned level, std::uint64_t index) {
    const auto tile = tile_at(level, index, size_);
    if (!tile) return fail(ErrorCode::usage, fmt::format("a tree of {} leaves has no such tile", size_));
    if (const auto kept = kept_.find(*tile); kept != kept_.end()) return &kept->second;
    KIP_TRY(Bytes content, read_(*tile));
    if (content.size() != tile->width * kHash) {
      return fail(ErrorCode::integrity,
                  fmt::format("{} has {} octets instead of {}", tile_path(*tile), content.size(), tile->width * kHash));
    }
    if (kept_.size() >= kKeptTiles) kept_.clear();
    return &kept_.emplace(*tile, std::move(content)).first->second;
  }

  std::uint64_t size_;
  TileReader read_;
  std::map<TileId, Bytes> kept_;
};

}  // namespace

std::string tile_path(const TileId& tile) {
  return fmt::format("tile/{}/{}{}", tile.level, index_path(tile.index), width_suffix(tile.width));
}

std::string bundle_path(std::uint64_t index, unsigned width) {
  return fmt::format("tile/entries/{}{}", index_path(index), width_suffix(width));
}

std::optional<TileId> tile_at(unsigned level, std::uint64_t index, std::uint64_t size) {
  const std::uint64_t hashes = hashes_at(level, size);
  if (index > (hashes - 1) / kTileWidth || hashes == 0) return std::nullopt;
  const std::uint64_t left = hashes - index * kTileWidth;
  return TileId{level, index, static_cast<unsigned>(std::min<std::uint64_t>(left, kTileWidth))};
}

std::vector<Sha256Digest> hashes_in(BytesView tile) {
  KIP_CHECK(tile.size() % kHash == 0);
  std::vector<Sha256Digest> out;
  for (; !tile.empty(); tile.remove_prefix(kHash))
    out.push_back(Sha256Digest::from_bytes(tile.substr(0, kHash)).value());
  return out;
}

std::vector<TileId> new_tiles(std::uint64_t before, std::uint64_t size) {
  std::vector<TileId> out;
  for (unsigned level = 0; level < kLevels; ++level) {
    // The tile that was the last one is new again where hashes were added to it.
    std::uint64_t index = hashes_at(level, before) / kTileWidth;
    if (hashes_at(level, before) == hashes_at(level, size)) continue;
    for (auto tile = tile_at(level, index, size); tile; tile = tile_at(level, ++index, size))
      out.push_back(*tile);
  }
  return out;
}

Result<void> check_entry(BytesView entry) {
  if (entry.size() <= kMaxEntry) return {};
  return fail(ErrorCode::too_large,
              fmt::format("an entry of {} octets; a log takes {} at most", entry.size(), kMaxEntry));
}

Result<void> append_entry(Bytes& bundle, BytesView entry) {
  KIP_TRY_VOID(check_entry(entry));
  bundle += big_endian(entry.size(), kPrefix);
  bundle += entry;
  return {};
}

Result<std::vector<BytesView>> parse_bundle(BytesView bundle, unsigned width) {
  std::vector<BytesView> out;
  while (!bundle.empty() && out.size() < width) {
    if (bundle.size() < kPrefix) break;
    const std::size_t length = read_big_endian(bundle.substr(0, kPrefix));
    if (bundle.size() < kPrefix + length) break;
    out.push_back(bundle.substr(kPrefix, length));
    bundle.remove_prefix(kPrefix + length);
  }
  if (out.size() == width && bundle.empty()) return out;
  return fail(ErrorCode::malformed, fmt::format("the bundle does not hold exactly {} entries", width));
}

NodeReader nodes_of(std::uint64_t size, TileReader read) {
  // Shared, since a std::function is copied: all copies are one reader with one shelf.
  const auto shelf = std::make_shared<TileShelf>(size, std::move(read));
  return [shelf](unsigned level, std::uint64_t index) { return shelf->node(level, index); };
}

}  // namespace kip::tlog
