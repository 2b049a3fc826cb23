#include <gtest/gtest.h>

#include <server/app/server_database.hpp>
#include <signing/storage/posix_file_system.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>
#include <testing/temporary_directory.hpp>

namespace kip::server {
namespace {

using kip::testing::fails_with;

Result<ServerSettings> read(const std::string& more) {
  return read_server_settings("[server]\ntenant = \"an-phat\"\nurl = \"https://u.example\"\n" + more, "/srv/kip.toml");
}

Result<ServerSettings> read_postgres(const std::string& host, const std::string& more = "") {
  return read("[postgresql]\nhost = \"" + host + "\"\n" + more);
}

TEST(PostgresSettings, TheDatabaseIsAFileUnlessAHostIsNamed) {
  EXPECT_FALSE(read("")->postgres);
  EXPECT_FALSE(read("[postgresql]\nport = 5433\n")->postgres);
  const auto postgres = read_postgres("/run/postgresql", "password_file = \"pw\"\nconnections = 3\n")->postgres;
  ASSERT_TRUE(postgres);
  EXPECT_EQ(postgres->database, "kip");
  EXPECT_EQ(postgres->user, "kip");
  EXPECT_EQ(postgres->port, 5432);
  EXPECT_EQ(postgres->password_file, "/srv/pw");
  EXPECT_EQ(postgres->connections, 3U);
}

TEST(PostgresSettings, AnotherMachineIsReachedEncryptedOrNotAtAll) {
  EXPECT_TRUE(read_postgres("db.example")->postgres->is_encrypted);
  EXPECT_FALSE(read_postgres("127.0.0.1")->postgres->is_encrypted);
  EXPECT_FALSE(read_postgres("/run/postgresql")->postgres->is_encrypted);
  EXPECT_TRUE(read_postgres("localhost", "tls = \"verify-full\"\n")->postgres->is_encrypted);
  EXPECT_THAT(read_postgres("db.example", "tls = \"none\"\n"), fails_with(ErrorCode::usage, "read and change all"));
  EXPECT_THAT(read_postgres("db.example", "tls = \"require\"\n"), fails_with(ErrorCode::usage, "neither"));
  EXPECT_THAT(read_postgres("/run", "tls = \"verify-full\"\n"), fails_with(ErrorCode::usage, "socket"));
}

TEST(PostgresSettings, APasswordThatEverybodyCanReadIsRefused) {
  const kip::testing::TemporaryDirectory folder;
  const std::string file = (folder.path() / "pw").string();
  kip::testing::write_file(file, "secret\n");
  std::filesystem::permissions(file, std::filesystem::perms(0644));
  PosixFileSystem files;
  const auto settings =
      read_postgres((folder.path() / "nowhere").string(), "password_file = \"" + file + "\"\n").value();
  EXPECT_THAT(open_database(files, settings), fails_with(ErrorCode::denied, "chmod 600"));
  std::filesystem::permissions(file, std::filesystem::perms(0600));
  EXPECT_THAT(open_database(files, settings), fails_with(ErrorCode::storage, "connecting to the database"));
}

}  // namespace
}  // namespace kip::server
