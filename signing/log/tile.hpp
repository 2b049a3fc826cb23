#pragma once

#include <optional>
#include <string>
#include <vector>

#include <signing/log/merkle.hpp>

namespace kip::tlog {

inline constexpr unsigned kTileHeight = 8;
inline constexpr unsigned kTileWidth = 256;
/// Entries are prefixed with two octets of length.
inline constexpr std::size_t kMaxEntry = 65'535;

/// A run of neighbouring hashes of one tree level, or, at level 0, of entries. Source: C2SP tlog-tiles.
struct TileId {
  unsigned level = 0;           ///< in tiles: hashes of level l stand for 256^l leaves each
  std::uint64_t index = 0;      ///< of the tile within its level
  unsigned width = kTileWidth;  ///< 1 to 256; below 256 it is partial

  auto operator<=>(const TileId&) const = default;
};

/// "tile/0/x001/067", a partial one "tile/0/x001/067.p/5".
std::string tile_path(const TileId& tile);
/// "tile/entries/x001/067" with the entries of the tile at level 0 with that index.
std::string bundle_path(std::uint64_t index, unsigned width);

/// The tile of a tree of `size` leaves at that place, as wide as the tree makes it; nothing where it is empty.
std::optional<TileId> tile_at(unsigned level, std::uint64_t index, std::uint64_t size);
/// The tiles of a tree of `size` leaves that one of `before` leaves has not, or has narrower, from level 0 up.
std::vector<TileId> new_tiles(std::uint64_t before, std::uint64_t size);

/// The hashes of a tile, or of neighbouring ones in it: as many octets as so many hashes have.
std::vector<Sha256Digest> hashes_in(BytesView tile);

/// Errors: too_large above kMaxEntry.
Result<void> check_entry(BytesView entry);
/// Adds an entry to a bundle. Errors: too_large above kMaxEntry.
Result<void> append_entry(Bytes& bundle, BytesView entry);
/// The entries of a bundle of that width; they refer to it. Errors: malformed where it has more or fewer.
Result<std::vector<BytesView>> parse_bundle(BytesView bundle, unsigned width);

/// Reads the content of a tile: its hashes, 32 octets each.
using TileReader = std::function<Result<Bytes>(const TileId&)>;
/// Reads the nodes of a tree of `size` leaves out of its tiles; keeps those that were read last. Errors: those of the
/// reader; integrity where a tile has another length. What comes from strangers is proven only by a proof that holds.
NodeReader nodes_of(std::uint64_t size, TileReader read);

}  // namespace kip::tlog
