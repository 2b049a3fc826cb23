#include <filesystem>

#include <gtest/gtest.h>

#include <signing/keys/key_file.hpp>
#include <signing/storage/posix_file_system.hpp>
#include <testing/matchers.hpp>
#include <testing/temporary_directory.hpp>

namespace kip {
namespace {

using testing::fails_with;
using testing::is_ok;

class KeyFile : public ::testing::Test {
 protected:
  static SecretBytes secret(std::string text) { return SecretBytes(std::move(text)); }

  testing::TemporaryDirectory directory_;
  PosixFileSystem files_;
  std::filesystem::path path_ = directory_.path() / "an.key";
  PrivateKey key_ = *PrivateKey::generate(KeyType::ed25519);
};

TEST_F(KeyFile, IsWrittenForItsOwnerOnlyAndNeverOverwritten) {
  ASSERT_THAT(write_key_file(files_, path_, key_, secret("long enough")), is_ok());
  EXPECT_EQ(files_.status(path_)->mode, 0600U);
  EXPECT_TRUE(*needs_passphrase(files_, path_));
  EXPECT_THAT(write_key_file(files_, path_, key_, secret("long enough")), fails_with(ErrorCode::conflict));
  EXPECT_EQ(read_key_file(files_, path_, secret("long enough"))->public_key(), key_.public_key());
  EXPECT_THAT(read_key_file(files_, path_, secret("wrong")), fails_with(ErrorCode::denied, "passphrase"));
}

TEST_F(KeyFile, IsRefusedWhereOthersCanReadIt) {
  ASSERT_THAT(write_key_file(files_, path_, key_, {}), is_ok());
  std::filesystem::permissions(path_, std::filesystem::perms::others_read, std::filesystem::perm_options::add);
  EXPECT_THAT(read_key_file(files_, path_, {}), fails_with(ErrorCode::denied, "chmod 600"));
}

TEST_F(KeyFile, BackupUnderAnotherPassphraseRestoresTheSameKey) {
  ASSERT_THAT(write_key_file(files_, path_, key_, secret("every day")), is_ok());
  const auto backup = directory_.path() / "backup";
  ASSERT_THAT(write_key_file(files_, backup, *read_key_file(files_, path_, secret("every day")), secret("in the safe")),
              is_ok());
  std::filesystem::remove(path_);
  const auto restored = read_key_file(files_, backup, secret("in the safe"));
  ASSERT_THAT(restored, is_ok());
  EXPECT_EQ(restored->public_key(), key_.public_key());
}

TEST_F(KeyFile, PublicHalfRoundTrips) {
  const PublicKeyFile half{"Nguyễn Văn An", Key::of(key_.public_key())};
  const auto read = parse_public_key_file(to_bytes(half));
  ASSERT_THAT(read, is_ok());
  EXPECT_EQ(read->name, half.name);
  EXPECT_EQ(read->key, half.key);
  EXPECT_THAT(parse_public_key_file(R"({"format":"kip.public-key/2","name":"x","key":{}})"),
              fails_with(ErrorCode::malformed));
}

}  // namespace
}  // namespace kip
