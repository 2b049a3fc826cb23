#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <signing/tuf/repository.hpp>
#include <testing/files.hpp>
#include <testing/loopback_server.hpp>
#include <testing/temporary_directory.hpp>
#include <testing/tuf_simulator.hpp>

namespace kip {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

constexpr const char* kTarget = "forms/mẫu B01 #1?.xml";
constexpr const char* kTargetFile = "forms%2Fm%E1%BA%ABu%20B01%20%231%3F.xml";

/// `kip-updater tuf` as a process, against a server that speaks HTTP/1.0 and closes each connection.
class TufPlumbing : public ::testing::Test {
 protected:
  void SetUp() override {
    repository_.root.consistent_snapshot = false;
    repository_.roots.clear();
    repository_.root.header.version = 0;
    repository_.publish_root();
    repository_.targets["targets"].targets[kTarget] = tuf::target_of("content");
    std::ofstream(work_ / "trusted.json", std::ios::binary) << repository_.roots.front();
  }

  int run(const std::string& arguments) {
    const std::string command =
        fmt::format("{} tuf {} >{}/out 2>{}/err", KIP_UPDATER_BINARY, arguments, work_.string(), work_.string());
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::string err() const { return testing::read_file((work_ / "err").string()); }
  std::string metadata() const { return fmt::format("--metadata-dir {}/md", work_.string()); }
  int init() { return run(fmt::format("{} init {}/trusted.json", metadata(), work_.string())); }
  int refresh() { return run(fmt::format("{} refresh --metadata-url {}", metadata(), server_.url("/a%20b/metadata"))); }
  int download() {
    return run(
        fmt::format("download --target-dir {}/files {} --target-name '{}' --target-base-url {} --metadata-url {}",
                    work_.string(), metadata(), kTarget, server_.url("/t%2Fargets/"), server_.url("/metadata/")));
  }

  void answer(const std::string& body) { server_.answer("HTTP/1.0 200 OK\r\n\r\n" + body); }
  void answer_check(bool first) {
    server_.answer(404, "");
    answer(*repository_.serve("timestamp.json"));
    if (!first) return;
    answer(*repository_.serve("snapshot.json"));
    answer(*repository_.serve("targets.json"));
  }
  std::vector<std::string> names_in(const char* folder, std::string_view ending = "") const {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(work_ / folder)) {
      if (entry.path().string().ends_with(ending)) out.push_back(entry.path().filename().string());
    }
    return out;
  }

  Instant now_ = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  testing::TufSimulator repository_{now_};
  testing::LoopbackServer server_;
  testing::TemporaryDirectory directory_;
  std::filesystem::path work_ = directory_.path();
};

TEST_F(TufPlumbing, InitKeepsTheRootAndAsksNobody) {
  EXPECT_EQ(init(), 0) << err();
  EXPECT_EQ(testing::read_file((work_ / "md/root.json").string()), repository_.roots.front());
  EXPECT_EQ(init(), 0) << "the same root again";
  EXPECT_THAT(server_.requests(), ElementsAre());
}

TEST_F(TufPlumbing, InitRefusesWhatIsNoRoot) {
  std::ofstream(work_ / "trusted.json", std::ios::binary) << "{}";
  EXPECT_EQ(init(), 1);
  EXPECT_THAT(err(), HasSubstr("trusted.json"));
  EXPECT_FALSE(std::filesystem::exists(work_ / "md"));
}

TEST_F(TufPlumbing, RefreshKeepsTheReceivedBytesAndNoOtherJson) {
  ASSERT_EQ(init(), 0);
  answer_check(true);
  ASSERT_EQ(refresh(), 0) << err();
  EXPECT_THAT(names_in("md", ".json"),
              UnorderedElementsAre("root.json", "timestamp.json", "snapshot.json", "targets.json"));
  EXPECT_EQ(testing::read_file((work_ / "md/targets.json").string()), *repository_.serve("targets.json"));
  EXPECT_THAT(server_.requests().front(), StartsWith("GET /a%20b/metadata/2.root.json "));
}

TEST_F(TufPlumbing, DownloadBringsATargetOnceAndLeavesNothingElse) {
  ASSERT_EQ(init(), 0);
  answer_check(true);
  answer("content");
  ASSERT_EQ(download(), 0) << err();
  EXPECT_THAT(names_in("files"), ElementsAre(kTargetFile));
  EXPECT_EQ(testing::read_file((work_ / "files" / kTargetFile).string()), "content");
  EXPECT_THAT(server_.requests().back(), StartsWith("GET /t%2Fargets/forms/m%E1%BA%ABu%20B01%20%231%3F.xml "));
  answer_check(false);
  ASSERT_EQ(download(), 0) << err();
  EXPECT_EQ(server_.requests().size(), 7U) << "the target is not fetched again";
}

TEST_F(TufPlumbing, DownloadReplacesAFileThatIsWrong) {
  std::filesystem::create_directories(work_ / "files");
  std::ofstream(work_ / "files" / kTargetFile) << "CONTENT";
  ASSERT_EQ(init(), 0);
  answer_check(true);
  answer("content");
  EXPECT_EQ(download(), 0) << err();
  EXPECT_EQ(testing::read_file((work_ / "files" / kTargetFile).string()), "content");
}

TEST_F(TufPlumbing, DownloadOfOtherBytesThanSignedLeavesNothing) {
  for (const char* wrong : {"Content", "conten", "contents, and no end of it"}) {
    ASSERT_EQ(init(), 0);
    answer_check(true);
    answer(wrong);
    EXPECT_EQ(download(), 1) << wrong;
    EXPECT_THAT(names_in("files"), ElementsAre()) << wrong;
    std::filesystem::remove_all(work_ / "md");
  }
}

TEST_F(TufPlumbing, EveryFailureEndsWithStatusOneAndOneLine) {
  for (const char* wrong : {"", "refresh", "--metadata-dir x", "--metadata-dir x nothing", "--metadata-dir"}) {
    EXPECT_EQ(run(wrong), 1) << wrong;
    EXPECT_THAT(err(), StartsWith("error: ")) << wrong;
  }
  EXPECT_EQ(refresh(), 1) << "no root";
  ASSERT_EQ(init(), 0);
  EXPECT_EQ(run(metadata() + " refresh"), 1) << "no address";
  answer_check(true);
  EXPECT_EQ(
      run(fmt::format("{} download --target-dir {}/files --target-name nothing --target-base-url {} --metadata-url {}",
                      metadata(), work_.string(), server_.url("/"), server_.url("/"))),
      1);
  EXPECT_THAT(err(), HasSubstr("lists no target nothing"));
}

}  // namespace
}  // namespace kip
