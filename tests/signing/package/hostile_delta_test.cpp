#include <functional>

#include <gtest/gtest.h>

#include <signing/package/zstd_patch.hpp>

#include "delta_fixture.hpp"
#include "hostile_package.hpp"

namespace kip {
namespace {

using testing::Contents;
using ::testing::ElementsAre;
using testing::fails_with;
using testing::is_ok;
using testing::TarBytes;
using testing::TwoVersions;
using testing::zstd_frame;

const std::string kDelta(Delta::kPath);
const std::string kManifest(Delta::kManifestPath);

const Contents kBefore = {{"a.txt", "the first form"}, {"b/c.txt", "stays"}, {"mine.ini", "key=1"}};
const Contents kAfter = {{"a.txt", "the second form"}, {"b/c.txt", "stays"}, {"mine.ini", "key=2"}};

/// The patch of the manifest that makes those octets.
std::string patch_between(const PackageManifest& before, const std::string& made) {
  return *make_patch(outline_of(before), made);
}

/// A delta by hand, each part of which can be put wrong.
struct Parts {
  Delta delta;
  std::string manifest;
  std::string patch;
  std::string whole = "key=2";

  explicit Parts(const TwoVersions& two)
      : delta{{*ProductId::parse("ledger"),
               {*Version::parse("1.0"), two.before().identity(sha256)},
               {*Version::parse("1.1"), two.after().identity(sha256)}},
              {{{0}, {0}}},
              {},
              {2}},
        manifest(patch_between(two.before(), outline_of(two.after()))),
        patch(*make_patch(kBefore.at("a.txt"), kAfter.at("a.txt"))) {}

  TarBytes head() const { return TarBytes().file(kDelta, to_bytes(delta)).file(kManifest, manifest); }
  TarBytes all() const { return head().file("kip/patch-0", patch).file("mine.ini", whole); }
};

std::string framed(TarBytes tar) {
  return zstd_frame(tar.end().bytes());
}

class HostileDelta : public ::testing::Test {
 protected:
  void expect_refused(const std::string& bytes, ErrorCode code, const char* part) {
    two_.put(bytes);
    EXPECT_THAT(two_.extract(), fails_with(code, part));
    EXPECT_THAT(two_.verify(), fails_with(code, part));
    EXPECT_THAT(two_.names(), ElementsAre("base", "new.kpk", "old.kpk", "x.kpd")) << part;
    EXPECT_EQ(testing::read_folder(two_.files(), two_.path("base")), kBefore) << part;
  }

  TwoVersions two_{kBefore, kAfter};
  Parts parts_{two_};
};

TEST_F(HostileDelta, TheRightOneIsTaken) {
  two_.put(framed(parts_.all()));
  ASSERT_THAT(two_.extract(), is_ok());
  EXPECT_EQ(testing::read_folder(two_.files(), two_.path("staging")), kAfter);
  EXPECT_EQ(inspect_delta(two_.files(), two_.path("x.kpd"))->whole_octets, 5U);
}

TEST_F(HostileDelta, TheFrameIsOneAndModest) {
  expect_refused("", ErrorCode::malformed, "it is empty");
  expect_refused("PK\x03\x04", ErrorCode::malformed, "ZIP archive");
  const std::string right = framed(parts_.all());
  expect_refused(right.substr(0, right.size() / 2), ErrorCode::malformed, "ends early");
  expect_refused(right + "x", ErrorCode::malformed, "something follows");
  expect_refused(testing::zstd_frame_with_window(24, parts_.all().end().bytes()), ErrorCode::too_large,
                 "window of more than 4 MiB");
}

TEST_F(HostileDelta, EntriesAreThoseAndInThatOrder) {
  const Parts& p = parts_;
  expect_refused(framed(TarBytes().file(kManifest, p.manifest)), ErrorCode::malformed, "kip/delta.json is missing");
  expect_refused(two_.bytes("new.kpk"), ErrorCode::too_large, "window of more than 4 MiB");  // a package
  expect_refused(framed(TarBytes().file(kDelta, to_bytes(p.delta))), ErrorCode::malformed, "its end stands there");
  expect_refused(framed(p.head()), ErrorCode::malformed, "kip/patch-0 is missing");
  expect_refused(framed(p.head().file("mine.ini", p.whole).file("kip/patch-0", p.patch)), ErrorCode::malformed,
                 "kip/patch-0 is missing");
  expect_refused(framed(p.head().file("kip/patch-0", p.patch)), ErrorCode::malformed, "is missing in it");
  expect_refused(framed(p.head().file("kip/patch-0", p.patch).file("kip/patch-0", p.patch)), ErrorCode::malformed,
                 "\"kip/patch-0\" where \"mine.ini\" must be");
  expect_refused(framed(p.all().file("mine.ini", p.whole)), ErrorCode::malformed, "one more entry, \"mine.ini\"");
  expect_refused(framed(p.all().file("extra.txt", "x")), ErrorCode::malformed, "one more entry, \"extra.txt\"");
}

TEST_F(HostileDelta, NoPathLeadsOut) {
  const Parts& p = parts_;
  for (const char* path : {"../mine.ini", "/tmp/kip-evil", "a/../../evil"}) {
    expect_refused(framed(p.head().file("kip/patch-0", p.patch).file(path, p.whole)), ErrorCode::malformed, path);
    expect_refused(framed(p.all().file(path, p.whole)), ErrorCode::malformed, path);
    expect_refused(framed(p.head().file(path, p.patch)), ErrorCode::malformed, path);
  }
  auto link = p.head().file("kip/patch-0", p.patch);
  expect_refused(framed(link.header({"mine.ini", 0, '2', "/etc/passwd"})), ErrorCode::malformed, "a symbolic link");
}

TEST_F(HostileDelta, TheBaseAndWhatIsMadeAreThoseSaid) {
  Parts p(two_);
  p.delta.subject.from.manifest = sha256("another");
  expect_refused(framed(p.all()), ErrorCode::conflict, "starts from version 1.0 of ledger");
  p = Parts(two_);
  p.delta.subject.product = *ProductId::parse("wages");
  expect_refused(framed(p.all()), ErrorCode::conflict, "starts from version 1.0 of wages");
  p = Parts(two_);
  p.delta.subject.to.manifest = sha256("another");
  expect_refused(framed(p.all()), ErrorCode::integrity, "what it makes is");
  p = Parts(two_);
  p.delta.subject.to.version = *Version::parse("1.2");
  expect_refused(framed(p.all()), ErrorCode::integrity, "makes ledger 1.1, but says ledger 1.2");
  p = Parts(two_);
}

TEST_F(HostileDelta, TheOutlineIsAManifestAndSaysNoHash) {
  Parts p(two_);
  const std::string right = outline_of(two_.after());
  p.manifest = patch_between(two_.before(), right + " ");
  expect_refused(framed(p.all()), ErrorCode::malformed, "canonical");
  p.manifest = patch_between(two_.before(), std::string(9U << 20U, ' '));
  expect_refused(framed(p.all()), ErrorCode::too_large, "the patch of its manifest");
  p.manifest = patch_between(two_.before(), two_.after().bytes());
  expect_refused(framed(p.all()), ErrorCode::malformed, "says a hash of \"a.txt\"");
  p.manifest = patch_between(two_.before(), "\xff");
  expect_refused(framed(p.all()), ErrorCode::malformed, "not UTF-8");
  const auto with = [&](std::string_view old, std::string_view now) {
    std::string out = right;
    p.manifest = patch_between(two_.before(), out.replace(out.find(old), old.size(), now));
    return framed(p.all());
  };
  expect_refused(with("a.txt", "../.t"), ErrorCode::malformed, "../.t");
  expect_refused(with("a.txt", "/.txt"), ErrorCode::malformed, "/.txt");
  expect_refused(with("a.txt", "a.tx_"), ErrorCode::integrity, "the manifest that it makes is");
  expect_refused(with("0644", "0755"), ErrorCode::integrity, "the manifest that it makes is");
}

TEST_F(HostileDelta, NothingIsWrittenBeforeTheManifestIsProven) {
  Parts p(two_);
  p.whole = "key=3";
  two_.put(framed(p.all()));
  int files = 0;
  bool asked = false;
  const auto proceed = [&]() -> Result<void> {
    ++files;
    EXPECT_TRUE(two_.files().list_directory(two_.path("staging"))->empty());
    return {};
  };
  const auto accept = [&](const PackageManifest&) {
    asked = true;
    return Result<void>();
  };
  EXPECT_THAT(extract_delta(two_.files(), two_.source(), two_.path("staging"), {accept, proceed}),
              fails_with(ErrorCode::integrity, "the manifest that it makes is"));
  EXPECT_EQ(files, 2) << "one patch, one whole file";
  EXPECT_FALSE(asked);
}

TEST_F(HostileDelta, WhoeverAsksMayDeclineTheManifestBeforeAnythingIsWritten) {
  two_.put(framed(parts_.all()));
  const auto accept = [&](const PackageManifest& manifest) -> Result<void> {
    EXPECT_EQ(manifest.bytes(), two_.after().bytes());
    EXPECT_TRUE(two_.files().list_directory(two_.path("staging"))->empty());
    return fail(ErrorCode::denied, "not this one");
  };
  EXPECT_THAT(extract_delta(two_.files(), two_.source(), two_.path("staging"), {.accept = accept}),
              fails_with(ErrorCode::denied, "not this one"));
  EXPECT_THAT(two_.names(), ElementsAre("base", "new.kpk", "old.kpk", "x.kpd"));
}

TEST_F(HostileDelta, ARightDeltaToAnotherVersionIsNotTheOneAskedFor) {
  two_.put(framed(parts_.all()));
  DeltaSource source = two_.source();
  source.identity = sha256("the one that officers signed");
  EXPECT_THAT(extract_delta(two_.files(), source, two_.path("staging")),
              fails_with(ErrorCode::integrity, "what it makes is"));
  EXPECT_THAT(verify_delta(two_.files(), source), fails_with(ErrorCode::integrity, "what it makes is"));
  EXPECT_EQ(verify_delta(two_.files(), two_.source())->bytes(), two_.after().bytes());
}

TEST_F(HostileDelta, APatchMakesExactlyItsFiles) {
  Parts p(two_);
  p.patch = *make_patch(kBefore.at("a.txt"), "the second for");
  expect_refused(framed(p.all()), ErrorCode::integrity, "its patch 0 makes 14 bytes, its files have 15");
  p.patch = *make_patch(kBefore.at("a.txt"), "the second form.");
  expect_refused(framed(p.all()), ErrorCode::too_large, "its patch 0: it makes 16 bytes, allowed are 15");
  p.patch = *make_patch(kBefore.at("a.txt"), "the second farm");
  expect_refused(framed(p.all()), ErrorCode::integrity, "the manifest that it makes is");
  p.patch = *make_patch("", std::string(15U << 20U, '\0'));
  expect_refused(framed(p.all()), ErrorCode::too_large, "its patch 0");
  p.patch = "no patch at all";
  expect_refused(framed(p.all()), ErrorCode::malformed, "its patch 0: it is no Zstandard frame");
}

TEST_F(HostileDelta, AWholeFileIsExactlyThatOne) {
  Parts p(two_);
  p.whole = "key=3";
  expect_refused(framed(p.all()), ErrorCode::integrity, "the manifest that it makes is");
  p.whole = "key=22";
  expect_refused(framed(p.all()), ErrorCode::integrity, "\"mine.ini\" has 6 bytes");
}

TEST_F(HostileDelta, ThePlanFitsTheManifests) {
  Parts p(two_);
  p.delta.patches[0].files = {0, 2};
  p.delta.whole = {};
  expect_refused(framed(p.all()), ErrorCode::malformed, "\"mine.ini\" is the customer's");
  p = Parts(two_);
  p.delta.moved = {{2, 1}};
  expect_refused(framed(p.all()), ErrorCode::malformed, "\"mine.ini\" is the customer's");
  p.delta.moved = {{0, 1}};
  expect_refused(framed(p.all()), ErrorCode::malformed, "\"b/c.txt\" from a file of another size");
  p = Parts(two_);
  p.delta.patches[0].base = {2};
  expect_refused(framed(p.all()), ErrorCode::malformed, "\"mine.ini\" is the customer's");
}

TEST_F(HostileDelta, NothingIsUnpackedWithoutEnd) {
  // A patch cannot have more than 8 MiB, and in all no more comes out than the version has.
  const std::string zeros(9U << 20U, '\0');
  expect_refused(framed(parts_.head().file("kip/patch-0", zeros)), ErrorCode::too_large, "more than 8 MiB");
  expect_refused(framed(TarBytes().file(kDelta, zeros)), ErrorCode::too_large, "kip/delta.json in it has more than");
  // A frame of empty blocks is as long as its author likes and makes nothing. RFC 8878, 3.1.1.
  std::string empty_blocks = "\x28\xB5\x2F\xFD\x20";
  empty_blocks += static_cast<char>(kAfter.at("a.txt").size());
  empty_blocks.resize(8U << 20U, '\0');
  expect_refused(framed(parts_.head().file("kip/patch-0", empty_blocks)), ErrorCode::too_large,
                 "made to fill the disk");
}

TEST_F(HostileDelta, ADamagedBaseIsFoundBeforeItIsUsed) {
  two_.put(framed(parts_.all()));
  const auto spoil = [this](const std::string& path, const std::string& bytes) {
    ASSERT_THAT(two_.files().remove(two_.path("base/" + path)), is_ok());
    testing::write_folder(two_.files(), two_.path("base"), {{path, bytes}});
  };
  for (const std::string path : {"a.txt", "b/c.txt"}) {
    for (const std::string& bytes : {std::string("short"), kBefore.at(path) + "x", "X" + kBefore.at(path).substr(1)}) {
      if (bytes == "short" && path == "b/c.txt") continue;
      spoil(path, bytes);
      EXPECT_THAT(two_.extract(), fails_with(ErrorCode::conflict, path.c_str())) << bytes;
    }
    ASSERT_THAT(two_.files().remove(two_.path("base/" + path)), is_ok());
    EXPECT_THAT(two_.extract(), fails_with(ErrorCode::not_found, path.c_str()));
    testing::write_folder(two_.files(), two_.path("base"), {{path, kBefore.at(path)}});
  }
  spoil("mine.ini", "edited by the customer");
  EXPECT_THAT(two_.extract(), is_ok());
}

TEST_F(HostileDelta, StagingThatIsInUseStays) {
  two_.put(framed(parts_.all()));
  testing::write_folder(two_.files(), two_.path("staging"), {{"a.txt", "somebody's"}});
  EXPECT_THAT(two_.extract(), fails_with(ErrorCode::conflict, "not an empty directory"));
  EXPECT_EQ(testing::read_folder(two_.files(), two_.path("staging")), (Contents{{"a.txt", "somebody's"}}));
}

}  // namespace
}  // namespace kip
