#include <fmt/format.h>
#include <gtest/gtest.h>

#include <signing/log/log_files.hpp>
#include <signing/storage/atomic_file.hpp>

#include "../world.hpp"

namespace kip::server::testing {
namespace {

class StaticFilesTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_THAT(world.publish({"1.0"}), is_ok()); }

  Response get(const std::string& path, Headers headers = {}) {
    return world.call("GET", "/t/an-phat/" + path, {}, std::move(headers));
  }

  std::string package() { return "targets/forms/" + sha256("package 1.0").hex() + ".forms-1.0.kpk"; }

  Bytes content(const Response& response) {
    if (!response.file) return response.body;
    Bytes out(response.file->length, '\0');
    EXPECT_EQ(response.file->file->read_at(response.file->offset, out).value(), out.size());
    return out;
  }

  World world;
};

TEST_F(StaticFilesTest, AVersionedFileIsImmutable) {
  const Response response = get("metadata/1.root.json");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(header(response, "Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(header(response, "Content-Type"), "application/json");
  EXPECT_EQ(content(response), world.repository->roots().value().front());
}

TEST_F(StaticFilesTest, TheTimestampIsRevalidated) {
  const Response first = get("metadata/timestamp.json");
  EXPECT_EQ(header(first, "Cache-Control"), "no-cache");
  const std::string etag = header(first, "ETag");
  EXPECT_EQ(get("metadata/timestamp.json", {{"if-none-match", etag}}).status, 304);
  world.clock.advance(std::chrono::hours(24 * 8));
  ASSERT_TRUE(world.publisher.renew().value());
  EXPECT_EQ(get("metadata/timestamp.json", {{"if-none-match", etag}}).status, 200);
}

TEST_F(StaticFilesTest, ATargetIsSentInPartsToo) {
  EXPECT_EQ(content(get(package())), "package 1.0");
  const Response part = get(package(), {{"range", "bytes=8-"}});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(header(part, "Content-Range"), "bytes 8-10/11");
  EXPECT_EQ(content(part), "1.0");
  EXPECT_EQ(get(package(), {{"range", "bytes=8-"}, {"if-range", "\"another\""}}).status, 200);
  EXPECT_EQ(get(package(), {{"range", "bytes=99-"}}).status, 416);
  EXPECT_EQ(header(get(package(), {{"range", "bytes=99-"}}), "Content-Range"), "bytes */11");
}

TEST_F(StaticFilesTest, SlashesOfAPathMayBeEncoded) {
  // As a client that was made of the OpenAPI document sends them.
  std::string path = package();
  path.replace(path.find('/', sizeof "targets"), 1, "%2F");
  EXPECT_EQ(content(get(path)), "package 1.0");
  EXPECT_EQ(get("metadata%2F1.root.json").status, 404) << "elsewhere they are no slashes";
}

TEST_F(StaticFilesTest, TheRootAfterTheNewestIsMissingForAMinute) {
  const Response response = get("metadata/2.root.json");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(header(response, "Cache-Control"), "public, max-age=60");
}

TEST_F(StaticFilesTest, NothingElseOfTheFolderIsServed) {
  world.upload("secret draft");
  const std::vector<std::string> paths = {
      "metadata/.timestamp.json.kip-tmp",
      "metadata/root.json",
      "metadata/",
      "metadata/x.root.json",
      "metadata/1..json",
      "metadata/..%2ftimestamp.json",
      "targets/../metadata/timestamp.json",
      "targets/..%2f..%2fetc/passwd",
      "targets/%2e%2e/metadata/1.root.json",
      "targets/forms",
      "targets/forms/forms-1.0.kpk",
      "incoming/" + sha256("secret draft").hex(),
      "targets/../incoming/" + sha256("secret draft").hex() + ".x",
      "publish.lock",
      "targets//" + sha256("package 1.0").hex() + ".x",
  };
  for (const std::string& path : paths) {
    const Response response = get(path);
    EXPECT_TRUE(response.status == 404 || response.status == 400) << path << ": " << response.status;
  }
}

TEST_F(StaticFilesTest, LogsAreServedWithoutTheEntriesOfR) {
  ASSERT_THAT(world.logs.start(), is_ok());
  EXPECT_EQ(get("log/o/tile/0/000.p/1").status, 404) << "not published yet";
  ASSERT_THAT(world.logs.flush(), is_ok());
  const Response checkpoint = get("log/o/checkpoint");
  EXPECT_EQ(checkpoint.status, 200);
  EXPECT_EQ(header(checkpoint, "Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(header(checkpoint, "Cache-Control"), "no-cache");
  EXPECT_EQ(get("log/o/checkpoint", {{"if-none-match", header(checkpoint, "ETag")}}).status, 304);
  for (const char log : {'o', 'r'}) {
    const std::string base = fmt::format("log/{}/", log);
    const auto parsed = tlog::Note::parse(content(get(base + "checkpoint"))).value();
    const std::uint64_t size = tlog::Checkpoint::parse(parsed.text).value().head.size;
    ASSERT_GT(size, 0U);
    const Response tile = get(fmt::format("{}tile/0/000.p/{}", base, size));
    EXPECT_EQ(header(tile, "Cache-Control"), "public, max-age=31536000, immutable");
    EXPECT_EQ(content(tile).size(), size * 32);
    EXPECT_EQ(get(fmt::format("{}tile/entries/000.p/{}", base, size)).status, log == 'o' ? 200 : 404);
  }
}

TEST_F(StaticFilesTest, NothingElseOfTheLogsIsServed) {
  ASSERT_THAT(world.logs.start(), is_ok());
  ASSERT_THAT(world.logs.flush(), is_ok());
  ASSERT_THAT(replace_file(world.files, "/logs/o/public/tile/.0.kip-tmp", "half", 0644), is_ok());
  for (const char* path :
       {"log/o/state.json", "log/o/lock", "log/o/../state.json", "log/o/tile/../../state.json", "log/r/private/tile",
        "log/o/tile/.0.kip-tmp", "log/o/tile/0", "log/o/tile", "log/o/", "log/x/checkpoint", "log/ox/checkpoint",
        "log/o9/checkpoint", "log/../metadata/timestamp.json", "log/o%2fpublic/checkpoint"}) {
    const Response response = get(path);
    EXPECT_TRUE(response.status == 404 || response.status == 400) << path << ": " << response.status;
  }
}

TEST_F(StaticFilesTest, AnotherTenantIsNotHere) {
  EXPECT_EQ(world.call("GET", "/t/binh-minh/metadata/timestamp.json").status, 404);
}

}  // namespace
}  // namespace kip::server::testing
