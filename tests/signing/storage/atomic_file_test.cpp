#include <functional>

#include <gtest/gtest.h>

#include <signing/storage/atomic_file.hpp>
#include <signing/storage/memory_file_system.hpp>

#include "storage_backends.hpp"

namespace kip {
namespace {

using testing::content_of;
using testing::fails_with;
using testing::is_ok;
using Loss = MemoryFileSystem::Loss;

using Replace = std::function<Result<void>(FileSystem&, BytesView)>;

constexpr const char* kPath = "/d/a";

Result<void> replace(FileSystem& files, BytesView bytes) {
  return replace_file(files, kPath, bytes, 0644);
}

/// The same without one or both of its syncs, for negative controls.
Replace careless(bool sync_content, bool sync_name) {
  return [=](FileSystem& files, BytesView bytes) -> Result<void> {
    KIP_TRY(const auto output, files.open_output("/d/t", OutputMode::create_new, 0644));
    KIP_TRY_VOID(output->write(bytes));
    if (sync_content) KIP_TRY_VOID(output->sync());
    KIP_TRY_VOID(output->close());
    KIP_TRY_VOID(files.rename("/d/t", kPath));
    return sync_name ? files.sync_directory("/d") : Result<void>();
  };
}

/// A file system with "old" in the file, durably.
std::unique_ptr<MemoryFileSystem> with_old_content() {
  auto files = std::make_unique<MemoryFileSystem>();
  EXPECT_THAT(files->make_directory("/d", 0755), is_ok());
  EXPECT_THAT(replace(*files, "old"), is_ok());
  EXPECT_THAT(files->sync_directory("/"), is_ok());
  return files;
}

std::uint64_t mutations_of(const Replace& subject) {
  const auto files = with_old_content();
  const auto before = files->mutations();
  EXPECT_THAT(subject(*files, "new"), is_ok());
  return files->mutations() - before;
}

/// Cuts the power at every mutating call, and after the last; returns at how many points the file was neither old nor
/// new, or not new although success was told.
int broken_points(const Replace& subject, Loss loss) {
  int broken = 0;
  const auto points = mutations_of(subject) + 1;
  for (std::uint64_t point = 1; point <= points; ++point) {
    const auto files = with_old_content();
    files->fail_from(point, ErrorCode::storage);
    const bool told = subject(*files, "new").has_value();
    files->lose_power(loss);
    const std::string found = content_of(*files, kPath);
    const bool whole = found == "new" || (found == "old" && !told);
    if (!whole) ++broken;
  }
  return broken;
}

TEST(ReplaceFile, IsOldOrNewAfterAPowerCutAtAnyPoint) {
  EXPECT_EQ(broken_points(replace, Loss::everything_unsynced), 0);
  EXPECT_EQ(broken_points(replace, Loss::unsynced_contents), 0);
}

TEST(ReplaceFile, NegativeControlsWithoutSyncAreCaught) {
  EXPECT_GT(broken_points(careless(false, true), Loss::everything_unsynced), 0);
  EXPECT_GT(broken_points(careless(true, false), Loss::everything_unsynced), 0);
  EXPECT_GT(broken_points(careless(false, false), Loss::unsynced_contents), 0);
  EXPECT_EQ(broken_points(careless(true, true), Loss::everything_unsynced), 0);
}

TEST(ReplaceFile, IsOldOrNewAfterAKillAtAnyPointAndCanBeRepeated) {
  const auto points = mutations_of(replace);
  for (std::uint64_t point = 1; point <= points; ++point) {
    const auto files = with_old_content();
    files->fail_from(point, ErrorCode::storage);
    EXPECT_THAT(replace(*files, "new"), fails_with(ErrorCode::storage)) << point;
    files->restart();
    const std::string found = content_of(*files, kPath);
    EXPECT_TRUE(found == "old" || found == "new") << point << ": " << found;
    EXPECT_THAT(replace(*files, "newer"), is_ok()) << point;
    EXPECT_EQ(*files->list_directory("/d"), std::vector<std::string>{"a"}) << point;
  }
}

TEST(ReplaceFile, LeavesNothingBesideWhenACallFails) {
  const auto points = mutations_of(replace);
  for (std::uint64_t point = 1; point <= points; ++point) {
    const auto files = with_old_content();
    files->fail_once(point, ErrorCode::disk_full);
    EXPECT_THAT(replace(*files, "new"), fails_with(ErrorCode::disk_full)) << point;
    EXPECT_EQ(*files->list_directory("/d"), std::vector<std::string>{"a"}) << point;
    // Only the last call, the sync of the directory, comes after the new content has its place.
    EXPECT_EQ(content_of(*files, kPath), point == points ? "new" : "old") << point;
  }
}

TEST(AtomicFile, IsReadableBeforeItHasItsName) {
  MemoryFileSystem files;
  const auto file = AtomicFile::create(files, "/a", 0644);
  ASSERT_THAT(file, is_ok());
  ASSERT_THAT((*file)->write("x"), is_ok());
  ASSERT_THAT((*file)->finish(), is_ok());
  EXPECT_EQ(content_of(files, (*file)->temporary_path()), "x");
  EXPECT_EQ(content_of(files, "/a"), "(not-found)");
  ASSERT_THAT((*file)->commit(), is_ok());
  EXPECT_EQ(content_of(files, "/a"), "x");
}

}  // namespace
}  // namespace kip
