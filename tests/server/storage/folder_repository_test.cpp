#include <gtest/gtest.h>

#include <server/storage/folder_repository.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/storage/memory_file_system.hpp>
#include <testing/matchers.hpp>

namespace kip::server {
namespace {

using kip::testing::fails_with;
using kip::testing::is_ok;

class FolderRepositoryTest : public ::testing::Test {
 protected:
  Result<std::uint64_t> upload(BytesView bytes, const Sha256Digest& announced) {
    KIP_TRY(const auto upload, repository->begin_upload(announced));
    KIP_TRY_VOID(upload->write(bytes.substr(0, 2)));
    KIP_TRY_VOID(upload->write(bytes.substr(2)));
    return upload->finish();
  }

  std::string location(BytesView bytes, std::string_view name = "a.kpk") {
    return "forms/" + sha256(bytes).hex() + "." + std::string(name);
  }

  std::size_t incoming() { return files.list_directory("/r/incoming").value().size(); }

  MemoryFileSystem files;
  std::unique_ptr<FolderRepository> repository = FolderRepository::open(files, "/r").value();
};

TEST_F(FolderRepositoryTest, AnUploadIsFoundByItsHashBeforeAndAfterItIsPlaced) {
  EXPECT_EQ(repository->find_target(sha256("package")).value(), std::nullopt);
  EXPECT_EQ(upload("package", sha256("package")).value(), 7U);
  EXPECT_EQ(repository->find_target(sha256("package")).value(), 7U);
  ASSERT_THAT(repository->place_target(location("package"), sha256("package"), 7), is_ok());
  EXPECT_EQ(incoming(), 0U);
  EXPECT_EQ(repository->find_target(sha256("package")).value(), 7U);
  EXPECT_EQ(repository->read_target(location("package")).value(), "package");
  EXPECT_THAT(repository->place_target(location("package"), sha256("package"), 7), is_ok());
}

TEST_F(FolderRepositoryTest, BytesWithAnotherHashAreRefusedAndLeaveNothing) {
  EXPECT_THAT(upload("package", sha256("other")), fails_with(ErrorCode::integrity));
  EXPECT_EQ(incoming(), 0U);
}

TEST_F(FolderRepositoryTest, AnAbandonedUploadLeavesNothing) {
  { const auto upload = repository->begin_upload(sha256("x")).value(); }
  EXPECT_EQ(incoming(), 0U);
}

TEST_F(FolderRepositoryTest, AFullDiskIsSaidSoAndLeavesNothing) {
  files.fail_from(3, ErrorCode::disk_full);
  EXPECT_THAT(upload("package", sha256("package")), fails_with(ErrorCode::disk_full));
  files.restart();
  EXPECT_EQ(repository->find_target(sha256("package")).value(), std::nullopt);
}

TEST_F(FolderRepositoryTest, TwoUploadsOfOneTargetDoNotMeet) {
  const auto first = repository->begin_upload(sha256("package")).value();
  const auto second = repository->begin_upload(sha256("package")).value();
  ASSERT_THAT(first->write("package"), is_ok());
  ASSERT_THAT(second->write("package"), is_ok());
  EXPECT_THAT(first->finish(), is_ok());
  EXPECT_THAT(second->finish(), is_ok());
}

TEST_F(FolderRepositoryTest, OneContentUnderTwoNamesIsThereTwice) {
  ASSERT_THAT(upload("package", sha256("package")), is_ok());
  ASSERT_THAT(repository->place_target(location("package", "a"), sha256("package"), 7), is_ok());
  ASSERT_THAT(repository->place_target(location("package", "b"), sha256("package"), 7), is_ok());
  EXPECT_EQ(repository->read_target(location("package", "b")).value(), "package");
}

TEST_F(FolderRepositoryTest, AnotherLengthThanSignedIsRefused) {
  ASSERT_THAT(upload("package", sha256("package")), is_ok());
  EXPECT_THAT(repository->place_target(location("package"), sha256("package"), 8), fails_with(ErrorCode::integrity));
}

TEST_F(FolderRepositoryTest, WhatWasNotUploadedIsNotFound) {
  EXPECT_THAT(repository->place_target(location("x"), sha256("x"), 1), fails_with(ErrorCode::not_found, "PUT"));
}

TEST_F(FolderRepositoryTest, APathOutOfTheFolderIsRefused) {
  EXPECT_THAT(repository->write_target("../x", "y"), fails_with(ErrorCode::malformed));
  EXPECT_THAT(repository->read_target("/etc/passwd"), fails_with(ErrorCode::malformed));
  EXPECT_THAT(repository->write_metadata({{"../x", "y"}}), fails_with(ErrorCode::malformed));
}

TEST_F(FolderRepositoryTest, OnePublisherAtATime) {
  const auto lock = repository->lock().value();
  EXPECT_THAT(repository->lock(), fails_with(ErrorCode::busy));
}

TEST_F(FolderRepositoryTest, AnUploadThatWasConfirmedOutlivesAPowerCut) {
  ASSERT_THAT(upload("package", sha256("package")), is_ok());
  files.lose_power(MemoryFileSystem::Loss::everything_unsynced);
  EXPECT_EQ(repository->find_target(sha256("package")).value(), 7U);
}

}  // namespace
}  // namespace kip::server
