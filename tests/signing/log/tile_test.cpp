#include <filesystem>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signing/log/tile.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>

namespace kip::tlog {
namespace {

using kip::testing::fails_with;
using kip::testing::is_ok;
using ::testing::ElementsAre;

TEST(Tile, PathsAreThoseOfTheSpecification) {
  EXPECT_EQ(tile_path({0, 1'234'067}), "tile/0/x001/x234/067");
  EXPECT_EQ(tile_path({2, 0, 1}), "tile/2/000.p/1");
  EXPECT_EQ(bundle_path(1000, 255), "tile/entries/x001/000.p/255");
}

TEST(Tile, ATreeOf70000LeavesHasTheTilesOfTheSpecification) {
  std::map<unsigned, int> full;
  std::vector<TileId> partial;
  for (const TileId& tile : new_tiles(0, 70'000)) {
    if (tile.width == kTileWidth)
      ++full[tile.level];
    else
      partial.push_back(tile);
  }
  EXPECT_EQ(full, (std::map<unsigned, int>{{0, 273}, {1, 1}}));
  EXPECT_THAT(partial, ElementsAre(TileId{0, 273, 112}, TileId{1, 1, 17}, TileId{2, 0, 1}));
}

TEST(Tile, GrowingTreesAddWhatIsWiderOrNew) {
  EXPECT_THAT(new_tiles(0, 0), ElementsAre());
  EXPECT_THAT(new_tiles(3, 3), ElementsAre());
  EXPECT_THAT(new_tiles(3, 5), ElementsAre(TileId{0, 0, 5}));
  EXPECT_THAT(new_tiles(255, 256), ElementsAre(TileId{0, 0}, TileId{1, 0, 1}));
  EXPECT_THAT(new_tiles(256, 257), ElementsAre(TileId{0, 1, 1}));
}

TEST(Tile, BundlesHoldTheirEntries) {
  Bytes bundle;
  const Bytes large(kMaxEntry, 'x');
  for (const BytesView entry : {BytesView("one"), BytesView(""), BytesView(large)})
    ASSERT_THAT(append_entry(bundle, entry), is_ok());
  EXPECT_THAT(parse_bundle(bundle, 3).value(), ElementsAre("one", "", large));
  EXPECT_THAT(append_entry(bundle, large + "y"), fails_with(ErrorCode::too_large));
  EXPECT_FALSE(parse_bundle(bundle, 2));
  EXPECT_FALSE(parse_bundle(bundle, 4));
  for (const std::size_t cut : {std::size_t{1}, bundle.size() - 1})
    EXPECT_FALSE(parse_bundle(BytesView(bundle).substr(0, cut), 3));
}

/// The tiles of the entries "0", "1" and so on, made from the tree of all of them.
class Tiles {
 public:
  explicit Tiles(std::uint64_t size) : size_(size) {
    std::vector<Sha256Digest> level;
    for (std::uint64_t i = 0; i < size; ++i)
      level.push_back(leaf_hash(std::to_string(i)));
    for (; !level.empty(); level = above(level))
      levels_.push_back(level);
  }

  Result<Bytes> read(const TileId& tile) const {
    Bytes out;
    const auto& level = levels_.at(kTileHeight * tile.level);
    for (unsigned place = 0; place < tile.width; ++place)
      out += level.at(tile.index * kTileWidth + place).bytes();
    return out;
  }
  NodeReader nodes() const {
    return nodes_of(size_, [this](const TileId& tile) { return read(tile); });
  }

 private:
  static std::vector<Sha256Digest> above(const std::vector<Sha256Digest>& level) {
    std::vector<Sha256Digest> out;
    for (std::size_t i = 0; i + 1 < level.size(); i += 2)
      out.push_back(node_hash(level[i], level[i + 1]));
    return out;
  }

  std::uint64_t size_;
  std::vector<std::vector<Sha256Digest>> levels_;
};

TEST(Tile, ProofsAreMadeFromTiles) {
  constexpr std::uint64_t kSize = 66'000;
  const Tiles tiles(kSize);
  Frontier frontier;
  std::map<std::uint64_t, Sha256Digest> roots;
  for (std::uint64_t i = 0; i < kSize; ++i) {
    frontier.append(leaf_hash(std::to_string(i)));
    if (i % 5'000 == 7) roots.emplace(i + 1, frontier.root());
  }
  EXPECT_EQ(compute_root(kSize, tiles.nodes()).value(), frontier.root());
  EXPECT_EQ(compute_frontier(kSize, tiles.nodes()).value(), frontier);
  for (const std::uint64_t index : {0U, 255U, 256U, 65'535U, 65'536U, 65'999U}) {
    const Proof proof = prove_inclusion(index, kSize, tiles.nodes()).value();
    EXPECT_THAT(verify_inclusion(index, kSize, leaf_hash(std::to_string(index)), proof, frontier.root()), is_ok());
  }
  for (const auto& [size, root] : roots) {
    const Proof proof = prove_consistency(size, kSize, tiles.nodes()).value();
    EXPECT_THAT(verify_consistency({size, root}, {kSize, frontier.root()}, proof), is_ok()) << size;
  }
}

TEST(Tile, ATileOfAnotherLengthIsRefused) {
  const auto read = [](const TileId&) -> Result<Bytes> { return Bytes(33, 'x'); };
  EXPECT_THAT(compute_root(1, nodes_of(1, read)), fails_with(ErrorCode::integrity, "tile/0/000.p/1 has 33 octets"));
}

TEST(TesseraVectors, EntriesAndTilesAgree) {
  const std::string folder = KIP_VECTORS "/transparency-dev_tessera/testdata/log/";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no public test vectors";
  for (unsigned width = 1; width <= 15; ++width) {
    const Bytes bundle = kip::testing::read_file(folder + bundle_path(0, width));
    const Bytes tile = kip::testing::read_file(folder + tile_path({0, 0, width}));
    const auto entries = parse_bundle(bundle, width);
    ASSERT_THAT(entries, is_ok()) << width;
    Frontier frontier;
    Bytes hashes;
    for (const BytesView entry : *entries) {
      frontier.append(leaf_hash(entry));
      hashes += leaf_hash(entry).bytes();
    }
    EXPECT_EQ(hashes, tile) << width;
    const Bytes checkpoint = kip::testing::read_file(folder + "checkpoint." + std::to_string(width));
    EXPECT_THAT(checkpoint, ::testing::HasSubstr("\n" + to_base64(frontier.root().bytes()) + "\n")) << width;
  }
}

}  // namespace
}  // namespace kip::tlog
