#include <clocale>

#include <gtest/gtest.h>

#include <signing/crypto/sha256.hpp>
#include <signing/package/package_reader.hpp>
#include <signing/package/package_writer.hpp>
#include <signing/storage/memory_file_system.hpp>
#include <signing/storage/posix_file_system.hpp>
#include <testing/temporary_directory.hpp>

#include "package_fixture.hpp"

namespace kip {
namespace {

using testing::fails_with;
using testing::is_ok;
using testing::pack_request;
using testing::read_folder;
using testing::TemporaryDirectory;
using testing::write_folder;
using Loss = MemoryFileSystem::Loss;

/// A file system with "/out.kpk" made of two files.
std::unique_ptr<MemoryFileSystem> with_package() {
  auto files = std::make_unique<MemoryFileSystem>();
  write_folder(*files, "/in", {{"a", "x"}, {"d/e/b", "yy"}});
  EXPECT_THAT(write_package(*files, pack_request("/in", "/out.kpk")), is_ok());
  return files;
}

TEST(PackageReader, GivesBackEveryNameAndOctet) {
  const TemporaryDirectory directory;
  PosixFileSystem files;
  const auto at = [&](const char* name) { return directory.path() / name; };
  write_folder(files, at("in"), testing::varied_contents());
  ASSERT_THAT(write_package(files, pack_request(at("in"), at("out.kpk"))), is_ok());
  for (const char* locale : {"C", "C.UTF-8"}) {
    ASSERT_NE(std::setlocale(LC_ALL, locale), nullptr);
    const auto extracted = extract_package(files, at("out.kpk"), std::nullopt, at("staging"));
    std::setlocale(LC_ALL, "C");
    ASSERT_THAT(extracted, is_ok());
    EXPECT_EQ(read_folder(files, at("staging")), testing::varied_contents()) << locale;
    ASSERT_THAT(files.remove_tree(at("staging")), is_ok());
  }
}

TEST(PackageReader, ReadsNamesOfEveryLengthThatTheWriterMakes) {
  MemoryFileSystem files;
  testing::Contents contents;
  for (std::size_t length = 2; length <= 250; ++length) {
    contents["d" + std::to_string(length) + "/" + std::string(length, 'n')] = "ascii";
    contents[std::string(length, 'd') + "/n"] = "directory";
    if (length % 2 == 0) contents["\u00e9" + std::string(length, 'n')] = "beyond ascii";
  }
  write_folder(files, "/in", contents);
  ASSERT_THAT(write_package(files, pack_request("/in", "/out.kpk")), is_ok());
  ASSERT_THAT(extract_package(files, "/out.kpk", std::nullopt, "/staging"), is_ok());
  EXPECT_EQ(read_folder(files, "/staging"), contents);
}

TEST(PackageReader, GivesFilesTheirModes) {
  MemoryFileSystem files;
  write_folder(files, "/in", {{"d/a", "x"}});
  ASSERT_THAT(files.open_output("/in/run", OutputMode::create_new, 0744), is_ok());
  ASSERT_THAT(write_package(files, pack_request("/in", "/out.kpk")), is_ok());
  ASSERT_THAT(extract_package(files, "/out.kpk", std::nullopt, "/staging"), is_ok());
  EXPECT_EQ(files.status("/staging")->mode, 0755U);
  EXPECT_EQ(files.status("/staging/d")->mode, 0755U);
  EXPECT_EQ(files.status("/staging/d/a")->mode, 0644U);
  EXPECT_EQ(files.status("/staging/run")->mode, 0755U);
}

TEST(PackageReader, ReadsThePackageOfTheFirstVersion) {
  PosixFileSystem files;
  const auto manifest = verify_package(files, KIP_TEST_DATA "/package/first.kpk", std::nullopt);
  ASSERT_THAT(manifest, is_ok());
  EXPECT_EQ(sha256(manifest->bytes()).hex(), "d18c2a44dac54a9ca3a317fa9f17f06ba14f2614551e6f11c949ec692616a39e");
  EXPECT_EQ(manifest->content().files.size(), testing::varied_contents().size());
}

TEST(PackageReader, ReadsTheManifestAlone) {
  const auto files = with_package();
  const auto manifest = read_package_manifest(*files, "/out.kpk");
  ASSERT_THAT(manifest, is_ok());
  EXPECT_EQ(manifest->content().files.size(), 2U);
  EXPECT_EQ(verify_package(*files, "/out.kpk", std::nullopt)->bytes(), manifest->bytes());
  EXPECT_THAT(read_package_manifest(*files, "/no.kpk"), fails_with(ErrorCode::not_found, "/no.kpk"));
}

TEST(PackageReader, ComparesTheIdentity) {
  const auto files = with_package();
  const auto identity = sha256(read_package_manifest(*files, "/out.kpk")->bytes());
  EXPECT_THAT(verify_package(*files, "/out.kpk", identity), is_ok());
  EXPECT_THAT(verify_package(*files, "/out.kpk", sha256("another")), fails_with(ErrorCode::integrity, "identity"));
  EXPECT_THAT(extract_package(*files, "/out.kpk", sha256("another"), "/s"), fails_with(ErrorCode::integrity));
  EXPECT_FALSE(*path_exists(*files, "/s"));
}

TEST(PackageReader, StagesOnlyInAnEmptyDirectory) {
  const auto files = with_package();
  EXPECT_THAT(extract_package(*files, "/out.kpk", std::nullopt, "/in"), fails_with(ErrorCode::conflict, "/in"));
  EXPECT_THAT(extract_package(*files, "/out.kpk", std::nullopt, "/in/a"), fails_with(ErrorCode::conflict));
  EXPECT_EQ(read_folder(*files, "/in").size(), 2U);
  EXPECT_THAT(extract_package(*files, "/out.kpk", std::nullopt, "/no/staging"), fails_with(ErrorCode::not_found));
  ASSERT_THAT(files->make_directory("/empty", 0755), is_ok());
  ASSERT_THAT(files->write_pointer("/link", "empty"), is_ok());
  EXPECT_THAT(extract_package(*files, "/out.kpk", std::nullopt, "/link"), fails_with(ErrorCode::conflict));
  EXPECT_THAT(extract_package(*files, "/out.kpk", std::nullopt, "/empty"), is_ok());
}

TEST(PackageReader, RemovesTheStagingWhenACallFails) {
  const auto trial = with_package();
  const auto before = trial->mutations();
  ASSERT_THAT(extract_package(*trial, "/out.kpk", std::nullopt, "/staging"), is_ok());
  const auto points = trial->mutations() - before;
  ASSERT_GE(points, 9U);
  for (std::uint64_t point = 1; point <= points; ++point) {
    const auto files = with_package();
    files->fail_once(point, ErrorCode::disk_full);
    EXPECT_THAT(extract_package(*files, "/out.kpk", std::nullopt, "/staging"), fails_with(ErrorCode::disk_full))
        << point;
    EXPECT_EQ(*files->list_directory("/"), (std::vector<std::string>{"in", "out.kpk"})) << point;
  }
}

TEST(PackageReader, LeavesADirectoryThatWasThereEmpty) {
  for (const char* folder : {"/staging", "/staging/"}) {
    const auto files = with_package();
    ASSERT_THAT(files->make_directory("/staging", 0700), is_ok());
    files->fail_once(3, ErrorCode::disk_full);
    EXPECT_THAT(extract_package(*files, "/out.kpk", std::nullopt, folder), fails_with(ErrorCode::disk_full));
    EXPECT_THAT(*files->list_directory("/staging"), ::testing::IsEmpty());
    EXPECT_EQ(files->status("/staging")->mode, 0700U);
  }
}

TEST(PackageReader, ExtractsDurablyOrNotAtAll) {
  const auto trial = with_package();
  const auto before = trial->mutations();
  ASSERT_THAT(extract_package_durably(*trial, "/out.kpk", "/made/"), is_ok());
  const auto points = trial->mutations() - before;
  trial->lose_power(Loss::everything_unsynced);
  EXPECT_EQ(read_folder(*trial, "/made"), (testing::Contents{{"a", "x"}, {"d/e/b", "yy"}}));
  for (std::uint64_t point = 1; point <= points; ++point) {
    const auto files = with_package();
    files->fail_once(point, ErrorCode::storage);
    EXPECT_THAT(extract_package_durably(*files, "/out.kpk", "/made"), fails_with(ErrorCode::storage)) << point;
    EXPECT_FALSE(*path_exists(*files, "/made")) << point;
  }
}

TEST(PackageReader, LeavesNothingWhereItIsBrokenOff) {
  for (int last = 1; last <= 2; ++last) {
    const auto files = with_package();
    int asked = 0;
    const auto proceed = [&] {
      return ++asked < last ? Result<void>() : Result<void>(fail(ErrorCode::denied, "enough"));
    };
    EXPECT_THAT(extract_package_durably(*files, "/out.kpk", "/made", proceed), fails_with(ErrorCode::denied, "enough"));
    EXPECT_EQ(asked, last);
    EXPECT_FALSE(*path_exists(*files, "/made"));
  }
}

TEST(PackageReader, InspectsJustTheOctetsThatItHashed) {
  const auto files = with_package();
  const auto inspected = inspect_package(*files, "/out.kpk");
  ASSERT_THAT(inspected, is_ok());
  EXPECT_EQ(inspected->file, *digest_file(*files, "/out.kpk"));
  EXPECT_EQ(inspected->manifest.content().files.size(), 2U);
}

TEST(PackageReader, SaysWhenTheStagingCannotBeRemoved) {
  const auto files = with_package();
  files->fail_from(3, ErrorCode::storage);
  EXPECT_THAT(extract_package(*files, "/out.kpk", std::nullopt, "/staging"),
              fails_with(ErrorCode::storage, "; then removing /staging"));
}

TEST(PackageReader, OneSyncOfTheTreeMakesTheStagingDurable) {
  for (const bool sync : {true, false}) {
    const auto files = with_package();
    ASSERT_THAT(extract_package(*files, "/out.kpk", std::nullopt, "/staging"), is_ok());
    ASSERT_THAT(sync ? files->sync_tree("/staging") : Result<void>(), is_ok());
    ASSERT_THAT(files->sync_directory("/"), is_ok());
    files->lose_power(Loss::everything_unsynced);
    const testing::Contents whole = {{"a", "x"}, {"d/e/b", "yy"}};
    EXPECT_EQ(read_folder(*files, "/staging") == whole, sync);
  }
}

}  // namespace
}  // namespace kip
