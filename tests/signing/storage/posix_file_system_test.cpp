#include <csignal>
#include <functional>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "storage_backends.hpp"

namespace kip {
namespace {

using testing::content_of;
using testing::fails_with;
using testing::is_ok;
using testing::TemporaryDirectory;
using testing::write_new_file;

TEST(PosixFileSystem, RefusesAFifoWithoutWaitingForItsOtherEnd) {
  const TemporaryDirectory directory;
  const auto fifo = directory.path() / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  PosixFileSystem files;
  EXPECT_THAT(files.open_input(fifo, Links::refuse), fails_with(ErrorCode::conflict, "regular file"));
  EXPECT_FALSE(files.open_output(fifo, OutputMode::append, 0644));
  EXPECT_EQ(files.status(fifo)->kind, FileKind::other);
}

TEST(PosixFileSystem, NamesAFileBeyondTheLimitTooLarge) {
  const TemporaryDirectory directory;
  PosixFileSystem files;
  auto output = files.open_output(directory.path() / "a", OutputMode::create_new, 0644);
  ASSERT_THAT(output, is_ok());
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit tight{4, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  const auto written = (*output)->write("123456");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_THAT(written, fails_with(ErrorCode::too_large));
  EXPECT_EQ(content_of(files, directory.path() / "a"), "1234");
}

/// Whether a check holds in a child process.
bool in_another_process(const std::function<bool()>& check) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(check() ? 0 : 1);
  int status = -1;
  return ::waitpid(child, &status, 0) == child && status == 0;
}

bool give_up_privileges() {
  constexpr uid_t kNobody = 65534;
  return ::geteuid() != 0 || ::setuid(kNobody) == 0;
}

TEST(PosixFileSystem, SaysDeniedWherePermissionsForbid) {
  const TemporaryDirectory directory;
  PosixFileSystem files;
  const auto path = directory.path() / "a";
  write_new_file(files, path, "x", 0);
  ASSERT_EQ(::chmod(directory.path().c_str(), 0555), 0);
  EXPECT_TRUE(in_another_process([&] {
    if (!give_up_privileges()) return false;
    const auto read = files.open_input(path, Links::refuse);
    const auto made = files.make_directory(directory.path() / "d", 0755);
    return !read && read.error().code == ErrorCode::denied && !made && made.error().code == ErrorCode::denied;
  }));
  ASSERT_EQ(::chmod(directory.path().c_str(), 0755), 0);
}

TEST(PosixFileSystem, ReplacesAPointersTemporaryThatACrashLeft) {
  const TemporaryDirectory directory;
  PosixFileSystem files;
  ASSERT_EQ(::symlink("half", (directory.path() / ".p.kip-tmp").c_str()), 0);
  EXPECT_THAT(files.write_pointer(directory.path() / "p", "v1"), is_ok());
  EXPECT_EQ(*files.list_directory(directory.path()), std::vector<std::string>{"p"});
}

TEST(PosixFileSystem, WillNotRemoveATreeWithoutAName) {
  PosixFileSystem files;
  for (const char* path : {"/", "", ".", "..", "/tmp/.."}) {
    EXPECT_THAT(files.remove_tree(path), fails_with(ErrorCode::usage)) << path;
  }
}

TEST(PosixFileSystem, AProcessHoldsItsLockAgainstAnother) {
  const TemporaryDirectory directory;
  PosixFileSystem files;
  const auto path = directory.path() / "lock";
  const auto held = files.lock(path);
  ASSERT_THAT(held, is_ok());
  EXPECT_TRUE(in_another_process([&] {
    const auto other = files.lock(path);
    return !other && other.error().code == ErrorCode::busy;
  }));
}

}  // namespace
}  // namespace kip
