#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <manifests/model/delta.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using ::testing::ElementsAre;
using testing::fails_with;
using testing::is_ok;

Sha256Digest digest(char octet) {
  return *Sha256Digest::from_bytes(std::string(32, octet));
}

PackageFile file(std::string_view path, char content, std::uint64_t size = 10,
                 PackageFileKind kind = PackageFileKind::managed) {
  return {*SafeRelativePath::parse(path), digest(content), size, false, kind};
}

PackageManifest manifest(std::string_view version, std::vector<PackageFile> files) {
  return *PackageManifest::create({*ProductId::parse("forms"), *Version::parse(version), {}, std::move(files)});
}

DeltaSubject subject() {
  return {*ProductId::parse("forms"), {*Version::parse("1.0"), digest('a')}, {*Version::parse("1.1"), digest('b')}};
}

Delta delta(std::vector<DeltaPatch> patches, std::vector<std::size_t> whole, std::vector<DeltaCopy> moved = {}) {
  return {subject(), std::move(patches), std::move(moved), std::move(whole)};
}

const PackageManifest& before() {
  static const PackageManifest kBefore =
      manifest("1.0", {file("a", '1'), file("b", '2'), file("mine", '3', 10, PackageFileKind::editable)});
  return kBefore;
}

const PackageManifest& after() {
  static const PackageManifest kAfter = manifest(
      "1.1",
      {file("a", '4', 12), file("copy", '2'), file("mine", '5', 10, PackageFileKind::editable), file("was", '3')});
  return kAfter;
}

TEST(Delta, HasOneForm) {
  const std::string a = digest('a').hex();
  const std::string b = digest('b').hex();
  EXPECT_EQ(to_bytes(delta({{{0, 2, 3, 4}, {1}}}, {3}, {{7, 4}, {8, 5}, {8, 6}})),
            R"({"format":"kip.delta/1","from":{"manifest":")" + a +
                R"(","version":"1.0"},"moved":[[7,4,2],[8,6,1]],"patches":[{"base":[[0,1],[2,3]],)"
                R"("files":[[1,1]]}],"product":"forms","to":{"manifest":")" +
                b + R"(","version":"1.1"},"whole":[[3,1]]})");
}

TEST(Delta, OfTooManyRunsIsRefusedBeforeTheyAreRead) {
  std::vector<DeltaPatch> patches;
  for (std::size_t place = 0; place < Delta::kMaxValues / 6; ++place)
    patches.push_back({{}, {2 * place}});
  EXPECT_THAT(parse_delta(to_bytes(delta(patches, {}))), fails_with(ErrorCode::too_large));
  patches.resize(patches.size() - 10);
  EXPECT_THAT(parse_delta(to_bytes(delta(patches, {}))), is_ok());
}

RC_GTEST_PROP(DeltaProperty, IsReadAsItWasWritten, ()) {
  const auto places = [] {
    return *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, 99));
  };
  Delta written = delta({}, places());
  for (int count = *rc::gen::inRange(0, 4); count > 0; --count)
    written.patches.push_back({places(), *rc::gen::nonEmpty(rc::gen::just(std::vector<std::size_t>{1, 2}))});
  for (const std::size_t place : places())
    written.moved.push_back({99 - place, place});
  const auto read = parse_delta(to_bytes(written));
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == written);
}

TEST(Delta, RefusesAnyOtherForm) {
  const std::string right = to_bytes(delta({{{0}, {1}}}, {2}, {{5, 3}}));
  ASSERT_THAT(parse_delta(right), is_ok());
  const auto with = [&right](std::string_view old, std::string_view now) {
    std::string out = right;
    return out.replace(out.find(old), old.size(), now);
  };
  EXPECT_THAT(parse_delta(right + " "), fails_with(ErrorCode::malformed, "canonical"));
  EXPECT_THAT(parse_delta(with("kip.delta/1", "kip.delta/2")), fails_with(ErrorCode::malformed, "format"));
  EXPECT_THAT(parse_delta(with("[[1,1]]", "[]")), fails_with(ErrorCode::malformed, "makes no file"));
  EXPECT_THAT(parse_delta(with("[1,1]", "[-1,1]")), fails_with(ErrorCode::malformed, "no range"));
  EXPECT_THAT(parse_delta(with("[1,1]", "[99999,2]")), fails_with(ErrorCode::malformed, "no range"));
  EXPECT_THAT(parse_delta(with("[1,1]", "[1,0]")), fails_with(ErrorCode::malformed, "no range"));
  EXPECT_THAT(parse_delta(with("[[1,1]]}", "[[1,1]],\"more\":1}")), fails_with(ErrorCode::malformed, "more"));
  EXPECT_THAT(parse_delta(with("\"whole\":[[2,1]]", "\"whole\":2")), fails_with(ErrorCode::malformed, "whole"));
  EXPECT_THAT(parse_delta(with("[5,3,1]", "[5,3]")), fails_with(ErrorCode::malformed, "no run of files"));
  EXPECT_THAT(parse_delta(with("[5,3,1]", "[5,3,0]")), fails_with(ErrorCode::malformed, "no range"));
  EXPECT_THAT(parse_delta(with("[5,3,1]", "[99999,3,2]")), fails_with(ErrorCode::malformed, "no range"));
  EXPECT_THAT(parse_delta(with("[5,3,1]", "[5,-1,1]")), fails_with(ErrorCode::malformed, "no range"));
  EXPECT_THAT(parse_delta(with("[5,3,1]", "[5,3,1],[6,4,1]")), fails_with(ErrorCode::malformed, "canonical"));
  EXPECT_THAT(parse_delta(with("[5,3,1]", "[0,0,99999],[0,0,2]")), fails_with(ErrorCode::too_large, "too many"));
  EXPECT_THAT(parse_delta(with("[[1,1]]", "[1]")), fails_with(ErrorCode::malformed, "no range"));
  EXPECT_THAT(parse_delta(with("[[1,1]]", "[[1,1],[2,1]]")), fails_with(ErrorCode::malformed, "canonical"));
  EXPECT_THAT(parse_delta(with("[[1,1]]", "[[0,99999],[0,2]]")), fails_with(ErrorCode::too_large, "too many"));
  EXPECT_THAT(parse_delta(with(digest('b').hex(), digest('a').hex())),
              fails_with(ErrorCode::malformed, "to the same version"));
}

TEST(DeltaPlan, CopiesManagedContentUnderAnyNameOnly) {
  EXPECT_THAT(find_copies(before(), after()), ElementsAre(DeltaCopy{1, 1}))
      << "what was the customer's file is no base, and theirs is not copied";
  EXPECT_THAT(*plan_delta(delta({{{0}, {0, 3}}}, {2}, {{1, 1}}), before(), after()), ElementsAre(DeltaCopy{1, 1}));
}

TEST(DeltaPlan, CopiesFromTheSamePathWhereNothingElseIsSaid) {
  const auto old_twins = manifest("1.0", {file("a", '1'), file("b", '1'), file("c", '2')});
  const auto new_twins = manifest("1.1", {file("b", '1'), file("c", '2'), file("d", '2')});
  EXPECT_THAT(find_copies(old_twins, new_twins), ElementsAre(DeltaCopy{1, 0}, DeltaCopy{2, 1}, DeltaCopy{2, 2}));
  EXPECT_THAT(*plan_delta(delta({}, {}, {{2, 2}}), old_twins, new_twins),
              ElementsAre(DeltaCopy{1, 0}, DeltaCopy{2, 1}, DeltaCopy{2, 2}));
}

TEST(DeltaPlan, NeedsNoHashes) {
  EXPECT_THAT(*plan_delta(delta({{{0}, {0, 3}}}, {2}, {{1, 1}}), *parse_outline(outline_of(before())),
                          *parse_outline(outline_of(after()))),
              ElementsAre(DeltaCopy{1, 1}));
}

TEST(DeltaOutline, IsTheManifestWithoutHashes) {
  const Bytes bytes = outline_of(after());
  EXPECT_EQ(bytes.find(digest('4').hex()), Bytes::npos);
  auto outline = parse_outline(bytes);
  ASSERT_THAT(outline, is_ok());
  EXPECT_EQ(outline->bytes(), bytes);
  std::vector<Sha256Digest> hashes;
  for (const PackageFile& file : after().content().files)
    hashes.push_back(file.sha256);
  const PackageManifest filled = (*std::move(outline)).with_hashes(hashes);
  EXPECT_EQ(filled.bytes(), after().bytes());
  EXPECT_EQ(filled.content(), after().content());
  EXPECT_THAT(parse_outline(after().bytes()), fails_with(ErrorCode::malformed, "says a hash of \"a\""));
}

TEST(DeltaOutline, KeepsWhatALaterMinorVersionSays) {
  Bytes bytes = before().bytes();
  bytes.replace(bytes.find("kip.package/1"), 13, "kip.package/1.1");
  bytes.replace(bytes.find("\"0644\""), 6, "\"0644\",\"more\":{\"sha256\":\"new\"}");
  const auto later = PackageManifest::parse(bytes);
  ASSERT_THAT(later, is_ok());
  auto outline = parse_outline(outline_of(*later));
  ASSERT_THAT(outline, is_ok());
  EXPECT_NE(outline->bytes().find("\"more\":{\"sha256\":\"new\"}"), Bytes::npos);
  EXPECT_EQ((*std::move(outline)).with_hashes({digest('1'), digest('2'), digest('3')}).bytes(), bytes);
}

TEST(DeltaPlan, AFileThatCouldBeCopiedMayBeMadeInstead) {
  EXPECT_THAT(*plan_delta(delta({{{0}, {0, 1, 3}}}, {2}), before(), after()), ElementsAre());
}

struct Wrong {
  const char* name;
  Delta delta;
  const char* part;
};

TEST(DeltaPlan, RefusesWhatDoesNotFitTheManifests) {
  const std::vector<Wrong> rows = {
      {"nothing makes one", delta({{{0}, {0, 1}}}, {2}), "how \"was\" is made"},
      {"moved and patched", delta({{{0}, {0, 1, 3}}}, {2}, {{1, 1}}), "\"copy\" twice"},
      {"moved twice", delta({{{0}, {0, 3}}}, {2}, {{1, 1}, {0, 1}}), "\"copy\" twice"},
      {"moved out of order", delta({{{0}, {0}}}, {2}, {{1, 3}, {1, 1}}), "\"copy\" out of order"},
      {"no such file moved", delta({{{0}, {0, 1, 3}}}, {2}, {{1, 4}}), "does not have"},
      {"moved from nowhere", delta({{{0}, {0, 3}}}, {2}, {{3, 1}}), "its base does not have"},
      {"moved from another size", delta({{{0}, {1, 3}}}, {2}, {{1, 0}}), "\"a\" from a file of another size"},
      {"copied from another size", delta({{{0}, {1, 3}}}, {2}), "\"a\" from a file of another size"},
      {"edited file moved", delta({{{0}, {0, 3}}}, {2}, {{2, 1}}), "\"mine\" is the customer's"},
      {"moved to an edited file", delta({{{0}, {0, 1, 3}}}, {}, {{1, 2}}), "\"mine\" is the customer's"},
      {"edited file copied", delta({{{0}, {0, 1, 3}}}, {}), "\"mine\" is the customer's"},
      {"twice in a patch", delta({{{0}, {0, 0, 3}}}, {2}, {{1, 1}}), "\"a\" twice"},
      {"patched and whole", delta({{{0}, {0, 3}}}, {0, 2}), "\"a\" twice"},
      {"whole twice", delta({{{0}, {0, 3}}}, {2, 2}), "\"mine\" twice"},
      {"patch out of order", delta({{{0}, {3, 0}}}, {2}), "\"a\" out of order"},
      {"whole out of order", delta({{{0}, {0}}}, {3, 2}), "\"mine\" out of order"},
      {"no such file", delta({{{0}, {0, 3, 4}}}, {2}), "does not have"},
      {"no such whole file", delta({{{0}, {0, 3}}}, {2, 9}), "does not have"},
      {"base twice", delta({{{0, 1, 0}, {0, 3}}}, {2}), "its base twice"},
      {"no such base", delta({{{3}, {0, 3}}}, {2}), "its base does not have"},
      {"edited base", delta({{{2}, {0, 3}}}, {2}), "\"mine\" is the customer's"},
      {"edited file patched", delta({{{0}, {0, 2, 3}}}, {}), "\"mine\" is the customer's"}};
  for (const Wrong& row : rows) {
    EXPECT_THAT(plan_delta(row.delta, before(), after()), fails_with(ErrorCode::malformed, row.part)) << row.name;
  }
}

TEST(DeltaPlan, BoundsWhatIsHeldInMemoryAndReadAgain) {
  constexpr std::uint64_t kLimit = Delta::kMaxPatched;
  const auto small = manifest("1.0", {file("a", '1', 10), file("b", '2', kLimit)});
  const auto large = manifest("1.1", {file("a", '3', kLimit), file("b", '4', 1), file("c", '5', 1), file("d", '6', 1)});
  EXPECT_THAT(plan_delta(delta({{{1}, {0}}, {{}, {1, 2, 3}}}, {}), small, large), is_ok());
  EXPECT_THAT(plan_delta(delta({{{0, 1}, {0}}, {{}, {1, 2, 3}}}, {}), small, large),
              fails_with(ErrorCode::too_large, "16 MiB"));
  EXPECT_THAT(plan_delta(delta({{{1}, {0, 1}}, {{}, {2, 3}}}, {}), small, large),
              fails_with(ErrorCode::too_large, "16 MiB"));
  std::vector<PackageFile> many;
  Delta each = delta({}, {});
  for (int i = 0; i < 20; ++i) {
    many.push_back(file(std::to_string(10 + i), static_cast<char>('A' + i), 1));
    each.patches.push_back({{1}, {static_cast<std::size_t>(i)}});
  }
  EXPECT_THAT(plan_delta(each, small, manifest("1.1", many)), fails_with(ErrorCode::too_large, "20 patches"));
}

TEST(DeltaTarget, IsNamedByWhatItLeadsFromAndTo) {
  const std::string path = "forms/forms-1.1.from-" + digest('a').hex() + ".kpd";
  EXPECT_EQ(delta_target_path(subject().product, subject().to.version, subject().from.manifest), path);
  EXPECT_TRUE(is_delta_path(path));
  EXPECT_FALSE(is_delta_path("forms/forms-1.1.kpk"));
  EXPECT_EQ(*read_listed_delta(path, to_json(subject())), subject());
  EXPECT_THAT(read_listed_delta("forms/forms-1.2.from-" + digest('a').hex() + ".kpd", to_json(subject())),
              fails_with(ErrorCode::malformed, "must be " + path));
  EXPECT_THAT(read_listed_delta(path, {}), fails_with(ErrorCode::malformed, path));
}

}  // namespace
}  // namespace kip
