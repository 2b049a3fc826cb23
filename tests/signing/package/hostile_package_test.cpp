#include "hostile_package.hpp"

#include <functional>

#include <gtest/gtest.h>

#include <signing/crypto/sha256.hpp>
#include <signing/package/package_reader.hpp>
#include <signing/package/zstd_stream.hpp>
#include <signing/storage/posix_file_system.hpp>
#include <testing/temporary_directory.hpp>

namespace kip {
namespace {

using testing::Contents;
using testing::fails_with;
using testing::is_ok;
using testing::manifest_for;
using testing::tar_of;
using testing::TarBytes;
using testing::zstd_frame;

const Contents& two_files() {
  static const Contents kContents = {{"a.txt", "A"}, {"b/c.txt", "BC"}};
  return kContents;
}

const std::string kManifestPath(PackageManifest::kPath);

/// The manifest of two_files() and nothing else.
TarBytes manifest_only() {
  return TarBytes().file(kManifestPath, manifest_for(two_files()));
}

std::string package(TarBytes& tar) {
  return zstd_frame(tar.end().bytes());
}

/// A directory with a package in it and one more file, to see what an extraction touches.
class Ground {
 public:
  explicit Ground(const std::string& bytes) {
    testing::write_folder(files_, directory_.path(), {{"x.kpk", bytes}, {"outside.txt", "untouched"}});
  }

  Result<PackageManifest> verify(const std::optional<Sha256Digest>& identity = std::nullopt) {
    return verify_package(files_, directory_.path() / "x.kpk", identity);
  }
  Result<PackageManifest> extract() {
    return extract_package(files_, directory_.path() / "x.kpk", std::nullopt, directory_.path() / "staging");
  }
  Contents beside_the_package() {
    auto found = testing::read_folder(files_, directory_.path());
    found.erase("x.kpk");
    return found;
  }

 private:
  testing::TemporaryDirectory directory_;
  PosixFileSystem files_;
};

const Contents kUntouched = {{"outside.txt", "untouched"}};

struct Hostile {
  const char* name;
  std::function<std::string()> bytes;
  ErrorCode code;
  const char* part;
};

void PrintTo(const Hostile& row, std::ostream* out) {
  *out << row.name;
}

class HostilePackage : public ::testing::TestWithParam<Hostile> {};

TEST_P(HostilePackage, IsRefusedAndLeavesNothing) {
  const Hostile& row = GetParam();
  Ground ground(row.bytes());
  EXPECT_THAT(ground.verify(), fails_with(row.code, row.part));
  EXPECT_THAT(ground.extract(), fails_with(row.code, row.part));
  EXPECT_EQ(ground.beside_the_package(), kUntouched);
}

/// A package whose last entry is one too many.
Hostile extra(const char* name, const TarBytes::Header& header, const char* part) {
  return {name,
          [header] {
            auto tar = tar_of(two_files());
            return package(tar.header(header).content(std::string(header.size, 'x')));
          },
          ErrorCode::malformed, part};
}

/// A package in which another entry stands where "a.txt" should.
Hostile instead(const char* name, const TarBytes::Header& header, const char* part) {
  return {name,
          [header] {
            auto tar = manifest_only();
            return package(tar.header(header).content(std::string(header.size, 'A')).file("b/c.txt", "BC"));
          },
          ErrorCode::malformed, part};
}

const auto kName = [](const auto& row) { return row.param.name; };

INSTANTIATE_TEST_SUITE_P(Names, HostilePackage,
                         ::testing::Values(instead("traversal", {"../outside.txt", 1}, "\"..\" component"),
                                           instead("traversal_inside", {"b/../../outside.txt", 1}, "\"..\" component"),
                                           instead("absolute", {"/tmp/kip-evil", 1}, "is absolute"),
                                           instead("backslashes", {"..\\evil", 1}, "Windows does not allow"),
                                           instead("drive", {"C:/evil", 1}, "Windows does not allow"),
                                           instead("stream", {"a.txt:evil", 1}, "Windows does not allow"),
                                           instead("device_name", {"CON", 1}, "device name"),
                                           instead("trailing_dot", {"a.txt.", 1}, "ends in a dot"),
                                           instead("dot_prefix", {"./a.txt", 1}, "\".\" or \"..\""),
                                           instead("control_characters", {"\x1b[2Ja", 1}, "control character"),
                                           instead("not_utf8", {"a\xff", 1}, "not UTF-8"),
                                           instead("other_case", {"A.TXT", 1}, "not list"),
                                           extra("extra_file", {"z.txt", 1}, "one more entry, \"z.txt\""),
                                           extra("extra_traversal", {"../outside.txt", 1}, "\"..\" component"),
                                           extra("duplicate", {"a.txt", 1}, "one more entry, \"a.txt\""),
                                           extra("case_collision", {"A.TXT", 1}, "one more entry"),
                                           extra("manifest_again_at_the_end", {kManifestPath, 1}, "one more entry")),
                         kName);

INSTANTIATE_TEST_SUITE_P(
    Kinds, HostilePackage,
    ::testing::Values(instead("symlink", {"a.txt", 0, '2', "../outside.txt"}, "a symbolic link, \"a.txt\""),
                      instead("hard_link", {"a.txt", 0, '1', "../outside.txt"}, "a hard link"),
                      instead("hard_link_with_content", {"a.txt", 1, '1', "b/c.txt"}, "a hard link"),
                      instead("character_device", {"a.txt", 0, '3'}, "a character device"),
                      instead("block_device", {"a.txt", 0, '4'}, "a block device"),
                      instead("directory", {"a.txt", 0, '5'}, "a directory"),
                      instead("fifo", {"a.txt", 0, '6'}, "a FIFO"),
                      extra("empty_directory", {"d/", 0, '5'}, "a directory"),
                      Hostile{"sparse",
                              [] {
                                TarBytes tar;
                                tar.file(kManifestPath, manifest_for({{"a.txt", std::string(1024, '\0') + "A"}}));
                                tar.pax({{"GNU.sparse.map", "1024,1"}, {"GNU.sparse.size", "1025"}});
                                return package(tar.file("a.txt", "A"));
                              },
                              ErrorCode::malformed, "GNU.sparse.map"}),
    kName);

/// Tar entries in the given order, after the manifest of two_files().
Hostile entries(const char* name, const std::vector<std::pair<std::string, std::string>>& list, ErrorCode code,
                const char* part) {
  return {name,
          [list] {
            auto tar = manifest_only();
            for (const auto& [path, bytes] : list)
              tar.file(path, bytes);
            return package(tar);
          },
          code, part};
}

INSTANTIATE_TEST_SUITE_P(
    Lists, HostilePackage,
    ::testing::Values(
        entries("nothing", {}, ErrorCode::malformed, "\"a.txt\" is missing"),
        entries("last_missing", {{"a.txt", "A"}}, ErrorCode::malformed, "\"b/c.txt\" is missing"),
        entries("first_missing", {{"b/c.txt", "BC"}}, ErrorCode::malformed, "\"a.txt\" is missing"),
        entries("order", {{"b/c.txt", "BC"}, {"a.txt", "A"}}, ErrorCode::malformed, "out of order"),
        entries("twice", {{"a.txt", "A"}, {"a.txt", "A"}, {"b/c.txt", "BC"}}, ErrorCode::malformed, "there twice"),
        entries("manifest_twice", {{kManifestPath, "{}"}, {"a.txt", "A"}}, ErrorCode::malformed, "there twice"),
        entries("content", {{"a.txt", "B"}, {"b/c.txt", "BC"}}, ErrorCode::integrity, "content of \"a.txt\""),
        entries("longer", {{"a.txt", "AA"}, {"b/c.txt", "BC"}}, ErrorCode::integrity, "has 2 bytes"),
        entries("shorter", {{"a.txt", ""}, {"b/c.txt", "BC"}}, ErrorCode::integrity, "has 0 bytes")),
    kName);

/// A package with a manifest of the attacker's own.
Hostile manifest(const char* name, const std::function<std::string()>& json, ErrorCode code, const char* part) {
  return {name,
          [json] {
            TarBytes tar;
            return package(tar.file(kManifestPath, json()).file("a.txt", "A"));
          },
          code, part};
}

/// The manifest of two_files() with other paths in it.
Hostile paths(const char* name, const std::string& first, const std::string& second, const char* part) {
  return manifest(
      name,
      [first, second] {
        std::string json = manifest_for(two_files());
        json.replace(json.find("a.txt"), 5, first);
        return json.replace(json.find("b/c.txt"), 7, second);
      },
      ErrorCode::malformed, part);
}

INSTANTIATE_TEST_SUITE_P(
    Manifests, HostilePackage,
    ::testing::Values(
        paths("traversal", "../a", "b", "\"..\" component"), paths("absolute", "/a", "b", "is absolute"),
        paths("device", "NUL.txt", "b", "device name"), paths("stream", "a:b", "b", "Windows does not allow"),
        paths("trailing_blank", "a ", "b", "ends in a dot or a blank"), paths("own_folder", "kip/x", "m", "kept for"),
        paths("case_collision", "A.txt", "a.txt", "one name"),
        paths("normalisation_collision", "Te\u0301ves", "T\u00e9ves", "one name"),
        paths("file_and_directory", "a", "a/b", "a file and a directory"), paths("twice", "a", "a", "there twice"),
        manifest(
            "empty", [] { return std::string(); }, ErrorCode::malformed, ""),
        manifest(
            "no_json", [] { return std::string("<xml/>"); }, ErrorCode::malformed, ""),
        manifest(
            "blank_behind", [] { return manifest_for(two_files()) + "\n"; }, ErrorCode::malformed, "canonical"),
        manifest(
            "deep", [] { return std::string(100'000, '['); }, ErrorCode::too_large, ""),
        Hostile{"not_first",
                [] {
                  TarBytes tar;
                  tar.file("a.txt", "A").file(kManifestPath, manifest_for(two_files())).file("b/c.txt", "BC");
                  return package(tar);
                },
                ErrorCode::malformed, "first entry is not kip/manifest.json"},
        Hostile{"link",
                [] {
                  TarBytes tar;
                  return package(tar.header({kManifestPath, 0, '2', "/etc/passwd"}));
                },
                ErrorCode::malformed, "a symbolic link, \"kip/manifest.json\""},
        Hostile{"too_large",
                [] {
                  TarBytes tar;
                  return package(tar.header({kManifestPath, (8U << 20U) + 1}));
                },
                ErrorCode::too_large, "8 MiB"}),
    kName);

std::string good_tar() {
  return tar_of(two_files()).end().bytes();
}

INSTANTIATE_TEST_SUITE_P(
    Containers, HostilePackage,
    ::testing::Values(
        Hostile{"empty_file", [] { return std::string(); }, ErrorCode::malformed, "it is empty"},
        Hostile{"not_compressed", good_tar, ErrorCode::malformed, "a tar archive without compression"},
        Hostile{"no_tar", [] { return zstd_frame("PK\x03\x04 no tar at all"); }, ErrorCode::malformed, "ends early"},
        Hostile{"empty_frame", [] { return zstd_frame(""); }, ErrorCode::malformed, "ends early"},
        Hostile{"garbage_after_the_frame", [] { return zstd_frame(good_tar()) + "x"; }, ErrorCode::malformed,
                "follows after its end"},
        Hostile{"second_frame", [] { return zstd_frame(good_tar()) + zstd_frame("x"); }, ErrorCode::malformed,
                "follows after its end"},
        Hostile{"skippable_frame_behind",
                [] { return zstd_frame(good_tar()) + std::string("\x50\x2A\x4D\x18\x00\x00\x00\x00", 8); },
                ErrorCode::malformed, "follows after its end"},
        Hostile{"skippable_frame_before",
                [] { return std::string("\x50\x2A\x4D\x18\x00\x00\x00\x00", 8) + zstd_frame(good_tar()); },
                ErrorCode::malformed, "a skippable Zstandard frame"},
        Hostile{"garbage_after_the_archive", [] { return zstd_frame(good_tar() + std::string(512, 'x')); },
                ErrorCode::malformed, "after the end of its archive"},
        Hostile{"padding_after_the_archive", [] { return zstd_frame(good_tar() + std::string(512, '\0')); },
                ErrorCode::malformed, "after the end of its archive"},
        Hostile{"second_archive", [] { return zstd_frame(good_tar() + good_tar()); }, ErrorCode::malformed,
                "after the end of its archive"},
        Hostile{"no_end", [] { return zstd_frame(tar_of(two_files()).bytes()); }, ErrorCode::malformed, "ends early"},
        Hostile{"half_an_end", [] { return zstd_frame(tar_of(two_files()).bytes() + std::string(512, '\0')); },
                ErrorCode::malformed, "ends early"},
        Hostile{"cut_in_a_file", [] { return zstd_frame(good_tar().substr(0, good_tar().size() - 1024 - 511)); },
                ErrorCode::malformed, ""}),
    kName);

INSTANTIATE_TEST_SUITE_P(
    Bombs, HostilePackage,
    ::testing::Values(Hostile{"window", [] { return testing::zstd_frame_with_window(26, good_tar()); },
                              ErrorCode::too_large, "a window of more than 32 MiB"},
                      Hostile{"zeros_before_the_manifest",
                              [] {
                                TarBytes tar;
                                tar.header({"PaxHeader", 32U << 20U, 'x'}).content(std::string(32U << 20U, '\0'));
                                return package(tar.raw(good_tar()));
                              },
                              ErrorCode::too_large, "an extended header of 33554432 bytes"},
                      Hostile{"zeros_as_an_extended_header",
                              [] {
                                auto tar = manifest_only();
                                tar.header({"PaxHeader", 1U << 20U, 'x'}).content(std::string(1U << 20U, '\0'));
                                return package(tar.file("a.txt", "A").file("b/c.txt", "BC"));
                              },
                              ErrorCode::too_large, "an extended header of 1048576 bytes"},
                      Hostile{"zeros_after_the_archive",
                              [] { return zstd_frame(good_tar() + std::string(32U << 20U, '\0')); },
                              ErrorCode::malformed, "after the end of its archive"},
                      Hostile{"ratio",
                              [] {
                                auto tar = tar_of({{"a.txt", std::string(80U << 20U, '\0')}});
                                return package(tar);
                              },
                              ErrorCode::too_large, "unpacks to more"}),
    kName);

TEST(HostilePackageControl, NoMessageHasControlCharacters) {
  std::string json = manifest_for(two_files());
  json.replace(json.find("ledger"), 6, "\\u001b[2J");
  TarBytes tar;
  const auto refused = Ground(package(tar.file(kManifestPath, json))).verify();
  ASSERT_THAT(refused, fails_with(ErrorCode::malformed));
  EXPECT_EQ(refused.error().message.find('\x1b'), std::string::npos) << refused.error().message;
}

TEST(HostilePackageControl, ThePatternOfTheCasesAboveIsRight) {
  Ground ground(zstd_frame(good_tar()));
  EXPECT_THAT(ground.verify(), is_ok());
  EXPECT_THAT(ground.extract(), is_ok());
  Ground window(testing::zstd_frame_with_window(ZstdDecoder::kMaxWindowLog, good_tar()));
  EXPECT_THAT(window.verify(), is_ok());
}

TEST(HostilePackageControl, EveryTruncationIsRefused) {
  const std::string whole = zstd_frame(good_tar());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THAT(Ground(whole.substr(0, size)).verify(), fails_with(ErrorCode::malformed)) << size;
  }
}

TEST(HostilePackageControl, NoChangedOctetGivesAnotherPackageOfTheSameIdentity) {
  const std::string whole = zstd_frame(good_tar());
  const auto identity = sha256(manifest_for(two_files()));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const int change : {0x01, 0x80, 0xff}) {
      std::string bytes = whole;
      bytes[at] = static_cast<char>(bytes[at] ^ change);
      const auto manifest = Ground(bytes).verify(identity);
      // Some header fields, such as an owner, say nothing that counts.
      EXPECT_EQ(manifest ? manifest->bytes() : manifest_for(two_files()), manifest_for(two_files())) << at;
    }
  }
}

}  // namespace
}  // namespace kip
