#include <gtest/gtest.h>

#include <signing/package/zstd_patch.hpp>

#include "delta_fixture.hpp"
#include "hostile_package.hpp"

namespace kip {
namespace {

using testing::fails_with;
using testing::is_ok;
using testing::noise;

TEST(ZstdPatch, OfASmallChangeIsSmall) {
  const std::string base = noise(200'000);
  std::string target = base;
  target.replace(77'777, 5, "12345");
  const auto patch = make_patch(base, target);
  ASSERT_THAT(patch, is_ok());
  EXPECT_LT(patch->size(), 60U);
  EXPECT_EQ(*apply_patch(base, *patch, target.size()), target);
}

/// Lines of forms, most of them in several places.
std::string lines(std::size_t count, std::uint64_t seed) {
  const std::string numbers = noise(count, seed);
  std::string out;
  for (const char number : numbers)
    out += "  <field name=\"item-" + std::to_string(number) + "\" type=\"decimal\" use=\"required\"/>\n";
  return out;
}

TEST(ZstdPatch, OfManyChangesInMuchStaysSmallAndIsAlwaysTheSame) {
  const std::string base = lines(20'000, 3);
  std::string target = base;
  for (std::size_t at = 1000; at + 10 < target.size(); at += target.size() / 100)
    target.replace(at, 10, "changed");
  const auto patch = make_patch(base, target);
  ASSERT_THAT(patch, is_ok());
  EXPECT_LT(patch->size(), 1500U);
  EXPECT_EQ(*apply_patch(base, *patch, target.size()), target);
  EXPECT_EQ(*make_patch(base, target), *patch);
}

TEST(ZstdPatch, ReachesOverAllOfTheLargestBase) {
  const std::string far = noise(1U << 20U);
  const std::string near(15U << 20U, 'n');
  const auto patch = make_patch(far + near, near + far);
  ASSERT_THAT(patch, is_ok());
  EXPECT_LT(patch->size(), 10'000U);
  EXPECT_EQ(*apply_patch(far + near, *patch, far.size() + near.size()), near + far);
}

TEST(ZstdPatch, OfWhatNothingMakesSmallerIsHardlyLarger) {
  const std::string target = noise(2U << 20U, 2);
  const auto patch = make_patch(noise(2U << 20U), target);
  ASSERT_THAT(patch, is_ok());
  EXPECT_LT(patch->size(), target.size() + 1000);
  EXPECT_EQ(*apply_patch(noise(2U << 20U), *patch, target.size()), target);
}

TEST(ZstdPatch, WithAnotherBaseMakesSomethingElseOrFails) {
  const std::string base = noise(5000);
  const auto patch = *make_patch(base, base + "more");
  const auto other = apply_patch(noise(5000, 2), patch, 10'000);
  EXPECT_TRUE(!other || *other != base + "more");
  EXPECT_THAT(apply_patch("", patch, 10'000), fails_with(ErrorCode::malformed, "does not go with its base"));
}

TEST(ZstdPatch, RefusesWhatIsNoWholePatch) {
  const std::string base = noise(5000);
  const auto patch = *make_patch(base, noise(3000, 2) + base);
  EXPECT_THAT(apply_patch(base, "", 10'000), fails_with(ErrorCode::malformed, "no Zstandard frame"));
  EXPECT_THAT(apply_patch(base, patch.substr(0, 5), 10'000), fails_with(ErrorCode::malformed, "no Zstandard frame"));
  EXPECT_THAT(apply_patch(base, "PK\x03\x04 and so on", 10'000), fails_with(ErrorCode::malformed));
  EXPECT_THAT(apply_patch(base, patch.substr(0, patch.size() - 1), 10'000),
              fails_with(ErrorCode::malformed, "ends early"));
  EXPECT_THAT(apply_patch(base, patch + "x", 10'000), fails_with(ErrorCode::malformed, "follows after its frame"));
  EXPECT_THAT(apply_patch(base, patch + patch, 10'000), fails_with(ErrorCode::malformed, "follows after its frame"));
  EXPECT_THAT(apply_patch(base, patch, 7'999), fails_with(ErrorCode::too_large, "8000 bytes, allowed are 7999"));
}

/// A source that gives so many octets at a time.
ByteSource in_pieces(BytesView bytes, std::size_t size) {
  return [rest = bytes, size]() mutable -> Result<BytesView> {
    const BytesView piece = rest.substr(0, size);
    rest.remove_prefix(piece.size());
    return piece;
  };
}

TEST(ZstdPatch, IsReadInPiecesOfAnySize) {
  const std::string base = noise(300'000);
  const std::string target = noise(200'000, 2) + base + noise(5, 3);
  const auto patch = *make_patch(base, target);
  for (const std::size_t size : {1U, 7U, 18U, 4096U, 131'072U}) {
    EXPECT_EQ(*apply_patch(base, in_pieces(patch, size), target.size()), target) << size;
    EXPECT_THAT(apply_patch(base, in_pieces(patch + "x", size), target.size()),
                fails_with(ErrorCode::malformed, "follows after its frame"));
    EXPECT_THAT(apply_patch(base, in_pieces(BytesView(patch).substr(0, patch.size() - 1), size), target.size()),
                fails_with(ErrorCode::malformed, "ends early"));
  }
}

TEST(ZstdPatch, TellsWhyItsSourceFailed) {
  const std::string base = noise(5000);
  const auto patch = *make_patch(base, base + "more");
  const auto broken = [at = 0, &patch]() mutable -> Result<BytesView> {
    if (at++ > 0) return fail(ErrorCode::storage, "the disk is gone");
    return BytesView(patch).substr(0, patch.size() / 2);
  };
  EXPECT_THAT(apply_patch(base, broken, 10'000), fails_with(ErrorCode::storage, "the disk is gone"));
}

TEST(ZstdPatch, RefusesWindowsAndDictionaries) {
  EXPECT_THAT(apply_patch("", testing::zstd_frame_with_window(26, "x"), 10),
              fails_with(ErrorCode::malformed, "window of more than 32 MiB"));
  EXPECT_THAT(apply_patch("", testing::zstd_frame_with_window(25, "x"), 10),
              fails_with(ErrorCode::malformed, "does not say how much it makes"));
  std::string dictionary = testing::zstd_frame("text");
  dictionary[4] = static_cast<char>(dictionary[4] | 1);
  EXPECT_THAT(apply_patch("", dictionary, 10), fails_with(ErrorCode::malformed, "dictionary"));
}

}  // namespace
}  // namespace kip
