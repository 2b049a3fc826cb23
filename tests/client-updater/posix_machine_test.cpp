#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <client-updater/platform/posix/posix_machine.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>
#include <testing/temporary_directory.hpp>

namespace kip::updater {
namespace {

using testing::fails_with;
using ::testing::HasSubstr;
using testing::is_ok;
using ::testing::Not;

Command shell(std::string script) {
  return {"/bin/sh", {"-c", std::move(script)}};
}

/// Not yet killed: neither gone nor waiting for its parent to notice.
bool is_alive(const std::string& process) {
  std::ifstream status("/proc/" + process + "/stat");
  std::string number;
  std::string name;
  std::string state;
  return status >> number >> name >> state && state != "Z";
}

TEST(PosixMachine, RunsAProgramWithACleanEnvironment) {
  ::setenv("KIP_TEST_SECRET", "hush", 1);
  PosixMachine machine;
  const auto outcome = machine.run(shell("/usr/bin/env; pwd; ls /proc/self/fd | wc -l; cat; exit 3"));
  ASSERT_THAT(outcome, is_ok());
  EXPECT_EQ(outcome->status, 3);
  EXPECT_FALSE(outcome->timed_out);
  EXPECT_THAT(outcome->output, Not(HasSubstr("KIP_TEST_SECRET")));
  EXPECT_THAT(outcome->output, HasSubstr("PATH=/usr/local/sbin"));
  EXPECT_THAT(outcome->output, HasSubstr("\n  4"));  // in, out, error and the folder that ls reads
}

TEST(PosixMachine, KillsWhatDoesNotEndWithAllThatItStarted) {
  PosixMachine machine;
  Command command = shell("sleep 1000 & echo $!; sleep 1000");
  command.within = std::chrono::seconds(1);
  const auto outcome = machine.run(command);
  ASSERT_THAT(outcome, is_ok());
  EXPECT_TRUE(outcome->timed_out);
  EXPECT_EQ(outcome->status, 128 + SIGKILL);
  while (is_alive(outcome->output))
    std::this_thread::yield();
}

TEST(PosixMachine, DoesNotWaitForWhatAProgramLeavesRunning) {
  PosixMachine machine;
  Command command = shell("sleep 60 & echo $!");
  const auto outcome = machine.run(command);
  ASSERT_THAT(outcome, is_ok());
  EXPECT_EQ(outcome->status, 0);
  EXPECT_FALSE(outcome->timed_out);
  EXPECT_EQ(::kill(std::stoi(outcome->output), SIGKILL), 0);
}

TEST(PosixMachine, KeepsTheEndOfWhatIsSaidAsText) {
  PosixMachine machine;
  const auto outcome = machine.run(shell(R"(head -c 1000000 /dev/zero | tr '\0' x; printf '\377end\033[2J')"));
  ASSERT_THAT(outcome, is_ok());
  EXPECT_LT(outcome->output.size(), 2100U);
  EXPECT_THAT(outcome->output, HasSubstr("\\x{ff}end\\u{1b}[2J"));
}

TEST(PosixMachine, TellsASignalFromAStatus) {
  EXPECT_EQ(PosixMachine().run(shell("kill -TERM $$"))->status, 128 + SIGTERM);
}

TEST(PosixMachine, SaysWhatCannotBeStarted) {
  PosixMachine machine;
  EXPECT_THAT(machine.run({"/nowhere/program"}), fails_with(ErrorCode::not_found, "/nowhere/program"));
  EXPECT_THAT(machine.run({"/etc/passwd"}), fails_with(ErrorCode::denied, "/etc/passwd"));
  Command command = shell("true");
  command.user = "nobody-of-that-name";
  EXPECT_THAT(machine.run(command), fails_with(ErrorCode::not_found, "nobody-of-that-name"));
}

TEST(PosixMachine, BecomesAnotherUserForGood) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  PosixMachine machine;
  Command command = shell("id -un; id -Gn; touch /root/kip-test-file 2>/dev/null || echo denied");
  command.user = "nobody";
  const auto outcome = machine.run(command);
  ASSERT_THAT(outcome, is_ok());
  EXPECT_EQ(outcome->output, "nobody\n  nogroup\n  denied");
}

TEST(PosixMachine, FindsNobodyBehindAFreePort) {
  EXPECT_THAT(PosixMachine().connect(1), fails_with(ErrorCode::network, "port 1"));
  EXPECT_THAT(PosixMachine().http_status(1, "/"), fails_with(ErrorCode::network));
}

TEST(PosixMachine, ReadsOnlyWhatTheAdministratorWrote) {
  PosixMachine machine;
  const testing::TemporaryDirectory directory;
  const std::string file = (directory.path() / "hooks.json").string();
  EXPECT_EQ(machine.read_administrators_file(file).value(), std::nullopt);
  testing::write_file(file, "{}");
  if (::geteuid() != 0) {
    EXPECT_THAT(machine.read_administrators_file(file), fails_with(ErrorCode::denied, "chown root"));
    return;
  }
  EXPECT_EQ(machine.read_administrators_file(file).value(), "{}");
  ::chmod(file.c_str(), 0664);
  EXPECT_THAT(machine.read_administrators_file(file), fails_with(ErrorCode::denied, "chmod go-w"));
  ::chmod(file.c_str(), 0644);
  ASSERT_EQ(::chown(file.c_str(), 1, 0), 0);
  EXPECT_THAT(machine.read_administrators_file(file), fails_with(ErrorCode::denied, "chown root"));
  ASSERT_EQ(::chown(file.c_str(), 0, 0), 0);
  ::chmod(directory.path().c_str(), 0777);
  EXPECT_THAT(machine.read_administrators_file(file), fails_with(ErrorCode::denied));
  ::chmod(directory.path().c_str(), 0700);
  testing::write_file(file, std::string(70'000, 'x'));
  EXPECT_THAT(machine.read_administrators_file(file), fails_with(ErrorCode::too_large));
}

}  // namespace
}  // namespace kip::updater
