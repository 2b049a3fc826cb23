#include <array>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <signing/storage/atomic_file.hpp>

#include "storage_backends.hpp"

namespace kip {
namespace {

using testing::content_of;
using testing::fails_with;
using testing::is_ok;
using testing::write_new_file;

class FileSystemConformance : public ::testing::TestWithParam<testing::StorageBackendMaker> {
 protected:
  FileSystem& files() { return *backend_.files; }
  std::filesystem::path at(const char* inside) const { return backend_.root / inside; }

  void make_file(const char* inside, BytesView bytes, unsigned mode = 0644) {
    write_new_file(files(), at(inside), bytes, mode);
  }
  void make_directory(const char* inside) { ASSERT_THAT(files().make_directory(at(inside), 0755), is_ok()); }
  bool exists(const char* inside) { return *path_exists(files(), at(inside)); }

  testing::StorageBackend backend_ = GetParam().make();
};

INSTANTIATE_TEST_SUITE_P(Backends, FileSystemConformance,
                         ::testing::Values(testing::StorageBackendMaker{"memory", testing::make_memory_backend},
                                           testing::StorageBackendMaker{"posix", testing::make_posix_backend}),
                         [](const auto& row) { return row.param.name; });

TEST_P(FileSystemConformance, KeepsWhatWasWrittenAcrossReopening) {
  make_file("a", "one");
  backend_.reopen(backend_);
  EXPECT_EQ(content_of(files(), at("a")), "one");
  const auto status = files().status(at("a"));
  ASSERT_THAT(status, is_ok());
  EXPECT_EQ(status->kind, FileKind::file);
  EXPECT_EQ(status->size, 3U);
}

TEST_P(FileSystemConformance, CreatesOnlyWhereTheNameIsFree) {
  make_file("a", "one");
  make_directory("d");
  for (const char* name : {"a", "d"}) {
    EXPECT_THAT(files().open_output(at(name), OutputMode::create_new, 0644), fails_with(ErrorCode::conflict)) << name;
  }
  EXPECT_EQ(content_of(files(), at("a")), "one");
}

TEST_P(FileSystemConformance, AppendsToWhatIsThereAndCreatesWhatIsNot) {
  for (const char* piece : {"one", "two"}) {
    auto output = files().open_output(at("a"), OutputMode::append, 0600);
    ASSERT_THAT(output, is_ok());
    EXPECT_THAT((*output)->write(piece), is_ok());
    EXPECT_THAT((*output)->sync(), is_ok());
    EXPECT_THAT((*output)->close(), is_ok());
  }
  EXPECT_EQ(content_of(files(), at("a")), "onetwo");
  EXPECT_EQ(files().status(at("a"))->mode, 0600U);
}

TEST_P(FileSystemConformance, GivesModesWhateverTheUmaskIs) {
  const auto before = ::umask(077);
  make_file("a", "", 0755);
  EXPECT_THAT(files().make_directory(at("d"), 0750), is_ok());
  ::umask(before);
  EXPECT_EQ(files().status(at("a"))->mode, 0755U);
  EXPECT_EQ(files().status(at("d"))->mode, 0750U);
  EXPECT_EQ(files().status(at("d"))->kind, FileKind::directory);
}

TEST_P(FileSystemConformance, ReadsInOrderAndAtAnyPlace) {
  make_file("a", "0123456789");
  const auto input = files().open_input(at("a"), Links::refuse);
  ASSERT_THAT(input, is_ok());
  std::array<char, 4> buffer = {};
  EXPECT_EQ(*(*input)->read_at(7, buffer), 3U);
  EXPECT_EQ(std::string(buffer.data(), 3), "789");
  EXPECT_EQ(*(*input)->read_at(10, buffer), 0U);
  EXPECT_EQ(*(*input)->read_at(999, buffer), 0U);
  EXPECT_EQ(*(*input)->read(buffer), 4U);
  EXPECT_EQ(std::string(buffer.data(), 4), "0123");
  EXPECT_EQ(*(*input)->read(buffer), 4U);
  EXPECT_EQ(*(*input)->read(buffer), 2U);
  EXPECT_EQ(*(*input)->read(buffer), 0U);
  EXPECT_EQ(*(*input)->size(), 10U);
}

TEST_P(FileSystemConformance, ReadsWholeFilesUpToTheBound) {
  make_file("a", "0123456789");
  make_file("empty", "");
  EXPECT_EQ(*read_file(files(), at("a"), 10), "0123456789");
  EXPECT_EQ(*read_file(files(), at("empty"), 0), "");
  EXPECT_THAT(read_file(files(), at("a"), 9), fails_with(ErrorCode::too_large, "9 bytes"));
}

TEST_P(FileSystemConformance, RenamesOverFilesAndEmptyDirectories) {
  make_file("a", "new");
  make_file("b", "old");
  EXPECT_THAT(files().rename(at("a"), at("b")), is_ok());
  EXPECT_EQ(content_of(files(), at("b")), "new");
  EXPECT_FALSE(exists("a"));

  make_directory("d");
  make_file("d/inside", "x");
  make_directory("e");
  EXPECT_THAT(files().rename(at("d"), at("e")), is_ok());
  EXPECT_EQ(content_of(files(), at("e/inside")), "x");
  EXPECT_THAT(files().rename(at("e/inside"), at("f")), is_ok());
  EXPECT_EQ(content_of(files(), at("f")), "x");
}

TEST_P(FileSystemConformance, RefusesToRenameOverAnotherKind) {
  make_file("a", "file");
  make_directory("d");
  make_directory("full");
  make_file("full/inside", "x");
  EXPECT_THAT(files().rename(at("a"), at("d")), fails_with(ErrorCode::conflict));
  EXPECT_THAT(files().rename(at("d"), at("a")), fails_with(ErrorCode::conflict));
  EXPECT_THAT(files().rename(at("d"), at("full")), fails_with(ErrorCode::conflict));
  EXPECT_THAT(files().rename(at("full"), at("full/below")), fails_with(ErrorCode::conflict));
  EXPECT_EQ(content_of(files(), at("full/inside")), "x");
}

TEST_P(FileSystemConformance, RemovesFilesLinksAndEmptyDirectories) {
  make_file("a", "x");
  make_directory("d");
  make_file("d/inside", "x");
  ASSERT_THAT(files().write_pointer(at("p"), "d"), is_ok());
  EXPECT_THAT(files().remove(at("d")), fails_with(ErrorCode::conflict));
  EXPECT_THAT(files().remove(at("p")), is_ok());
  EXPECT_THAT(files().remove(at("a")), is_ok());
  EXPECT_THAT(files().remove(at("d/inside")), is_ok());
  EXPECT_THAT(files().remove(at("d")), is_ok());
  EXPECT_TRUE(files().list_directory(backend_.root)->empty());
}

TEST_P(FileSystemConformance, RemovesTreesButNotWhatTheirLinksName) {
  make_directory("kept");
  make_file("kept/a", "x");
  make_directory("d");
  make_directory("d/e");
  make_file("d/e/a", "x");
  ASSERT_THAT(files().write_pointer(at("d/e/link"), "../../kept"), is_ok());
  EXPECT_THAT(files().remove_tree(at("d")), is_ok());
  EXPECT_FALSE(exists("d"));
  EXPECT_EQ(content_of(files(), at("kept/a")), "x");
  EXPECT_THAT(files().remove_tree(at("d")), is_ok());
  EXPECT_THAT(files().remove_tree(at("no/such")), is_ok());
  EXPECT_THAT(files().remove_tree(at("kept/a")), is_ok());
  EXPECT_FALSE(exists("kept/a"));
}

TEST_P(FileSystemConformance, ListsNamesByTheirBytes) {
  for (const char* name : {"b", "B", "a\u0301", "\u00e1", ".hidden", "a b"})
    make_file(name, "");
  EXPECT_EQ(*files().list_directory(backend_.root),
            (std::vector<std::string>{".hidden", "B", "a b", "a\u0301", "b", "\u00e1"}));
}

TEST_P(FileSystemConformance, SaysNotFoundForWhatIsMissing) {
  const auto missing = at("no");
  EXPECT_THAT(files().open_input(missing, Links::refuse), fails_with(ErrorCode::not_found, missing.string()));
  EXPECT_THAT(files().open_output(at("no/a"), OutputMode::create_new, 0644), fails_with(ErrorCode::not_found));
  EXPECT_THAT(files().open_output(at("no/a"), OutputMode::append, 0644), fails_with(ErrorCode::not_found));
  EXPECT_THAT(files().rename(missing, at("b")), fails_with(ErrorCode::not_found));
  EXPECT_THAT(files().remove(missing), fails_with(ErrorCode::not_found));
  EXPECT_THAT(files().make_directory(at("no/d"), 0755), fails_with(ErrorCode::not_found));
  EXPECT_THAT(files().list_directory(missing), fails_with(ErrorCode::not_found));
  EXPECT_THAT(files().status(missing), fails_with(ErrorCode::not_found));
  EXPECT_THAT(files().sync_directory(missing), fails_with(ErrorCode::not_found));
  EXPECT_THAT(files().sync_tree(missing), fails_with(ErrorCode::not_found));
  EXPECT_THAT(files().write_pointer(at("no/p"), "x"), fails_with(ErrorCode::not_found));
  EXPECT_THAT(files().read_pointer(missing), fails_with(ErrorCode::not_found));
  EXPECT_THAT(files().lock(at("no/l")), fails_with(ErrorCode::not_found));
  EXPECT_THAT(files().free_space(missing), fails_with(ErrorCode::not_found));
}

TEST_P(FileSystemConformance, SaysConflictForAnotherKind) {
  make_file("a", "x");
  make_directory("d");
  EXPECT_THAT(files().open_input(at("d"), Links::refuse), fails_with(ErrorCode::conflict));
  EXPECT_THAT(files().open_input(at("a/b"), Links::refuse), fails_with(ErrorCode::conflict));
  EXPECT_THAT(files().open_output(at("d"), OutputMode::append, 0644), fails_with(ErrorCode::conflict));
  EXPECT_THAT(files().make_directory(at("a"), 0755), fails_with(ErrorCode::conflict));
  EXPECT_THAT(files().make_directory(at("a/b"), 0755), fails_with(ErrorCode::conflict));
  EXPECT_THAT(files().list_directory(at("a")), fails_with(ErrorCode::conflict));
  EXPECT_THAT(files().status(at("a/b")), fails_with(ErrorCode::conflict));
  EXPECT_THAT(files().write_pointer(at("a"), "d"), fails_with(ErrorCode::conflict));
  EXPECT_THAT(files().write_pointer(at("d"), "a"), fails_with(ErrorCode::conflict));
  EXPECT_THAT(files().read_pointer(at("a")), fails_with(ErrorCode::conflict));
}

TEST_P(FileSystemConformance, SwapsAPointerAtOnce) {
  for (const char* name : {"v1", "v2"})
    make_directory(name);
  make_file("v1/form", "one");
  make_file("v2/form", "two");
  ASSERT_THAT(files().write_pointer(at("current"), "v1"), is_ok());
  EXPECT_EQ(content_of(files(), at("current/form")), "one");
  ASSERT_THAT(files().write_pointer(at("current"), "v2"), is_ok());
  EXPECT_EQ(content_of(files(), at("current/form")), "two");
  EXPECT_EQ(*files().read_pointer(at("current")), "v2");
  EXPECT_EQ(files().status(at("current"))->kind, FileKind::symlink);
  EXPECT_EQ(*files().list_directory(backend_.root), (std::vector<std::string>{"current", "v1", "v2"}));
}

TEST_P(FileSystemConformance, FollowsALastLinkOnlyWhenAsked) {
  make_file("a", "x");
  ASSERT_THAT(files().write_pointer(at("p"), "a"), is_ok());
  EXPECT_THAT(files().open_input(at("p"), Links::refuse), fails_with(ErrorCode::conflict));
  EXPECT_THAT(files().open_input(at("p"), Links::follow), is_ok());
  EXPECT_THAT(files().open_output(at("p"), OutputMode::append, 0644), fails_with(ErrorCode::conflict));
  ASSERT_THAT(files().write_pointer(at("dangling"), "nothing"), is_ok());
  EXPECT_THAT(files().open_input(at("dangling"), Links::follow), fails_with(ErrorCode::not_found));
  EXPECT_THAT(files().open_output(at("dangling"), OutputMode::create_new, 0644), fails_with(ErrorCode::conflict));
  EXPECT_FALSE(exists("nothing"));
}

TEST_P(FileSystemConformance, ASecretIsItsOwnersAlone) {
  make_file("private", "x", 0600);
  make_file("public", "x", 0644);
  ASSERT_THAT(files().write_pointer(at("link"), "public"), is_ok());
  EXPECT_THAT(expect_private(files(), at("private")), is_ok());
  EXPECT_THAT(expect_private(files(), at("public")), fails_with(ErrorCode::denied, "chmod 600"));
  EXPECT_THAT(expect_private(files(), at("link")), fails_with(ErrorCode::denied, "public"));
  EXPECT_THAT(expect_private(files(), at("missing")), fails_with(ErrorCode::not_found));
}

TEST_P(FileSystemConformance, ALockHasOneHolder) {
  auto first = files().lock(at("lock"));
  ASSERT_THAT(first, is_ok());
  EXPECT_THAT(files().lock(at("lock")), fails_with(ErrorCode::busy));
  EXPECT_THAT(files().lock(at("other")), is_ok());
  first->reset();
  EXPECT_THAT(files().lock(at("lock")), is_ok());
  EXPECT_EQ(files().status(at("lock"))->mode, 0600U);
}

TEST_P(FileSystemConformance, OfManyThreadsOneCreates) {
  constexpr int kThreads = 8;
  std::array<bool, kThreads> won = {};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([this, &won, i] {
        won.at(static_cast<std::size_t>(i)) = files().open_output(at("a"), OutputMode::create_new, 0644).has_value();
      });
    }
  }
  EXPECT_EQ(std::count(won.begin(), won.end(), true), 1);
}

TEST_P(FileSystemConformance, MakesMissingParents) {
  EXPECT_THAT(make_directories(files(), at("a/b/c"), 0700), is_ok());
  EXPECT_THAT(make_directories(files(), at("a/b/c"), 0700), is_ok());
  EXPECT_EQ(files().status(at("a/b"))->mode, 0700U);
  ASSERT_THAT(files().write_pointer(at("p"), "a"), is_ok());
  EXPECT_THAT(make_directories(files(), at("p/d"), 0700), is_ok());
  EXPECT_TRUE(exists("a/d"));
  make_file("file", "");
  EXPECT_THAT(make_directories(files(), at("file"), 0700), fails_with(ErrorCode::conflict));
  EXPECT_THAT(make_directories(files(), at("file/below"), 0700), fails_with(ErrorCode::conflict));
}

TEST_P(FileSystemConformance, ReplacesAFileAndLeavesNothingBeside) {
  make_file("a", "old", 0600);
  make_file(".a.kip-tmp", "left by a crash");
  EXPECT_THAT(replace_file(files(), at("a"), "new", 0644), is_ok());
  EXPECT_EQ(content_of(files(), at("a")), "new");
  EXPECT_EQ(files().status(at("a"))->mode, 0644U);
  EXPECT_EQ(*files().list_directory(backend_.root), std::vector<std::string>{"a"});
  make_directory("d");
  EXPECT_THAT(replace_file(files(), at("d"), "new", 0644), fails_with(ErrorCode::conflict));
  EXPECT_EQ(*files().list_directory(backend_.root), (std::vector<std::string>{"a", "d"}));
}

TEST_P(FileSystemConformance, SyncsAndKnowsFreeSpace) {
  make_file("a", "x");
  EXPECT_THAT(files().sync_directory(backend_.root), is_ok());
  EXPECT_THAT(files().sync_tree(backend_.root), is_ok());
  EXPECT_GT(*files().free_space(backend_.root), 0U);
}

}  // namespace
}  // namespace kip
