#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <client-updater/platform/posix/replace_program.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>
#include <testing/temporary_directory.hpp>

namespace kip::updater {
namespace {

using testing::fails_with;
using testing::is_ok;

class ReplaceProgram : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(program.parent_path());
    testing::write_file(program, "#!/bin/sh\nexec printf '%s %s' \"$1\" \"$KIP_TEST_AS\" >\"$2\"\n");
    allow(program, 0755);
  }
  static void allow(const std::filesystem::path& path, mode_t mode) { ASSERT_EQ(::chmod(path.c_str(), mode), 0); }
  Result<void> replace() { return replace_program(folder.path(), program, {"word"}, {}); }

  testing::TemporaryDirectory folder;
  std::filesystem::path program = folder.path() / "bin" / "program";
};

TEST_F(ReplaceProgram, StartsItWithWordsAndVariables) {
  const std::filesystem::path said = folder.path() / "said";
  const pid_t child = ::fork();
  if (child == 0) {
    static_cast<void>(replace_program(folder.path(), program, {"a word", said.string()}, {{"KIP_TEST_AS", "99.0"}}));
    ::_exit(1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(testing::read_file(said), "a word 99.0");
}

TEST_F(ReplaceProgram, RefusesWhatOthersCanWrite) {
  for (const auto& path : {program, program.parent_path(), folder.path()}) {
    allow(path, 0775);
    EXPECT_THAT(replace(), fails_with(ErrorCode::denied, path.string() + " belongs to somebody else"));
    allow(path, 0755);
  }
}

TEST_F(ReplaceProgram, RefusesLinksAndWhatIsNotThere) {
  std::filesystem::remove(program);
  EXPECT_THAT(replace(), fails_with(ErrorCode::not_found, program.string()));
  std::filesystem::create_symlink("/bin/true", program);
  EXPECT_THAT(replace(), fails_with(ErrorCode::denied, "is no program"));
  std::filesystem::remove_all(program.parent_path());
  std::filesystem::create_symlink("/bin", program.parent_path());
  EXPECT_THAT(replace(), fails_with(ErrorCode::denied, "is no folder"));
}

TEST_F(ReplaceProgram, SaysWhereTheSystemCannotStartIt) {
  allow(program, 0644);
  EXPECT_THAT(replace(), fails_with(ErrorCode::denied, "starting " + program.string()));
}

}  // namespace
}  // namespace kip::updater
