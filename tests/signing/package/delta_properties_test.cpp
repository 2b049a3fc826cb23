#include <random>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <signing/package/zstd_patch.hpp>

#include "delta_fixture.hpp"

namespace kip {
namespace {

using testing::Contents;

/// A few names and a few contents, so that files stay, change, move, come and go.
Contents some_files(std::mt19937& random) {
  const std::vector<std::string> contents = {
      "", "x", "some text", std::string(3000, 'y'), testing::noise(2000, 1), testing::noise(2000, 1) + "more"};
  Contents out;
  for (const char* name : {"a.xml", "b.xml", "c/d.xml", "c/e.bin", "mine.ini"}) {
    if (const auto which = random() % (contents.size() + 2); which < contents.size()) out[name] = contents[which];
  }
  if (out.empty()) out["f"] = "at least one";
  return out;
}

// Not by rapidcheck: each case packs two packages, which takes too long for a hundred of them.
TEST(DeltaProperty, AnyVersionIsMadeOfAnyOther) {
  std::mt19937 random(1);
  for (int round = 0; round < 20; ++round) {
    const Contents before = some_files(random);
    const Contents after = some_files(random);
    testing::TwoVersions two(before, after);
    ASSERT_THAT(two.make(), testing::is_ok()) << round;
    const auto made = two.extract();
    ASSERT_THAT(made, testing::is_ok()) << round;
    EXPECT_EQ(made->bytes(), two.after().bytes()) << round;
    EXPECT_EQ(testing::read_folder(two.files(), two.path("staging")), after) << round;
  }
}

RC_GTEST_PROP(ZstdPatchProperty, AppliedToItsBaseItGivesTheTarget,
              (const std::string& base, const std::string& target)) {
  const auto patch = make_patch(base, target);
  RC_ASSERT(patch.has_value());
  RC_ASSERT(*patch == *make_patch(base, target));
  const auto made = apply_patch(base, *patch, target.size());
  RC_ASSERT(made.has_value());
  RC_ASSERT(*made == target);
}

RC_GTEST_PROP(ZstdPatchProperty, DamagedItNeverGivesMoreThanAllowed, (const std::string& base, std::string target)) {
  target += base + target;
  auto patch = *make_patch(base, target);
  const auto at = *rc::gen::inRange<std::size_t>(0, patch.size());
  patch[at] = static_cast<char>(patch[at] ^ *rc::gen::inRange(1, 256));
  const auto made = apply_patch(base, patch, target.size());
  const bool is_bounded = !made || made->size() <= target.size();
  RC_ASSERT(is_bounded);
}

}  // namespace
}  // namespace kip
