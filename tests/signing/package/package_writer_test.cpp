#include <clocale>
#include <cstdlib>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <signing/crypto/sha256.hpp>
#include <signing/package/package_reader.hpp>
#include <signing/package/package_writer.hpp>
#include <signing/storage/memory_file_system.hpp>
#include <signing/storage/posix_file_system.hpp>
#include <testing/temporary_directory.hpp>

#include "package_fixture.hpp"

namespace kip {
namespace {

using testing::Contents;
using testing::fails_with;
using testing::is_ok;
using testing::pack_request;
using testing::TemporaryDirectory;
using testing::write_folder;

constexpr std::uint64_t kMuch = 1U << 30U;

TEST(PackageWriter, GivesTheSameBytesWhateverSurroundsTheFiles) {
  const TemporaryDirectory directory;
  PosixFileSystem files;
  write_folder(files, directory.path() / "one", testing::varied_contents());
  const auto first = write_package(files, pack_request(directory.path() / "one", directory.path() / "one.kpk"));
  ASSERT_THAT(first, is_ok());

  const auto umask_before = ::umask(077);
  ::setenv("TZ", "Asia/Ho_Chi_Minh", 1);
  ASSERT_NE(std::setlocale(LC_ALL, "C.UTF-8"), nullptr);
  const Contents contents = testing::varied_contents();
  for (auto it = contents.rbegin(); it != contents.rend(); ++it) {
    write_folder(files, directory.path() / "two", {*it});
    const auto path = directory.path() / "two" / it->first;
    ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
    std::filesystem::last_write_time(path, std::filesystem::file_time_type() - std::chrono::hours(1));
  }
  const auto second = write_package(files, pack_request(directory.path() / "two", directory.path() / "two.kpk"));
  std::setlocale(LC_ALL, "C");
  ::unsetenv("TZ");
  ::umask(umask_before);

  ASSERT_THAT(second, is_ok());
  EXPECT_EQ(second->sha256, first->sha256);
  EXPECT_EQ(second->identity, first->identity);
  EXPECT_EQ(read_file(files, directory.path() / "one.kpk", kMuch).value_or("1"),
            read_file(files, directory.path() / "two.kpk", kMuch).value_or("2"));
}

TEST(PackageWriter, TellsHowFarItIsAndCanBeBrokenOff) {
  MemoryFileSystem files;
  write_folder(files, "/in", {{"a", std::string(300'000, 'x')}, {"b", "y"}});
  std::vector<std::uint64_t> seen;
  std::size_t last = 100;
  const auto progress = [&](std::uint64_t done, std::uint64_t total) -> Result<void> {
    EXPECT_EQ(total, 300'001U);
    seen.push_back(done);
    return seen.size() < last ? Result<void>() : Result<void>(fail(ErrorCode::denied, "enough"));
  };
  ASSERT_THAT(write_package(files, pack_request("/in", "/out.kpk"), progress), is_ok());
  EXPECT_EQ(seen.front(), 0U);
  EXPECT_EQ(seen.back(), 300'001U);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  const std::size_t calls = seen.size();
  for (last = 1; last <= calls; ++last) {
    seen.clear();
    EXPECT_THAT(write_package(files, pack_request("/in", "/again.kpk"), progress),
                fails_with(ErrorCode::denied, "enough"));
    EXPECT_EQ(*files.list_directory("/"), (std::vector<std::string>{"in", "out.kpk"}));
  }
}

TEST(PackageWriter, TellsWhatItWrote) {
  MemoryFileSystem files;
  write_folder(files, "/in", {{"a", "content"}});
  const auto written = write_package(files, pack_request("/in", "/out.kpk"));
  ASSERT_THAT(written, is_ok());
  const auto bytes = read_file(files, "/out.kpk", kMuch);
  EXPECT_EQ(written->size, bytes->size());
  EXPECT_EQ(written->sha256, sha256(*bytes));
  EXPECT_EQ(written->identity, sha256(written->manifest.bytes()));
  EXPECT_EQ(written->manifest.find("a")->sha256, sha256("content"));
  EXPECT_EQ(files.status("/out.kpk")->mode, 0644U);
}

TEST(PackageWriter, TakesKindsFromPatternsAndModesFromTheOwnersBit) {
  MemoryFileSystem files;
  write_folder(files, "/in", {{"a/mine.ini", "x"}, {"a/b/mine.ini", "x"}, {"a/theirs.xml", "x"}});
  ASSERT_THAT(files.open_output("/in/run", OutputMode::create_new, 0700), is_ok());
  auto request = pack_request("/in", "/out.kpk");
  request.description.editable = {*PathPattern::parse("**/*.ini")};
  const auto written = write_package(files, request);
  ASSERT_THAT(written, is_ok());
  EXPECT_EQ(written->manifest.find("a/b/mine.ini")->kind, PackageFileKind::editable);
  EXPECT_EQ(written->manifest.find("a/theirs.xml")->kind, PackageFileKind::managed);
  EXPECT_EQ(written->manifest.find("a/theirs.xml")->mode(), 0644U);
  EXPECT_EQ(written->manifest.find("run")->mode(), 0755U);
}

TEST(PackageWriter, RefusesLinksAndSpecialFiles) {
  const TemporaryDirectory directory;
  PosixFileSystem files;
  const auto folder = directory.path() / "in";
  const auto request = pack_request(folder, directory.path() / "out.kpk");
  write_folder(files, folder, {{"a", "x"}});
  ASSERT_EQ(::symlink("a", (folder / "link").c_str()), 0);
  EXPECT_THAT(write_package(files, request), fails_with(ErrorCode::malformed, "link is a symbolic link"));
  ASSERT_THAT(files.remove(folder / "link"), is_ok());
  ASSERT_EQ(::mkfifo((folder / "fifo").c_str(), 0600), 0);
  EXPECT_THAT(write_package(files, request), fails_with(ErrorCode::malformed, "fifo is neither"));
  EXPECT_EQ(*files.list_directory(directory.path()), std::vector<std::string>{"in"});
}

TEST(PackageWriter, RefusesNamesThatDoNotInstallEverywhere) {
  for (const char* name : {"a:b", "CON", "sub/nul.txt", "dot.", "blank ", "q?", "back\\slash", "KIP/x", "bad\xff"}) {
    MemoryFileSystem files;
    write_folder(files, "/in", {{name, "x"}, {"good", "x"}});
    EXPECT_THAT(write_package(files, pack_request("/in", "/out.kpk")), fails_with(ErrorCode::malformed)) << name;
    EXPECT_EQ(*files.list_directory("/"), std::vector<std::string>{"in"}) << name;
  }
}

TEST(PackageWriter, RefusesCollidingNames) {
  for (const Contents& contents : {Contents{{"a.xml", "x"}, {"A.XML", "x"}},
                                   Contents{{"\u00e9", "x"}, {"e\u0301", "x"}}, Contents{{"d/a", "x"}, {"D/b", "x"}}}) {
    MemoryFileSystem files;
    write_folder(files, "/in", contents);
    EXPECT_THAT(write_package(files, pack_request("/in", "/out.kpk")), fails_with(ErrorCode::malformed, "one name"));
  }
}

TEST(PackageWriter, RefusesAFolderWithoutFiles) {
  MemoryFileSystem files;
  const auto request = pack_request("/in", "/out.kpk");
  EXPECT_THAT(write_package(files, request), fails_with(ErrorCode::not_found, "/in"));
  ASSERT_THAT(make_directories(files, "/in/empty", 0755), is_ok());
  EXPECT_THAT(write_package(files, request), fails_with(ErrorCode::malformed, "has no files"));
  ASSERT_THAT(files.remove_tree("/in"), is_ok());
  ASSERT_THAT(files.open_output("/in", OutputMode::create_new, 0644), is_ok());
  EXPECT_THAT(write_package(files, request), fails_with(ErrorCode::conflict, "/in"));
}

TEST(PackageWriter, RefusesNamesThatInstallsNeed) {
  MemoryFileSystem files;
  write_folder(files, "/a", {{".KIP/journal.json", "x"}});
  EXPECT_THAT(write_package(files, pack_request("/a", "/out.kpk")), fails_with(ErrorCode::malformed, "updater's own"));
  write_folder(files, "/b", {{"mine.ini", "x"}, {"mine.ini.kip-new", "x"}});
  auto request = pack_request("/b", "/out.kpk");
  EXPECT_THAT(write_package(files, request), is_ok()) << "nobody edits a managed file";
  request = pack_request("/b", "/other.kpk");
  request.description.editable = {*PathPattern::parse("mine.ini")};
  EXPECT_THAT(write_package(files, request), fails_with(ErrorCode::malformed, "mine.ini.kip-new"));
}

TEST(PackageWriter, RefusesADescriptionThatDoesNotFitTheFolder) {
  MemoryFileSystem files;
  write_folder(files, "/in", {{"a.xml", "x"}});
  auto request = pack_request("/in", "/out.kpk");
  request.description.editable = {*PathPattern::parse("*.ini")};
  EXPECT_THAT(write_package(files, request), fails_with(ErrorCode::malformed, "*.ini"));
  request = pack_request("/in", "/out.kpk");
  request.description.subject.forms = {
      {"B01", "1", *parse_date("2026-01-01"), {}, {*SafeRelativePath::parse("b.xml")}}};
  EXPECT_THAT(write_package(files, request),
              fails_with(ErrorCode::malformed, "\"b.xml\", which is not in the package"));
  EXPECT_THAT(write_package(files, pack_request("/in", "/in/out.kpk")), fails_with(ErrorCode::usage));
  EXPECT_THAT(write_package(files, pack_request("/in", "/no/out.kpk")), fails_with(ErrorCode::not_found));
}

TEST(PackageWriter, KeepsAnOutputThatIsThereUnlessItIsTheSame) {
  MemoryFileSystem files;
  write_folder(files, "/in", {{"a", "x"}});
  const auto request = pack_request("/in", "/out.kpk");
  ASSERT_THAT(write_package(files, request), is_ok());
  EXPECT_THAT(write_package(files, request), is_ok());
  const auto before = read_file(files, "/out.kpk", kMuch);
  write_folder(files, "/in", {{"b", "y"}});
  EXPECT_THAT(write_package(files, request), fails_with(ErrorCode::conflict, "exists already"));
  EXPECT_EQ(*read_file(files, "/out.kpk", kMuch), *before);
  EXPECT_EQ(*files.list_directory("/"), (std::vector<std::string>{"in", "out.kpk"}));
}

/// Changes a file after it was read once.
class ChangingFiles final : public MemoryFileSystem {
 public:
  explicit ChangingFiles(std::string bytes) : bytes_(std::move(bytes)) {}

  Result<std::unique_ptr<InputFile>> open_input(const std::filesystem::path& path, Links links) override {
    if (path == "/in/a" && ++opened_ == 2) {
      KIP_TRY_VOID(remove(path));
      KIP_TRY(const auto output, open_output(path, OutputMode::create_new, 0644));
      KIP_TRY_VOID(output->write(bytes_));
    }
    return MemoryFileSystem::open_input(path, links);
  }

 private:
  std::string bytes_;
  int opened_ = 0;
};

TEST(PackageWriter, NoticesAFileThatChangesMeanwhile) {
  for (const char* bytes : {"other", "longer than before", "", "short"}) {
    ChangingFiles files(bytes);
    write_folder(files, "/in", {{"a", "first"}, {"b", "x"}});
    EXPECT_THAT(write_package(files, pack_request("/in", "/out.kpk")),
                fails_with(ErrorCode::conflict, "/in/a changed while it was packed"))
        << bytes;
    EXPECT_EQ(*files.list_directory("/"), std::vector<std::string>{"in"});
  }
}

TEST(PackageWriter, LeavesNothingWhenACallFails) {
  MemoryFileSystem trial;
  write_folder(trial, "/in", {{"a", "x"}});
  const auto before = trial.mutations();
  ASSERT_THAT(write_package(trial, pack_request("/in", "/out.kpk")), is_ok());
  const auto points = trial.mutations() - before;
  ASSERT_GE(points, 5U);
  for (std::uint64_t point = 1; point <= points; ++point) {
    MemoryFileSystem files;
    write_folder(files, "/in", {{"a", "x"}});
    files.fail_once(point, ErrorCode::disk_full);
    EXPECT_THAT(write_package(files, pack_request("/in", "/out.kpk")), fails_with(ErrorCode::disk_full)) << point;
    // After the last call, the sync of the directory, the package has its name.
    const auto names = *files.list_directory("/");
    EXPECT_EQ(names, (point < points ? std::vector<std::string>{"in"} : std::vector<std::string>{"in", "out.kpk"}))
        << point;
    EXPECT_THAT(write_package(files, pack_request("/in", "/out.kpk")), is_ok()) << point;
  }
}

TEST(PackageWriter, TheResultSurvivesAPowerCut) {
  MemoryFileSystem files;
  write_folder(files, "/in", {{"a", "x"}});
  ASSERT_THAT(write_package(files, pack_request("/in", "/out.kpk")), is_ok());
  files.lose_power(MemoryFileSystem::Loss::everything_unsynced);
  EXPECT_THAT(verify_package(files, "/out.kpk", std::nullopt), is_ok());
}

}  // namespace
}  // namespace kip
