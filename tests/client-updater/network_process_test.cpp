#include <cerrno>
#include <csignal>
#include <fstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/landlock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <client-updater/network/relay.hpp>
#include <client-updater/platform/posix/network_process.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>
#include <testing/temporary_directory.hpp>

namespace kip::updater {
namespace {

using testing::fails_with;
using testing::is_ok;

std::string outcome(bool done) {
  return done ? "done" : "refused";
}

std::string try_to(const std::string& what, const std::string& path) {
  if (what == "read") return outcome(::open(path.c_str(), O_RDONLY) >= 0);
  if (what == "write") return outcome(::open(path.c_str(), O_WRONLY) >= 0);
  if (what == "make") return outcome(::open(path.c_str(), O_WRONLY | O_CREAT, 0600) >= 0);
  if (what == "make folder") return outcome(::mkdir(path.c_str(), 0700) == 0);
  if (what == "remove") return outcome(::unlink(path.c_str()) == 0);
  if (what == "rename") return outcome(::rename(path.c_str(), (path + "2").c_str()) == 0);
  if (what == "cut") return outcome(::truncate(path.c_str(), 0) == 0);
  if (what == "link") return outcome(::symlink("x", path.c_str()) == 0);
  if (what == "open to all") return outcome(::chmod(path.c_str(), 04777) == 0);
  if (what == "give away") return outcome(::chown(path.c_str(), 1, 1) == 0);
  if (what == "date back") return outcome(::utimensat(AT_FDCWD, path.c_str(), nullptr, 0) == 0);
  if (what == "end") return outcome(::kill(::getppid(), SIGURG) == 0);
  if (what == "speak to") return outcome(::socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
  if (what == "resolve") return outcome(::socket(AF_INET6, SOCK_DGRAM, 0) >= 0 || errno != EPERM);
  if (what == "run") return outcome(::execl(path.c_str(), path.c_str(), nullptr) == 0);
  if (what == "user") return fmt::format("{} {}", ::getuid(), ::geteuid());
  if (what == "folder") return std::filesystem::current_path().string();
  if (what == "files") {
    std::string open;
    for (int number = 0; number < 100; ++number) {
      if (::fcntl(number, F_GETFD) >= 0) open += fmt::format(" {}", number);
    }
    return open;
  }
  return "what?";
}

/// In the place of libcurl in the child: does what the URL says instead of a request, as if strangers had taken it
/// over.
class TakenOver final : public HttpClient {
 public:
  Result<HttpResponse> send(const HttpRequest& request) override {
    if (request.url == "echo") return HttpResponse{.status = 207, .headers = {{"x", "\xFFy"}}, .body = request.body};
    if (request.url == "fail") return fail(ErrorCode::network, "nobody is there");
    if (request.url == "end") ::_exit(0);
    return HttpResponse{.status = 200, .body = try_to(request.method, request.url)};
  }
  Result<HttpResponse> download(const HttpDownload& request, BodySink& sink) override {
    KIP_TRY_VOID(sink.begin(request.offset));
    for (std::uint64_t sent = 0; sent < request.max_body; sent += 1U << 16U)
      KIP_TRY_VOID(sink.write(Bytes(1U << 16U, 'x')));
    return HttpResponse{.status = 206};
  }
};

class CountingSink final : public BodySink {
 public:
  explicit CountingSink(std::uint64_t room) : room_(room) {}
  Result<void> begin(std::uint64_t) override { return {}; }
  Result<void> write(BytesView piece) override {
    count += piece.size();
    if (count > room_) return fail(ErrorCode::disk_full, "no room");
    return {};
  }
  std::uint64_t count = 0;

 private:
  std::uint64_t room_;
};

/// As the user that it becomes, or as this one, as in containers where root cannot become others.
class NetworkProcessTest : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    ASSERT_EQ(::chmod(folder.path().c_str(), 0777), 0);
    testing::write_file(file, "content");
    ASSERT_EQ(::chmod(file.c_str(), 0666), 0);  // as kind as files get
    NetworkProcessOptions options{.user = GetParam() ? default_network_user() : "no-such-user"};
    options.readable.push_back(allowed);
    testing::write_file(allowed, "certificates");
    auto started = NetworkProcess::start(options, [](Channel& channel) {
      TakenOver http;
      relay_requests(channel, http);
    });
    ASSERT_THAT(started, is_ok());
    process.emplace(*std::move(started));
    client.emplace(process->take_channel());
  }
  std::string tried(const std::string& what, const std::string& path) {
    const auto response = client->send({.method = what, .url = path});
    return response ? response->body : response.error().message;
  }
  static bool has_landlock() {
    return ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) >= 3;
  }

  testing::TemporaryDirectory folder;
  std::filesystem::path file = folder.path() / "file";
  std::filesystem::path allowed = folder.path() / "ca.pem";
  std::optional<NetworkProcess> process;
  std::optional<RelayedHttpClient> client;
};

TEST_P(NetworkProcessTest, CarriesRequestsAndAnswers) {
  const Bytes large(3U << 20U, '\xFE');
  const auto echo = client->send({.url = "echo", .headers = {{"a", "b"}}, .body = large});
  ASSERT_THAT(echo, is_ok());
  EXPECT_EQ(echo->status, 207);
  EXPECT_EQ(echo->body, large);
  EXPECT_EQ(echo->header("x"), "\xFFy");
  EXPECT_THAT(client->send({.url = "fail"}), fails_with(ErrorCode::network, "nobody is there"));
}

TEST_P(NetworkProcessTest, CarriesDownloads) {
  CountingSink sink(~std::uint64_t{0});
  ASSERT_THAT(client->download({.url = "big", .offset = 5, .max_body = 64U << 20U}, sink), is_ok());
  EXPECT_EQ(sink.count, 64U << 20U);
}

TEST_P(NetworkProcessTest, StopsADownloadThatThereIsNoRoomFor) {
  CountingSink sink(1U << 20U);
  EXPECT_THAT(client->download({.url = "big", .max_body = std::uint64_t{1} << 40U}, sink),
              fails_with(ErrorCode::disk_full, "no room"));
  EXPECT_LT(sink.count, 3U << 20U);
  EXPECT_THAT(client->send({.url = "echo"}), is_ok());
}

TEST_P(NetworkProcessTest, SaysWhereItHasEnded) {
  EXPECT_THAT(client->send({.url = "end"}), fails_with(ErrorCode::network, "does not answer (it has ended)"));
}

TEST_P(NetworkProcessTest, ChangesNothing) {
  if (!has_landlock()) GTEST_SKIP() << "SKIPPED: this kernel has no Landlock";
  for (const char* const what : {"write", "remove", "rename", "cut"})
    EXPECT_EQ(tried(what, file), "refused") << what;
  for (const char* const what : {"make", "make folder", "link"})
    EXPECT_EQ(tried(what, folder.path() / "new"), "refused") << what;
  for (const char* const what : {"open to all", "give away", "date back", "end", "speak to"})
    EXPECT_EQ(tried(what, file), "refused") << what;
  EXPECT_EQ(tried("resolve", ""), "done");
  EXPECT_EQ(tried("run", "/bin/true"), "refused");
  EXPECT_EQ(testing::read_file(file), "content");
}

TEST_P(NetworkProcessTest, ReadsNothingOfTheInstall) {
  if (!has_landlock()) GTEST_SKIP() << "SKIPPED: this kernel has no Landlock";
  EXPECT_EQ(tried("read", file), "refused");
  EXPECT_EQ(tried("read", allowed), "done");
  EXPECT_EQ(tried("read", "/etc/passwd"), "done");
}

TEST_P(NetworkProcessTest, HasNoFilesButItsChannel) {
  EXPECT_EQ(tried("files", ""), " 0 1 2 3");
  EXPECT_EQ(tried("folder", ""), "/");
}

TEST_P(NetworkProcessTest, IsAnotherUserThanRoot) {
  std::ifstream map("/proc/self/uid_map");
  std::uint64_t first = 0;
  std::uint64_t outside = 0;
  std::uint64_t count = 0;
  map >> first >> outside >> count;
  if (!GetParam() || ::geteuid() != 0 || count < 2)
    GTEST_SKIP() << "SKIPPED: only root of a whole machine can be somebody else";
  EXPECT_NE(tried("user", ""), "0 0");
}

TEST_P(NetworkProcessTest, EndsWithItsOwner) {
  const int id = process->id();
  ASSERT_EQ(::kill(id, 0), 0);
  process.reset();
  EXPECT_EQ(::kill(id, 0), -1);
  EXPECT_EQ(errno, ESRCH);
  EXPECT_THAT(client->send({.url = "echo"}), fails_with(ErrorCode::network));
}

INSTANTIATE_TEST_SUITE_P(Users, NetworkProcessTest, ::testing::Bool(),
                         [](const auto& user) { return user.param ? "Another" : "TheSame"; });

TEST(NetworkProcessStartTest, RunsAsNobodyElseThanWasAskedFor) {
  if (::geteuid() != 0) GTEST_SKIP() << "SKIPPED: only root can be somebody else";
  const auto never = [](Channel&) { ADD_FAILURE(); };
  EXPECT_THAT(NetworkProcess::start({.user = "no-such-user", .must_be_user = true}, never),
              fails_with(ErrorCode::not_found, "no user \"no-such-user\""));
  EXPECT_THAT(NetworkProcess::start({.user = "root", .must_be_user = true}, never),
              fails_with(ErrorCode::denied, "may not run as root"));
}

}  // namespace
}  // namespace kip::updater
