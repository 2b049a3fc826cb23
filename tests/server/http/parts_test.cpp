// The parts of the HTTP room that need no server: targets, framing, ranges, escaping, the pool of threads.

#include <condition_variable>
#include <mutex>

#include <gtest/gtest.h>

#include <manifests/core/html.hpp>
#include <server/http/byte_range.hpp>
#include <server/http/page_words.hpp>
#include <signing/http/chunk_check.hpp>
#include <signing/http/framing.hpp>
#include <signing/http/request_head.hpp>
#include <signing/http/task_pool.hpp>

#include "../world.hpp"

namespace kip::server::testing {
namespace {

using http::check_framing;
using http::ChunkCheck;
using http::HeadRefusal;
using http::read_head;
using http::RequestHead;
using http::TaskPool;
using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

TEST(Target, IsTakenApartAndDecoded) {
  const Target target = parse_target("/t/a%2Db/x%20y/c%2fd?after=5&q=%C4%90&flag").value();
  EXPECT_EQ(target.path, "/t/a%2Db/x%20y/c%2fd");
  EXPECT_EQ(target.segments, (std::vector<std::string>{"t", "a-b", "x y", "c/d"}));
  EXPECT_EQ(target.query.at("after"), "5");
  EXPECT_EQ(target.query.at("q"), "Đ");
  EXPECT_EQ(target.query.at("flag"), "");
}

TEST(Target, WhatCouldBeReadInTwoWaysIsRefused) {
  for (const char* text : {"", "x", "*", "http://host/x", "/a%5cb", "/a%", "/a%4", "/a%zz", "/a%00b", "/a%0ab", "/%ff",
                           "/a#b", "/a?x=1&x=2", "/a?%"})
    EXPECT_THAT(parse_target(text), fails_with(ErrorCode::malformed)) << text;
}

TEST(Problem, SaysTheCodeAndHidesWhatIsOurs) {
  const Response known = problem({ErrorCode::conflict, "the act is there"});
  EXPECT_EQ(known.status, 409);
  EXPECT_EQ(*parse_json(known).find("code")->as_text(), "conflict");
  EXPECT_EQ(*parse_json(known).find("detail")->as_text(), "the act is there");
  const Response ours = problem({ErrorCode::storage, "/srv/secret/path"});
  EXPECT_EQ(ours.status, 500);
  EXPECT_EQ(ours.body.find("secret"), std::string::npos);
  EXPECT_EQ(header(problem({ErrorCode::busy, ""}), "Retry-After"), "5");
}

using Fields = std::vector<std::pair<std::string, std::string>>;

TEST(Framing, LengthOrChunkedOrNeither) {
  EXPECT_EQ(check_framing(Fields{{"Content-Length", "12"}}).value().length, 12U);
  EXPECT_TRUE(check_framing(Fields{{"Transfer-Encoding", "Chunked"}}).value().chunked);
  EXPECT_FALSE(check_framing(Fields{{"Host", "x"}}).value().has_body());
  EXPECT_EQ(check_framing(Fields{{"Accept", "a"}, {"accept", "b"}}).value().headers.at("accept"), "a, b");
}

TEST(Framing, WhatTwoProgramsCouldReadDifferentlyIsRefused) {
  const std::vector<Fields> cases = {
      {{"Content-Length", "1"}, {"content-length", "1"}},
      {{"Content-Length", "1"}, {"Transfer-Encoding", "chunked"}},
      {{"Transfer-Encoding", "gzip, chunked"}},
      {{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}},
      {{"Content-Length", "+1"}},
      {{"Content-Length", "-1"}},
      {{"Content-Length", "0x1"}},
      {{"Content-Length", "1, 1"}},
      {{"Content-Length", ""}},
      {{"Content-Length", "18446744073709551616"}},
      {{"Authorization", "a"}, {"authorization", "b"}},
      {{"Kip-Signature", "a"}, {"Kip-Signature", "b"}},
      {{"Range", "a"}, {"Range", "b"}},
  };
  for (const Fields& fields : cases)
    EXPECT_THAT(check_framing(fields), fails_with(ErrorCode::malformed)) << fields[0].first << fields[0].second;
}

struct RangeCase {
  const char* name;
  const char* range;
  const char* if_range;
  RangeDecision decision;
};

class ByteRanges : public ::testing::TestWithParam<RangeCase> {};

TEST_P(ByteRanges, OfTenOctets) {
  EXPECT_EQ(decide_range(GetParam().range, GetParam().if_range, 10, "\"tag\""), GetParam().decision);
}

constexpr auto kWhole = RangeDecision::Kind::whole;
constexpr auto kPart = RangeDecision::Kind::part;
constexpr auto kOutside = RangeDecision::Kind::unsatisfiable;

INSTANTIATE_TEST_SUITE_P(Table, ByteRanges,
                         ::testing::Values(RangeCase{"none", "", "", {}},
                                           RangeCase{"first", "bytes=0-3", "", {kPart, {0, 4}}},
                                           RangeCase{"rest", "bytes=4-", "", {kPart, {4, 6}}},
                                           RangeCase{"beyond_the_end", "bytes=4-99", "", {kPart, {4, 6}}},
                                           RangeCase{"suffix", "bytes=-3", "", {kPart, {7, 3}}},
                                           RangeCase{"long_suffix", "bytes=-99", "", {kPart, {0, 10}}},
                                           RangeCase{"empty_suffix", "bytes=-0", "", {kOutside}},
                                           RangeCase{"outside", "bytes=10-", "", {kOutside}},
                                           RangeCase{"backwards", "bytes=5-4", "", {kWhole}},
                                           RangeCase{"two", "bytes=0-1,4-5", "", {kWhole}},
                                           RangeCase{"other_unit", "lines=1-2", "", {kWhole}},
                                           RangeCase{"nonsense", "bytes=x-y", "", {kWhole}},
                                           RangeCase{"huge", "bytes=99999999999999999999-", "", {kWhole}},
                                           RangeCase{"same_file", "bytes=4-", "\"tag\"", {kPart, {4, 6}}},
                                           RangeCase{"another_file", "bytes=4-", "\"other\"", {kWhole}},
                                           RangeCase{"weak_tag", "bytes=4-", "W/\"tag\"", {kWhole}}),
                         [](const auto& row) { return row.param.name; });

TEST(ByteRanges, OfAnEmptyFile) {
  EXPECT_EQ(decide_range("bytes=0-", "", 0, "t").kind, kOutside);
  EXPECT_EQ(decide_range("bytes=-5", "", 0, "t").kind, kOutside);
}

TEST(Etag, IsFoundInAList) {
  EXPECT_TRUE(matches_etag("\"a\", W/\"b\"", "\"b\""));
  EXPECT_TRUE(matches_etag("*", "\"b\""));
  EXPECT_FALSE(matches_etag("\"a\"", "\"b\""));
  EXPECT_FALSE(matches_etag("", "\"b\""));
}

TEST(Html, EveryCharacterOfMarkupIsEscaped) {
  EXPECT_EQ(html_escape("<a href=\"x\" id='y'>&"), "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;");
}

TEST(PageWords, ThereIsEveryPhraseInEveryLanguage) {
  EXPECT_TRUE(has_all_words());
  for (const Language language : kLanguages)
    EXPECT_NE(PageWords(language)("who-is-missing"), "who-is-missing");
}

TEST(PageWords, LengthsAndTimesAreForPeople) {
  using namespace std::chrono_literals;
  const PageWords words(Language::en);
  EXPECT_EQ(words.length(49h + 30min), "2 days 1 h");
  EXPECT_EQ(words.length(25h), "1 day 1 h");
  EXPECT_EQ(words.length(90min), "1 h 30 min");
  EXPECT_EQ(words.length(59s), "0 min");
  EXPECT_EQ(PageWords(Language::vi).length(49h), "2 ngày 1 giờ");
  const Instant due = parse_instant("2025-11-03T17:00:00Z").value();
  EXPECT_EQ(local_words(due, 7h), "2025-11-04 00:00 (UTC+07:00)");
  EXPECT_EQ(utc_words(due), "2025-11-03 17:00:00 UTC");
}

TEST(LogLine, NobodyWritesALineOfHisOwn) {
  EXPECT_EQ(format_log_line("a.b", {{"path", "/x"}, {"who", ""}}), "event=a.b path=/x who=\"\"");
  EXPECT_EQ(format_log_line("e", {{"k", "x\nevent=forged a=\"b\""}}), "event=e k=\"x\\x0aevent=forged a=\\\"b\\\"\"");
  EXPECT_EQ(format_log_line("e", {{"k", "\xff"}}), "event=e k=\"\\xff\"");
  EXPECT_EQ(format_log_line("e", {{"k", "Kịp"}}), "event=e k=Kịp");
}

/// A pool whose tasks wait until they are told to go on.
class TaskPoolTest : public ::testing::Test {
 protected:
  void add(TaskPool& pool, const std::string& group, bool waits = false) {
    pool.add({group, waits,
              [this, group] {
                std::unique_lock lock(mutex);
                begun.push_back(group);
                change.notify_all();
                change.wait(lock, [this] { return open; });
              },
              [this, group] {
                const std::lock_guard lock(mutex);
                refused.push_back(group);
              }});
  }
  void wait_for_begun(std::size_t count) {
    std::unique_lock lock(mutex);
    change.wait(lock, [&] { return begun.size() >= count; });
  }
  void go_on() {
    const std::lock_guard lock(mutex);
    open = true;
    change.notify_all();
  }

  std::mutex mutex;
  std::condition_variable change;
  bool open = false;
  std::vector<std::string> begun;
  std::vector<std::string> refused;
};

TEST_F(TaskPoolTest, DoesAllThatItTookAndRefusesBeyondItsQueue) {
  TaskPool pool(1, 2);
  add(pool, "a");
  wait_for_begun(1);
  for (int i = 0; i < 3; ++i)
    add(pool, "a");
  EXPECT_THAT(refused, ElementsAre("a"));
  EXPECT_EQ(pool.load().queued, 2U);
  EXPECT_EQ(pool.load().in_work, 1U);
  go_on();
  pool.finish();
  EXPECT_EQ(begun.size(), 3U);
  add(pool, "late");
  EXPECT_THAT(refused, ElementsAre("a", "late"));
}

TEST_F(TaskPoolTest, NobodyHasMoreThanHalfOfTheThreadsWhileOthersMayCome) {
  TaskPool pool(8, 100);
  for (int i = 0; i < 20; ++i)
    add(pool, "greedy");
  wait_for_begun(4);
  add(pool, "modest");
  wait_for_begun(5);
  EXPECT_THAT(begun, ElementsAre("greedy", "greedy", "greedy", "greedy", "modest"));
  EXPECT_EQ(pool.load().in_work, 5U);
  EXPECT_EQ(pool.load().queued, 16U);
  go_on();
  pool.finish();
  EXPECT_EQ(begun.size(), 21U) << "what waits for its share is done in the end";
}

TEST_F(TaskPoolTest, WhoFillsTheQueueIsTheOneWhoLosesAPlace) {
  TaskPool pool(2, 3);
  add(pool, "greedy");
  wait_for_begun(1);
  for (int i = 0; i < 3; ++i)
    add(pool, "greedy");
  EXPECT_EQ(pool.load().queued, 3U);
  // The other thread is free, and yet the queue is full of those who have their share.
  add(pool, "greedy");
  add(pool, "modest");
  wait_for_begun(2);
  EXPECT_THAT(begun, ElementsAre("greedy", "modest"));
  EXPECT_THAT(refused, ElementsAre("greedy", "greedy"));
  go_on();
}

TEST_F(TaskPoolTest, ThoseWhoWaitForSomebodyHaveHalfOfTheThreadsAndOfTheQueue) {
  TaskPool pool(4, 4);
  for (const char* group : {"a", "b", "c", "d"})
    add(pool, group, true);
  wait_for_begun(2);
  add(pool, "quick");
  wait_for_begun(3);
  EXPECT_THAT(begun, UnorderedElementsAre("a", "b", "quick"));
  for (const char* group : {"e", "f", "g"})
    add(pool, group, true);
  EXPECT_THAT(refused, ElementsAre("g"));
  // They fill the queue, of which half is theirs: one of them makes room.
  add(pool, "busy");
  add(pool, "busy");
  wait_for_begun(4);
  EXPECT_EQ(begun.back(), "busy");
  go_on();
  pool.finish();
}

RequestHead head_of(std::string_view text) {
  auto read = read_head(text);
  if (const auto* refused = std::get_if<HeadRefusal>(&read)) ADD_FAILURE() << refused->why;
  auto* head = std::get_if<RequestHead>(&read);
  return head == nullptr ? RequestHead() : std::move(*head);
}

/// 0 where more has to come, 200 where the head is right.
int status_of(std::string_view text) {
  const auto read = read_head(text);
  if (const auto* refused = std::get_if<HeadRefusal>(&read)) return refused->status;
  return std::holds_alternative<RequestHead>(read) ? 200 : 0;
}

TEST(ClientAddress, IsWhatOurProxySaysWhereThatIsAnAddress) {
  const auto of = [](std::string_view forwarded) { return http::client_address("127.0.0.1", true, forwarded); };
  EXPECT_EQ(of("9.9.9.9, 1.1.1.1"), "1.1.1.1");
  EXPECT_EQ(of("2001:db8::1"), "2001:db8::1");
  EXPECT_EQ(of("::ffff:1.1.1.1"), "::ffff:1.1.1.1");
  for (const char* other : {"", "1.1.1.1:99", "[2001:db8::1]:44", "1.1.1.1, x", "1.1.1", "99", "1.1.1.1.1"})
    EXPECT_EQ(of(other), "127.0.0.1") << other;
  EXPECT_EQ(http::client_address("10.0.0.9", true, "1.1.1.1"), "10.0.0.9") << "not our proxy";
  EXPECT_EQ(http::client_address("127.0.0.1", false, "1.1.1.1"), "127.0.0.1");
}

TEST(RequestHead, IsReadAsItStands) {
  const std::string text = "PUT /a%2Fb?c HTTP/1.1\r\nHost:x\r\nA: \t b c \t\r\nE:\r\na: %41\r\n\r\n";
  const RequestHead head = head_of(text + "body");
  EXPECT_EQ(head.method, "PUT");
  EXPECT_EQ(head.target, "/a%2Fb?c");
  EXPECT_EQ(head.version, "HTTP/1.1");
  EXPECT_THAT(head.fields, ElementsAre(Pair("Host", "x"), Pair("A", "b c"), Pair("E", ""), Pair("a", "%41")));
  EXPECT_EQ(head.size, text.size());
}

TEST(RequestHead, OfAUrlThePathCounts) {
  for (const auto& [target, path] : std::vector<std::pair<std::string, std::string>>{
           {"http://x/a?b", "/a?b"}, {"HTTPS://x:1", "/"}, {"http://x?q", "/?q"}, {"//x/a", "//x/a"}, {"*", "*"}})
    EXPECT_EQ(head_of("GET " + target + " HTTP/1.1\r\nHost: y\r\n\r\n").target, path);
  for (const char* target : {"http://", "http:///a", "http://u@x/a", "ftp://x/a", "x:80", "a"})
    EXPECT_EQ(status_of(std::string("GET ") + target + " HTTP/1.1\r\nHost: y\r\n\r\n"), 400) << target;
}

TEST(RequestHead, GoesOnUntilItsEmptyLine) {
  const std::string whole = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(status_of(whole.substr(0, size)), 0) << size;
  EXPECT_EQ(status_of(whole), 200);
}

TEST(RequestHead, WhatCouldBeReadInTwoWaysIsRefused) {
  using namespace std::string_literals;
  const std::string get = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (const std::string& text : {
           get + "A : b\r\n\r\n",
           get + ": b\r\n\r\n",
           get + "A\0: b\r\n\r\n"s,
           get + "A: b\0c\r\n\r\n"s,
           get + "A\r\n\r\n",
           get + " b: c\r\n\r\n",
           get + "A: b\n",
           get + "A: b\rc",
           get + "A: b\n\n",
           get + "Host: y\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"s,
           "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"s,
           "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"s,
           get + "A\xc3\xa9: b\r\n\r\n",
           "GET / HTTP/1.1\r\n\r\n"s,
           "GET  / HTTP/1.1\r\nHost: x\r\n\r\n"s,
           "GET /\tHTTP/1.1\r\nHost: x\r\n\r\n"s,
           "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n"s,
           "GET /\r\n\r\n"s,
           "GET /#a HTTP/1.1\r\nHost: x\r\n\r\n"s,
           "GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n"s,
           "\r\n" + get + "\r\n",
           "(GET) / HTTP/1.1\r\nHost: x\r\n\r\n"s,
           "hello\r\n\r\n"s,
       })
    EXPECT_EQ(status_of(text), 400) << text;
  EXPECT_EQ(status_of("GET / HTTP/1.0\r\n\r\n"), 200);
  EXPECT_EQ(status_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/2.0\r\nHost: x\r\n\r\n"), 505);
  for (const char* method : {"BREW", "CONNECT", "TRACE", "get"})
    EXPECT_EQ(status_of(std::string(method) + " / HTTP/1.1\r\nHost: x\r\n\r\n"), 501) << method;
}

TEST(RequestHead, ASmallBodyIsWaitedForWithIt) {
  const auto waited = [](const std::string& fields) {
    const auto head = read_head("POST / HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n");
    return http::small_body_of(std::get<RequestHead>(head));
  };
  EXPECT_EQ(waited(""), 0U);
  EXPECT_EQ(waited("content-length: 18\r\n"), 18U);
  EXPECT_EQ(waited("Content-Length: 262144\r\n"), http::kSmallBody);
  for (const char* fields :
       {"Content-Length: 262145\r\n", "Content-Length: 1\r\nContent-Length: 1\r\n", "Content-Length: +1\r\n",
        "Content-Length: 1, 1\r\n", "Content-Length: 99999999999999999999999\r\n",
        "Content-Length: 18\r\nExpect: 100-continue\r\n", "Content-Length: 18\r\nTransfer-Encoding: chunked\r\n"})
    EXPECT_EQ(waited(fields), 0U) << fields;
}

TEST(RequestHead, SizesHaveTheirOwnStatus) {
  const std::string get = "GET / HTTP/1.1\r\nHost: x\r\n";
  EXPECT_EQ(status_of("GET /" + std::string(8001, 'a')), 414) << "before the line has ended";
  EXPECT_EQ(status_of("GET /" + std::string(7900, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
  EXPECT_EQ(status_of(get + "A: " + std::string(8001, 'a') + "\r\n\r\n"), 431);
  EXPECT_EQ(status_of(get + "A: " + std::string(33'000, 'a')), 431) << "before the head has ended";
  std::string many = get;
  for (int i = 0; i < 63; ++i)
    many += fmt::format("X{}: y\r\n", i);
  EXPECT_EQ(status_of(many + "\r\n"), 200);
  EXPECT_EQ(status_of(many + "One: more\r\n\r\n"), 431);
}

/// Whether all of it may stand in a chunked body, and whether that has come to its end.
std::pair<bool, bool> chunks(std::string_view text) {
  ChunkCheck check;
  const bool right = check.take(text);
  ChunkCheck octet_by_octet;
  bool same = true;
  for (const char octet : text)
    same = octet_by_octet.take({&octet, 1});
  EXPECT_EQ(same, right) << text;
  EXPECT_EQ(octet_by_octet.complete(), check.complete()) << text;
  return {right, check.complete()};
}

TEST(ChunkCheck, TakesWhatTheStandardHas) {
  for (const char* text : {"0\r\n\r\n", "5\r\nab\r\nc\r\n0\r\n\r\n", "0005\r\nabcde\r\nA\r\n0123456789\r\n00\r\n\r\n",
                           "1;a=b;c\r\nx\r\n0\r\nTrailer: y\r\nB: c\r\n\r\n", "0\r\n\r\nnext request"})
    EXPECT_EQ(chunks(text), std::pair(true, true)) << text;
}

TEST(ChunkCheck, TakesNothingElse) {
  for (const char* text : {"0x2\r\nab", "+2\r\nab", " 2\r\nab", "2 \r\nab", "-1\r\n", "\r\n", ";\r\n", "g\r\n", "2\nab",
                           "2\r\nabc", "2\r\nab\n", "2;\x01\r\n", "0\r\n\n", "0\r\nA: b\n", "1234567890123456\r\n"})
    EXPECT_FALSE(chunks(text).first) << text;
  EXPECT_FALSE(chunks("0\r\nA: " + std::string(9000, 'b')).first);
}

TEST(ChunkCheck, IsNotCompleteBeforeTheLastLine) {
  const std::string_view whole = "3\r\nabc\r\n0\r\nA: b\r\n\r\n";
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(chunks(whole.substr(0, size)), std::pair(true, false)) << size;
}

}  // namespace
}  // namespace kip::server::testing
