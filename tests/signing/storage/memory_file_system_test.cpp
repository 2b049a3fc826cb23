#include <gtest/gtest.h>

#include <signing/storage/memory_file_system.hpp>

#include "storage_backends.hpp"

namespace kip {
namespace {

using testing::content_of;
using testing::fails_with;
using testing::is_ok;
using testing::write_new_file;
using Loss = MemoryFileSystem::Loss;

void write_durably(FileSystem& files, const std::filesystem::path& path, BytesView bytes) {
  auto output = files.open_output(path, OutputMode::create_new, 0644);
  ASSERT_THAT(output, is_ok());
  ASSERT_THAT((*output)->write(bytes), is_ok());
  ASSERT_THAT((*output)->sync(), is_ok());
  ASSERT_THAT((*output)->close(), is_ok());
  ASSERT_THAT(files.sync_directory(directory_of(path)), is_ok());
}

TEST(MemoryFileSystem, APowerCutTakesContentThatWasNotSynced) {
  MemoryFileSystem files;
  write_new_file(files, "/a", "x");
  ASSERT_THAT(files.sync_directory("/"), is_ok());
  files.lose_power(Loss::everything_unsynced);
  EXPECT_EQ(content_of(files, "/a"), "");
}

TEST(MemoryFileSystem, APowerCutTakesNamesThatWereNotSynced) {
  MemoryFileSystem files;
  auto output = files.open_output("/a", OutputMode::create_new, 0644);
  ASSERT_THAT((*output)->write("x"), is_ok());
  ASSERT_THAT((*output)->sync(), is_ok());
  files.lose_power(Loss::everything_unsynced);
  EXPECT_EQ(content_of(files, "/a"), "(not-found)");
}

TEST(MemoryFileSystem, APowerCutUndoesRenameRemoveAndPointer) {
  MemoryFileSystem files;
  write_durably(files, "/a", "a");
  write_durably(files, "/b", "b");
  write_durably(files, "/c", "c");
  ASSERT_THAT(files.write_pointer("/p", "a"), is_ok());
  ASSERT_THAT(files.sync_directory("/"), is_ok());
  ASSERT_THAT(files.rename("/a", "/b"), is_ok());
  ASSERT_THAT(files.remove("/c"), is_ok());
  ASSERT_THAT(files.write_pointer("/p", "b"), is_ok());
  files.lose_power(Loss::everything_unsynced);
  EXPECT_EQ(content_of(files, "/a"), "a");
  EXPECT_EQ(content_of(files, "/b"), "b");
  EXPECT_EQ(content_of(files, "/c"), "c");
  EXPECT_EQ(*files.read_pointer("/p"), "a");
}

TEST(MemoryFileSystem, AJournalMayKeepNamesAndLoseContents) {
  MemoryFileSystem files;
  write_durably(files, "/a", "old");
  write_new_file(files, "/t", "new");
  ASSERT_THAT(files.rename("/t", "/a"), is_ok());
  files.lose_power(Loss::unsynced_contents);
  EXPECT_EQ(content_of(files, "/a"), "");
}

TEST(MemoryFileSystem, SyncTreeKeepsAllBelowButNotTheDirectorysOwnName) {
  MemoryFileSystem files;
  ASSERT_THAT(make_directories(files, "/d/e", 0755), is_ok());
  write_new_file(files, "/d/e/a", "x");
  ASSERT_THAT(files.sync_directory("/"), is_ok());
  ASSERT_THAT(files.make_directory("/lost", 0755), is_ok());
  ASSERT_THAT(files.sync_tree("/lost"), is_ok());
  ASSERT_THAT(files.sync_tree("/d"), is_ok());
  files.lose_power(Loss::everything_unsynced);
  EXPECT_EQ(content_of(files, "/d/e/a"), "x");
  EXPECT_EQ(*path_exists(files, "/lost"), false);
}

TEST(MemoryFileSystem, AFailingWriteLeavesHalf) {
  MemoryFileSystem files;
  auto output = files.open_output("/a", OutputMode::create_new, 0644);
  files.fail_once(1, ErrorCode::disk_full);
  EXPECT_THAT((*output)->write("1234"), fails_with(ErrorCode::disk_full));
  EXPECT_THAT((*output)->write("5678"), is_ok());
  EXPECT_EQ(content_of(files, "/a"), "125678");
}

TEST(MemoryFileSystem, CountsMutationsAndFailsFromOneOn) {
  MemoryFileSystem files;
  files.fail_from(2, ErrorCode::storage);
  EXPECT_THAT(files.make_directory("/a", 0755), is_ok());
  EXPECT_THAT(files.make_directory("/b", 0755), fails_with(ErrorCode::storage));
  EXPECT_THAT(files.make_directory("/b", 0755), fails_with(ErrorCode::storage));
  EXPECT_EQ(files.mutations(), 3U);
  EXPECT_THAT(files.list_directory("/a"), is_ok());
  files.restart();
  EXPECT_THAT(files.make_directory("/b", 0755), is_ok());
}

TEST(MemoryFileSystem, AFullDiskTakesWhatFits) {
  MemoryFileSystem files(5);
  write_new_file(files, "/a", "123");
  EXPECT_EQ(*files.free_space("/"), 2U);
  auto output = files.open_output("/b", OutputMode::create_new, 0644);
  EXPECT_THAT((*output)->write("123"), fails_with(ErrorCode::disk_full));
  EXPECT_EQ(content_of(files, "/b"), "12");
  ASSERT_THAT(files.remove("/a"), is_ok());
  EXPECT_THAT((*output)->write("3"), is_ok());
}

TEST(MemoryFileSystem, ARestartEndsHandlesAndFreesLocks) {
  MemoryFileSystem files;
  write_new_file(files, "/a", "x");
  auto input = files.open_input("/a", Links::refuse);
  auto output = files.open_output("/a", OutputMode::append, 0644);
  auto lock = files.lock("/lock");
  files.restart();
  auto next = files.lock("/lock");
  EXPECT_THAT(next, is_ok());
  EXPECT_THAT((*input)->size(), fails_with(ErrorCode::storage));
  EXPECT_THAT((*output)->write("y"), fails_with(ErrorCode::storage));
  lock->reset();
  EXPECT_THAT(files.lock("/lock"), fails_with(ErrorCode::busy));
}

}  // namespace
}  // namespace kip
