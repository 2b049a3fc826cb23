#include <gtest/gtest.h>

#include <signing/crypto/sha256.hpp>
#include <signing/package/delta_plan.hpp>

#include "delta_fixture.hpp"

namespace kip {
namespace {

using testing::Contents;
using ::testing::ElementsAre;
using testing::fails_with;
using testing::is_ok;
using testing::noise;
using testing::TwoVersions;

constexpr std::size_t kMiB = 1U << 20U;

std::string form(int number) {
  std::string out;
  for (int line = 0; line < 300; ++line)
    out += "<line number=\"" + std::to_string(line * 7919 + number) + "\"/>\n";
  return out;
}

const Contents& old_forms() {
  static const Contents kForms = {
      {"B01/layout.xml", form(1)}, {"B02/layout.xml", form(2)}, {"logo.png", noise(5000)}, {"mine.ini", "key = 1"}};
  return kForms;
}

Contents new_forms() {
  Contents out = old_forms();
  out["B01/layout.xml"].replace(200, 4, "2026");
  out.erase("B02/layout.xml");
  out["B03/layout.xml"] = form(3);
  out["pictures/logo.png"] = out["logo.png"];
  return out;
}

TEST(DeltaWriter, MakesTheNewVersionOfTheOldOne) {
  TwoVersions two(old_forms(), new_forms());
  const auto written = two.make();
  ASSERT_THAT(written, is_ok());
  const auto made = two.extract();
  ASSERT_THAT(made, is_ok());
  EXPECT_EQ(made->bytes(), two.after().bytes());
  EXPECT_EQ(testing::read_folder(two.files(), two.path("staging")), new_forms());
  EXPECT_EQ(digest_file(two.files(), two.path("x.kpd"))->sha256, written->file.sha256);
  EXPECT_THAT(two.names(), ElementsAre("base", "new.kpk", "old.kpk", "staging", "x.kpd")) << "no scratch is left";
}

TEST(DeltaWriter, CopiesWhatTheBaseHasUnderAnyNameAndCarriesTheCustomersFilesWhole) {
  TwoVersions two(old_forms(), new_forms());
  const auto written = two.make();
  ASSERT_THAT(written, is_ok());
  // In the order of paths: B01/layout.xml, B03/layout.xml, logo.png, mine.ini, pictures/logo.png.
  ASSERT_EQ(written->delta.patches.size(), 1U);
  EXPECT_THAT(written->delta.patches[0].files, ElementsAre(0U, 1U));
  EXPECT_THAT(written->delta.whole, ElementsAre(3U));
  EXPECT_EQ(written->copied, 2U);
  EXPECT_LT(written->file.size, two.bytes("new.kpk").size() / 4);
}

TEST(DeltaWriter, GivesEqualBytesForEqualPackages) {
  TwoVersions two(old_forms(), new_forms());
  ASSERT_THAT(two.make(), is_ok());
  const std::string first = two.bytes("x.kpd");
  EXPECT_THAT(two.make(), is_ok()) << "the same bytes may be there already";
  ASSERT_THAT(two.files().remove(two.path("x.kpd")), is_ok());
  ASSERT_THAT(two.make(), is_ok());
  EXPECT_EQ(two.bytes("x.kpd"), first);
}

TEST(DeltaWriter, MakesTheSameOnDiskAsInMemory) {
  TwoVersions two(old_forms(), new_forms());
  ASSERT_THAT(two.make(), is_ok());
  const std::string in_memory = two.bytes("x.kpd");
  ASSERT_THAT(two.files().remove(two.path("x.kpd")), is_ok());
  DeltaRequest request{two.path("old.kpk"), two.path("new.kpk"), two.path("x.kpd")};
  request.memory = 0;
  ASSERT_THAT(write_delta(two.files(), request), is_ok());
  EXPECT_EQ(two.bytes("x.kpd"), in_memory);
  EXPECT_THAT(two.names(), ElementsAre("base", "new.kpk", "old.kpk", "x.kpd")) << "no scratch is left";
}

TEST(DeltaWriter, TakesNoManifestThatIsNotOfThePackage) {
  TwoVersions two(old_forms(), new_forms());
  DeltaRequest request{two.path("old.kpk"), two.path("new.kpk"), two.path("x.kpd")};
  const PackageManifest other = two.pack("other", "1.1", {{"a", "another release"}});
  request.to_manifest = &other;
  EXPECT_THAT(write_delta(two.files(), request), fails_with(ErrorCode::conflict, "changed while it was packed"));
}

TEST(DeltaWriter, KeepsWhatHasItsNameAlready) {
  TwoVersions two(old_forms(), new_forms());
  two.put("something else");
  EXPECT_THAT(two.make(), fails_with(ErrorCode::conflict, "exists already with other content"));
  EXPECT_EQ(two.bytes("x.kpd"), "something else");
  EXPECT_THAT(two.names(), ElementsAre("base", "new.kpk", "old.kpk", "x.kpd"));
}

TEST(DeltaWriter, RefusesPackagesOfTwoProductsOrOfOneVersion) {
  TwoVersions two(old_forms(), new_forms());
  two.pack("other", "1.1", old_forms(), "wages");
  const auto make = [&](const char* from) {
    return write_delta(two.files(), {two.path(from), two.path("new.kpk"), two.path("x.kpd")});
  };
  EXPECT_THAT(make("other.kpk"), fails_with(ErrorCode::usage, "wages 1.1 and ledger 1.1"));
  EXPECT_THAT(make("new.kpk"), fails_with(ErrorCode::usage, "version 1.1"));
  EXPECT_THAT(make("missing.kpk"), fails_with(ErrorCode::not_found));
}

TEST(DeltaWriter, StopsWhereItIsToldToAndLeavesNothing) {
  TwoVersions two(old_forms(), new_forms());
  for (int calls = 0; calls < 100; ++calls) {
    int left = calls;
    const auto made = write_delta(two.files(), {two.path("old.kpk"), two.path("new.kpk"), two.path("x.kpd")},
                                  [&left](std::uint64_t, std::uint64_t) -> Result<void> {
                                    if (left-- > 0) return {};
                                    return fail(ErrorCode::busy, "stopped");
                                  });
    if (made) return;
    ASSERT_THAT(made, fails_with(ErrorCode::busy, "stopped"));
    ASSERT_THAT(two.names(), ElementsAre("base", "new.kpk", "old.kpk"));
  }
  FAIL() << "more calls than there can be";
}

/// So many MiB that shrink well.
std::string repeated(std::size_t count, std::uint64_t seed) {
  const std::string piece = noise(kMiB / 16, seed);
  std::string out;
  while (out.size() < count * kMiB)
    out += piece;
  return out;
}

/// The same with a few other letters in each.
Contents edited(Contents of) {
  for (auto& [path, bytes] : of)
    bytes.replace(1000, 10, "other text");
  return of;
}

TEST(DeltaWriter, CarriesLargeFilesWholeAndSplitsWhatIsTooMuchForOnePatch) {
  const Contents before = {{"a.bin", repeated(9, 1)}, {"b.bin", repeated(9, 2)}, {"c.bin", repeated(17, 3)}};
  const Contents after = edited(before);
  TwoVersions two(before, after);
  const auto written = two.make();
  ASSERT_THAT(written, is_ok());
  ASSERT_EQ(written->delta.patches.size(), 2U);
  EXPECT_THAT(written->delta.whole, ElementsAre(2U));
  EXPECT_THAT(written->delta.patches[1].files, ElementsAre(1U));
  ASSERT_THAT(two.extract(), is_ok());
  EXPECT_EQ(testing::read_folder(two.files(), two.path("staging")), after);
}

TEST(DeltaWriter, KeepsBothSidesOfAPatchOfSeveralFilesWithin16MiBTogether) {
  const Contents before = {{"a.bin", repeated(3, 1)}, {"b.bin", repeated(3, 2)}, {"c.bin", repeated(3, 3)}};
  const Contents after = edited(before);
  TwoVersions two(before, after);
  const auto written = two.make();
  ASSERT_THAT(written, is_ok());
  ASSERT_EQ(written->delta.patches.size(), 2U);
  EXPECT_THAT(written->delta.patches[0].files, ElementsAre(0U, 1U));
  EXPECT_THAT(written->delta.patches[1].files, ElementsAre(2U));
  EXPECT_THAT(two.verify(), is_ok());
}

TEST(DeltaWriter, MakesManyFilesOutOfOneLargeBaseInFewPatches) {
  const Contents before = {{"x.bin", repeated(16, 1)}};
  Contents after = before;
  for (int number = 0; number < 8; ++number)
    after[std::to_string(number) + "/x.bin"] = std::to_string(number) + noise(kMiB / 16, 1);
  TwoVersions two(before, after);
  const auto written = two.make();
  ASSERT_THAT(written, is_ok());
  EXPECT_EQ(written->delta.patches.size(), 1U);
  EXPECT_THAT(two.verify(), is_ok());
}

TEST(DeltaWriter, CarriesWholeWhatNoPatchMakesSmaller) {
  TwoVersions two({{"a.bin", "x"}}, {{"a.bin", noise(9 * kMiB)}});
  const auto written = two.make();
  ASSERT_THAT(written, is_ok());
  EXPECT_TRUE(written->delta.patches.empty());
  EXPECT_THAT(written->delta.whole, ElementsAre(0U));
  EXPECT_THAT(two.verify(), is_ok());
}

TEST(DeltaWriter, GoesBackAsWellAsForward) {
  TwoVersions two(new_forms(), old_forms());
  ASSERT_THAT(two.make(), is_ok());
  ASSERT_THAT(two.extract(), is_ok());
  EXPECT_EQ(testing::read_folder(two.files(), two.path("staging")), old_forms());
}

TEST(DeltaWriter, CarriesFilesOfAnyName) {
  const std::string longest = std::string(120, 'd') + "/" + std::string(200, 'f') + "/a.ini";
  for (const std::string name : {"m\u1eabu s\u1ed1 01.ini", longest.c_str(), "plain.ini"}) {
    TwoVersions two({{"a", "a"}}, {{"a", "b"}, {name, "edited"}});
    ASSERT_THAT(two.make(), is_ok()) << name;
    ASSERT_THAT(two.extract(), is_ok()) << name;
    EXPECT_EQ(testing::read_folder(two.files(), two.path("staging")), (Contents{{"a", "b"}, {name, "edited"}}));
  }
}

TEST(DeltaWriter, KeepsModesAndEmptyFiles) {
  TwoVersions two({{"a.sh", "echo"}, {"empty", ""}}, {{"b.sh", "echo"}, {"empty2", ""}, {"z", "z"}});
  ASSERT_THAT(two.make(), is_ok());
  ASSERT_THAT(two.extract(), is_ok());
  EXPECT_EQ(two.files().status(two.path("staging/b.sh"))->mode, 0644U);
  EXPECT_EQ(testing::read_folder(two.files(), two.path("staging")),
            (Contents{{"b.sh", "echo"}, {"empty2", ""}, {"z", "z"}}));
}

/// A version of one file of that size, which changes, and of many small ones, which stay.
PackageManifest one_large_of(std::string_view version, char content, std::size_t files, std::uint64_t size) {
  const auto digest = [](char octet) { return *Sha256Digest::from_bytes(std::string(32, octet)); };
  PackageContent out{*ProductId::parse("forms"), *Version::parse(version), {}, {}};
  out.files.push_back({*SafeRelativePath::parse("large"), digest(content), size});
  while (out.files.size() < files)
    out.files.push_back({*SafeRelativePath::parse("small/" + std::to_string(out.files.size())), digest('s'), 10});
  return *PackageManifest::create(std::move(out));
}

TEST(DeltaPlan, WhereThereAreManyFilesLargeOnesAreCarriedWhole) {
  const auto is_whole = [](std::size_t files, std::uint64_t size) {
    const auto from = one_large_of("1.0", '1', files, size);
    const auto to = one_large_of("1.1", '2', files, size);
    const DeltaSubject subject{to.content().product,
                               {from.content().version, from.identity(sha256)},
                               {to.content().version, to.identity(sha256)}};
    return propose_delta(from, to, subject).whole.size() == 1;
  };
  EXPECT_FALSE(is_whole(4096, 16 * kMiB));
  EXPECT_TRUE(is_whole(4200, 16 * kMiB));
  EXPECT_FALSE(is_whole(10'000, 13 * kMiB));
  EXPECT_TRUE(is_whole(10'000, 14 * kMiB));
  EXPECT_FALSE(is_whole(30'000, 8 * kMiB));
  EXPECT_TRUE(is_whole(30'000, 8 * kMiB + 1));
}

}  // namespace
}  // namespace kip
