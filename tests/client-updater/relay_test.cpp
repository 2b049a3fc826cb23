#include <deque>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <client-updater/network/heedful_http_client.hpp>
#include <client-updater/network/relay.hpp>
#include <testing/fixed_world.hpp>
#include <testing/matchers.hpp>

namespace kip::updater {
namespace {

using ::testing::ElementsAre;
using testing::fails_with;
using testing::is_ok;

/// The other side as a script: what it sends is written down before.
class ScriptedChannel final : public Channel {
 public:
  ScriptedChannel(std::deque<Frame> script, std::vector<Frame>& sent) : script_(std::move(script)), sent_(sent) {}

  Result<void> send(FrameType type, BytesView payload) override {
    sent_.push_back({type, Bytes(payload)});
    return {};
  }
  Result<Frame> receive(std::uint64_t max_payload) override {
    if (script_.empty()) return fail(ErrorCode::network, "it has ended");
    Frame frame = std::move(script_.front());
    script_.pop_front();
    if (frame.payload.size() > max_payload) return fail(ErrorCode::network, "it sends more than it may");
    return frame;
  }
  bool has_input() override { return false; }

 private:
  std::deque<Frame> script_;
  std::vector<Frame>& sent_;
};

Frame answer(std::uint64_t status, std::string_view body = {}) {
  FieldWriter out;
  out.number(status).number(1).text("etag").text("\"one\"").text(body);
  return {FrameType::answer, std::move(out).take()};
}

Frame failure(std::string_view code, std::string_view message) {
  FieldWriter out;
  out.text(code).text(message);
  return {FrameType::failure, std::move(out).take()};
}

Frame begin(std::uint64_t offset) {
  return {FrameType::begin, std::move(FieldWriter().number(offset)).take()};
}

Frame piece(std::string_view text) {
  return {FrameType::piece, Bytes(text)};
}

class Sink final : public BodySink {
 public:
  Result<void> begin(std::uint64_t offset) override {
    begun.push_back(offset);
    return {};
  }
  Result<void> write(BytesView more) override {
    if (full) return fail(ErrorCode::disk_full, "no room");
    content += more;
    return {};
  }
  std::vector<std::uint64_t> begun;
  Bytes content;
  bool full = false;
};

class RelayedHttpClientTest : public ::testing::Test {
 protected:
  RelayedHttpClient& client(std::deque<Frame> script) {
    client_.emplace(std::make_unique<ScriptedChannel>(std::move(script), sent));
    return *client_;
  }
  Result<HttpResponse> download(std::deque<Frame> script, std::uint64_t offset = 0) {
    return client(std::move(script)).download({.url = "http://v/file", .offset = offset, .max_body = 10}, sink);
  }
  /// That no further call is believed.
  void expect_of_no_more_use() {
    EXPECT_THAT(client_->send({.url = "http://v/next"}), fails_with(ErrorCode::network, "has failed before"));
  }

  std::vector<Frame> sent;
  Sink sink;

 private:
  std::optional<RelayedHttpClient> client_;
};

TEST_F(RelayedHttpClientTest, HandsAnswersOn) {
  const auto response = client({answer(200, "hello")}).send({.url = "http://v/x", .max_body = 5});
  ASSERT_THAT(response, is_ok());
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->header("etag"), "\"one\"");
  EXPECT_EQ(response->body, "hello");
}

TEST_F(RelayedHttpClientTest, HandsDownloadsOn) {
  EXPECT_THAT(download({begin(4), piece("56789"), piece("abcde"), answer(206)}, 4), is_ok());
  EXPECT_THAT(sink.begun, ElementsAre(4));
  EXPECT_EQ(sink.content, "56789abcde");
}

TEST_F(RelayedHttpClientTest, HandsTheWholeFileOnWhereAPartWasAskedFor) {
  EXPECT_THAT(download({begin(0), piece("0123456789abcd"), answer(200)}, 4), is_ok());
  EXPECT_THAT(sink.begun, ElementsAre(0));
}

TEST_F(RelayedHttpClientTest, HandsARefusalOn) {
  const auto response = download({answer(404, "there is none")});
  ASSERT_THAT(response, is_ok());
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(response->body, "there is none");
  EXPECT_TRUE(sink.begun.empty());
}

TEST_F(RelayedHttpClientTest, HandsFailuresOnThatANetworkCanHave) {
  EXPECT_THAT(client({failure("too-large", "it is")}).send({}), fails_with(ErrorCode::too_large, "it is"));
  EXPECT_THAT(client({failure("signature", "all is well\x1b[2J")}).send({}),
              fails_with(ErrorCode::network, "all is well\\u{1b}"));
}

TEST_F(RelayedHttpClientTest, BelievesNoSize) {
  EXPECT_THAT(client({answer(200, "hello!")}).send({.url = "http://v/x", .max_body = 5}),
              fails_with(ErrorCode::too_large));
  EXPECT_THAT(download({begin(0), piece("0123456789"), piece("a"), failure("network", "stopped")}),
              fails_with(ErrorCode::too_large, "more octets than expected"));
  EXPECT_EQ(sink.content, "0123456789");
  EXPECT_THAT(download({answer(404, Bytes(70'000, 'x'))}), fails_with(ErrorCode::too_large));
}

TEST_F(RelayedHttpClientTest, GivesUpOnFramesThatMakeNoSense) {
  const std::deque<std::deque<Frame>> scripts = {
      {},                                                              // gone
      {piece("before the beginning")},                                 //
      {begin(0), begin(0)},                                            // twice
      {begin(3)},                                                      // a place that was not asked for
      {{FrameType::begin, "x"}},                                       //
      {{FrameType::request, ""}},                                      //
      {{FrameType::answer, "x"}},                                      //
      {{FrameType::answer, answer(200).payload + "x"}},                //
      {answer(1000)},                                                  //
      {{FrameType::failure, "x"}},                                     //
      {{static_cast<FrameType>('?'), ""}},                             //
      {begin(0), piece("01"), {FrameType::answer, Bytes(9, '\xFF')}},  //
      {begin(0), piece(Bytes(2U << 20U, 'x'))},
  };
  for (const auto& script : scripts) {
    EXPECT_THAT(download(script), fails_with(ErrorCode::network, "the updater's own process"));
    expect_of_no_more_use();
  }
}

TEST_F(RelayedHttpClientTest, CountsHeadersBeforeItTakesThem) {
  FieldWriter out;
  out.number(200).number(~std::uint64_t{0});
  EXPECT_THAT(client({{FrameType::answer, std::move(out).take()}}).send({}), fails_with(ErrorCode::network));
  expect_of_no_more_use();
}

TEST_F(RelayedHttpClientTest, StopsWhatCannotBeTakenAndGoesOn) {
  sink.full = true;
  RelayedHttpClient& http =
      client({begin(0), piece("01"), piece("23"), failure("network", "the rest is not wanted"), answer(200, "next")});
  EXPECT_THAT(http.download({.url = "http://v/file", .max_body = 10}, sink), fails_with(ErrorCode::disk_full));
  EXPECT_EQ(sent.back().type, FrameType::stop);
  const auto next = http.send({.url = "http://v/next"});
  ASSERT_THAT(next, is_ok());
  EXPECT_EQ(next->body, "next");
}

TEST_F(RelayedHttpClientTest, WaitsForNoEndOfWhatItHasStopped) {
  sink.full = true;
  std::deque<Frame> endless = {begin(0)};
  for (int count = 0; count < 100; ++count)
    endless.push_back(piece(Bytes(1U << 20U, 'x')));
  EXPECT_THAT(client(std::move(endless)).download({.url = "http://v/file", .max_body = 1U << 30U}, sink),
              fails_with(ErrorCode::disk_full));
  expect_of_no_more_use();
}

/// Answers what it is told to.
class Answering final : public HttpClient {
 public:
  Result<HttpResponse> send(const HttpRequest&) override { return response; }
  Result<HttpResponse> download(const HttpDownload&, BodySink&) override { return response; }
  HttpResponse response;
};

TEST(HeedfulHttpClient, NotesTheLongestTimeThatAServerAsksFor) {
  testing::SimulatedClock clock("2026-01-01T00:00:00Z");
  Answering server;
  HeedfulHttpClient http(server, clock);
  const auto answer_with = [&](int status, std::string_view wait) {
    server.response = {.status = status, .headers = {{"retry-after", std::string(wait)}}};
    ASSERT_THAT(http.send({.url = "http://v/x"}), is_ok());
  };
  answer_with(200, "60");
  answer_with(404, "60");
  answer_with(503, "soon");
  EXPECT_EQ(http.not_before(), std::nullopt);
  answer_with(503, "120");
  answer_with(429, "60");
  EXPECT_EQ(http.not_before(), clock.now() + std::chrono::seconds(120));
  server.response.headers["retry-after"] = "Thu, 01 Jan 2026 01:00:00 GMT";
  Sink sink;
  ASSERT_THAT(http.download({.url = "http://v/x"}, sink), is_ok());
  EXPECT_EQ(http.not_before(), clock.now() + std::chrono::hours(1));
}

}  // namespace
}  // namespace kip::updater
