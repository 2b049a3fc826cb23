#include <gtest/gtest.h>

#include <signing/fetch/http_client.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using std::chrono::seconds;
using testing::fails_with;

Instant now() {
  return parse_instant("2026-01-01T00:00:00Z").value();
}

HttpResponse with_retry_after(std::string text) {
  return {.status = 503, .headers = {{"retry-after", std::move(text)}}};
}

TEST(RetryAfter, IsReadAsSecondsOrDate) {
  EXPECT_EQ(retry_after(with_retry_after("120"), now()), seconds(120));
  EXPECT_EQ(retry_after(with_retry_after("Thu, 01 Jan 2026 00:01:30 GMT"), now()), seconds(90));
}

TEST(RetryAfter, IsNeverNegativeAndAtMostADay) {
  EXPECT_EQ(retry_after(with_retry_after("Wed, 31 Dec 2025 00:00:00 GMT"), now()), seconds(0));
  EXPECT_EQ(retry_after(with_retry_after("86401"), now()), seconds(86'400));
  EXPECT_EQ(retry_after(with_retry_after("99999999999999999999"), now()), seconds(86'400));
}

TEST(RetryAfter, IsNothingWhereMissingOrWrong) {
  EXPECT_EQ(retry_after({.status = 503}, now()), std::nullopt);
  EXPECT_EQ(retry_after(with_retry_after("soon"), now()), std::nullopt);
}

TEST(HttpFailure, TakesTheCodeFromTheStatus) {
  EXPECT_THAT(Result<void>(http_failure({.status = 409}, "U")), fails_with(ErrorCode::conflict));
  EXPECT_THAT(Result<void>(http_failure({.status = 401}, "U")), fails_with(ErrorCode::denied));
  EXPECT_THAT(Result<void>(http_failure({.status = 503}, "U")), fails_with(ErrorCode::busy));
  EXPECT_THAT(Result<void>(http_failure({.status = 599}, "U")), fails_with(ErrorCode::network));
  EXPECT_THAT(Result<void>(http_failure({.status = 204}, "U")), fails_with(ErrorCode::malformed, "U answers 204"));
}

TEST(HttpFailure, ShowsTheServersWordsWithoutControlCharacters) {
  const HttpResponse response{.status = 403, .body = R"({"title":"Denied","detail":"not\u001b[2J\nyou"})"};
  EXPECT_EQ(Result<void>(http_failure(response, "U")).error().message, "U answers 403: not [2J you");
}

TEST(UrlPath, IsWhatFollowsTheAuthority) {
  EXPECT_EQ(url_path("https://example.vn/kip/v1/x?y=1#z"), "/kip/v1/x");
  EXPECT_EQ(url_path("https://example.vn"), "/");
  EXPECT_EQ(url_path("http://127.0.0.1:80/a//b"), "/a//b");
}

TEST(EncodeUrlPath, LeavesSlashesAndUnreservedCharacters) {
  EXPECT_EQ(encode_url_path("forms/ab-c_d.e~f/biểu mẫu?.kpk"), "forms/ab-c_d.e~f/bi%E1%BB%83u%20m%E1%BA%ABu%3F.kpk");
}

}  // namespace
}  // namespace kip
