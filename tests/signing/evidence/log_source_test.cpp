#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signing/evidence/log_source.hpp>
#include <signing/log/log_writer.hpp>
#include <signing/storage/atomic_file.hpp>
#include <signing/storage/memory_file_system.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using kip::testing::fails_with;
using kip::testing::is_ok;

constexpr const char* kOrigin = "updates.example.vn/log/o";

class LogSourceTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_THAT(tlog::LogWriter::create(files_, place_, identity()), is_ok()); }

  tlog::LogIdentity identity() const { return {kOrigin, {{key_, private_}}}; }
  Result<void> append(std::uint64_t count, std::string_view what = "entry") {
    KIP_TRY(const auto writer, tlog::LogWriter::open(files_, place_, identity()));
    std::vector<Bytes> entries;
    for (std::uint64_t i = 0; i < count; ++i)
      entries.push_back(std::string(what) + std::to_string(writer->head().size + i));
    return writer->append({entries.begin(), entries.end()});
  }
  tlog::LogFileReader read() { return tlog::files_below(files_, place_.public_folder()); }
  tlog::Checkpoint head() {
    return tlog::open_checkpoint(tlog::read_checkpoint_note(read()).value(), key_, kOrigin).value();
  }
  Result<LogReport> check(const std::optional<tlog::Checkpoint>& earlier = {}) {
    return check_log(read(), key_, kOrigin, LogEntries::served, earlier);
  }

  MemoryFileSystem files_;
  tlog::LogPlace place_{"/log"};
  PrivateKey private_ = PrivateKey::generate(KeyType::ed25519).value();
  tlog::NoteKey key_ = tlog::NoteKey::create(kOrigin, tlog::NoteSignatureType::ed25519, private_.public_key()).value();
};

TEST_F(LogSourceTest, AWholeLogHolds) {
  EXPECT_EQ(check()->entries, 0U);
  ASSERT_THAT(append(3), is_ok());
  const tlog::Checkpoint earlier = head();
  ASSERT_THAT(append(600), is_ok());
  const auto report = check(earlier);
  ASSERT_THAT(report, is_ok());
  EXPECT_EQ(report->entries, 603U);
  EXPECT_EQ(report->checkpoint, head());
}

TEST_F(LogSourceTest, ALogThatKeepsItsEntriesIsCheckedByItsTiles) {
  ASSERT_THAT(files_.remove_tree("/log"), is_ok());
  place_.entries_are_public = false;
  ASSERT_THAT(tlog::LogWriter::create(files_, place_, identity()), is_ok());
  ASSERT_THAT(append(300), is_ok());
  EXPECT_EQ(check_log(read(), key_, kOrigin, LogEntries::kept, {})->entries, 0U);
  EXPECT_THAT(check(), fails_with(ErrorCode::integrity, "--no-entries")) << "nobody says so by leaving them out";
}

TEST_F(LogSourceTest, WhatIsGoneIsSeen) {
  ASSERT_THAT(append(600), is_ok());
  for (const char* path : {"tile/0/000", "tile/0/002.p/88", "tile/entries/000", "tile/entries/002.p/88"}) {
    const auto file = std::filesystem::path("/log/public") / path;
    const Bytes good = read_file(files_, file, 1U << 20U).value();
    ASSERT_THAT(files_.remove(file), is_ok());
    EXPECT_THAT(check(), fails_with(ErrorCode::integrity, "does not have all")) << path;
    ASSERT_THAT(replace_file(files_, file, good, 0644), is_ok());
  }
  ASSERT_THAT(files_.remove("/log/public/checkpoint"), is_ok());
  EXPECT_THAT(check(), fails_with(ErrorCode::not_found)) << "that is no log to look at";
}

TEST_F(LogSourceTest, ADamagedOrForeignLogIsSeen) {
  ASSERT_THAT(append(300), is_ok());
  for (const char* path : {"/log/public/tile/0/000", "/log/public/tile/0/001.p/44", "/log/public/tile/entries/000",
                           "/log/public/tile/entries/001.p/44"}) {
    const Bytes good = read_file(files_, path, 1U << 20U).value();
    Bytes bad = good;
    bad.back() ^= 1;
    ASSERT_THAT(replace_file(files_, path, bad, 0644), is_ok());
    EXPECT_THAT(check(), fails_with(ErrorCode::integrity)) << path;
    ASSERT_THAT(replace_file(files_, path, good, 0644), is_ok());
  }
  ASSERT_THAT(check(), is_ok());
  const PrivateKey other = PrivateKey::generate(KeyType::ed25519).value();
  const auto key = tlog::NoteKey::create(kOrigin, tlog::NoteSignatureType::ed25519, other.public_key()).value();
  EXPECT_THAT(check_log(read(), key, kOrigin, LogEntries::served, {}), fails_with(ErrorCode::signature));
  EXPECT_THAT(check_log(read(), key_, "other", LogEntries::served, {}),
              fails_with(ErrorCode::integrity, "is of the log"));
}

TEST_F(LogSourceTest, ARewrittenOrShortenedLogIsSeen) {
  ASSERT_THAT(append(300), is_ok());
  const tlog::Checkpoint earlier = head();
  ASSERT_THAT(files_.remove_tree("/log"), is_ok());
  ASSERT_THAT(tlog::LogWriter::create(files_, place_, identity()), is_ok());
  ASSERT_THAT(append(299), is_ok());
  EXPECT_THAT(check(earlier), fails_with(ErrorCode::integrity, "the log has shrunk: it had 300 entries"));
  ASSERT_THAT(append(10, "another"), is_ok());
  EXPECT_THAT(check(earlier), fails_with(ErrorCode::integrity, "its first 300 entries are others"));
}

TEST_F(LogSourceTest, AnEntryIsProven) {
  ASSERT_THAT(append(600), is_ok());
  for (const std::uint64_t index : {0U, 255U, 256U, 599U}) {
    const auto proof = prove_entry(read(), key_, kOrigin, index);
    ASSERT_THAT(proof, is_ok());
    const auto again = tlog::EntryProof::parse(proof->bytes());
    EXPECT_THAT(again->verify("entry" + std::to_string(index), key_, kOrigin), is_ok());
    EXPECT_FALSE(again->verify("entry" + std::to_string(index + 1), key_, kOrigin));
  }
  EXPECT_THAT(prove_entry(read(), key_, kOrigin, 600), fails_with(ErrorCode::usage));
}

}  // namespace
}  // namespace kip
