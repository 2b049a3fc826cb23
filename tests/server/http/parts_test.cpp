// The parts of the HTTP room that need no server: targets, framing, ranges, escaping, the pool of threads.

#include <atomic>

#include <gtest/gtest.h>

#include <manifests/core/html.hpp>
#include <server/http/byte_range.hpp>
#include <server/http/page_words.hpp>
#include <signing/http/framing.hpp>
#include <signing/http/task_pool.hpp>

#include "../world.hpp"

namespace kip::server::testing {
namespace {

using http::check_framing;
using http::TaskPool;

TEST(Target, IsTakenApartAndDecoded) {
  const Target target = parse_target("/t/a%2Db/x%20y?after=5&q=%C4%90&flag").value();
  EXPECT_EQ(target.path, "/t/a%2Db/x%20y");
  EXPECT_EQ(target.segments, (std::vector<std::string>{"t", "a-b", "x y"}));
  EXPECT_EQ(target.query.at("after"), "5");
  EXPECT_EQ(target.query.at("q"), "Đ");
  EXPECT_EQ(target.query.at("flag"), "");
}

TEST(Target, WhatCouldBeReadInTwoWaysIsRefused) {
  for (const char* text : {"", "x", "*", "http://host/x", "/a%2Fb", "/a%5cb", "/a%", "/a%4", "/a%zz", "/a%00b",
                           "/a%0ab", "/%ff", "/a#b", "/a?x=1&x=2", "/a?%"})
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

TEST(TaskPool, DoesAllThatItTookAndRefusesBeyondItsQueue) {
  std::mutex gate;
  std::atomic<int> done{0};
  gate.lock();
  std::atomic<bool> started{false};
  TaskPool pool(1, 2);
  ASSERT_TRUE(pool.try_add([&] {
    started = true;
    const std::lock_guard wait(gate);
    ++done;
  }));
  while (!started)
    std::this_thread::yield();
  EXPECT_TRUE(pool.try_add([&] { ++done; }));
  EXPECT_TRUE(pool.try_add([&] { ++done; }));
  EXPECT_FALSE(pool.try_add([&] { ++done; }));
  gate.unlock();
  pool.finish();
  EXPECT_EQ(done, 3);
  EXPECT_FALSE(pool.try_add([] {}));
}

TEST(TaskPool, KnowsItsOwnThreads) {
  std::atomic<bool> inside{false};
  TaskPool pool(2, 2);
  ASSERT_TRUE(pool.try_add([&] { inside = pool.runs_here(); }));
  pool.finish();
  EXPECT_TRUE(inside);
  EXPECT_FALSE(pool.runs_here());
}

}  // namespace
}  // namespace kip::server::testing
