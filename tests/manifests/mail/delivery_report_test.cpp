#include <gtest/gtest.h>

#include <manifests/mail/delivery_report.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using testing::fails_with;
using testing::is_ok;

std::string good() {
  return testing::read_file(KIP_TEST_DATA "/reports/failed.eml");
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string with_crlf(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

TEST(DeliveryReport, OfAFailureNamesMessageActionAndStatus) {
  const DeliveryReport expected{"01JB8Z3V5W9QK3T8R7N2M4P6XY@anphat.example", "failed", "5.1.1"};
  EXPECT_EQ(parse_delivery_report(good()).value(), expected);
  EXPECT_EQ(parse_delivery_report(with_crlf(good())).value(), expected);
}

TEST(DeliveryReport, MayHaveOnlyTheHeadersAndUnquotedBoundaries) {
  std::string text = with(good(), "boundary=\"=_b1\"", "boundary=b1");
  while (text.find("--=_b1") != std::string::npos)
    text = with(text, "--=_b1", "--b1");
  text = with(text, "Content-Type: message/rfc822", "Content-Type: text/rfc822-headers");
  EXPECT_EQ(parse_delivery_report(text)->status, "5.1.1");
}

TEST(DeliveryReport, OfADelayIsToldApart) {
  EXPECT_EQ(parse_delivery_report(with(good(), "Action: failed", "Action: DELAYED (4 h)"))->action, "delayed");
}

TEST(DeliveryReport, WhatIsNotOneIsRefused) {
  const struct {
    const char* name;
    const char* from;
    const char* to;
    const char* message;
  } rows[] = {
      {"another type", "multipart/report", "multipart/mixed", "multipart/report"},
      {"a reading confirmation", "report-type=delivery-status", "report-type=disposition-notification", "report-type"},
      {"no boundary", "boundary=\"=_b1\"", "x=y", "no boundary"},
      {"an open quote", "boundary=\"=_b1\"", "boundary=\"=_b1", "Content-Type"},
      {"two boundaries", "boundary=\"=_b1\"", "boundary=\"=_b1\"; boundary=x", "Content-Type"},
      {"no end", "--=_b1--", "", "ends before"},
      {"no action", "Action: failed", "X: failed", "action"},
      {"another action", "Action: failed", "Action: eaten", "eaten"},
      {"two actions", "Action: failed", "Action: failed\nAction: delivered", "twice"},
      {"no status", "Status: 5.1.1", "Status: gone", "gone"},
      {"a status of four pieces", "Status: 5.1.1", "Status: 5.1.1.1", "5.1.1.1"},
      {"a status of class 9", "Status: 5.1.1", "Status: 9.1.1", "9.1.1"},
      {"no recipient", "Final-Recipient:", "X:", "final-recipient"},
      {"an encoded status", "Content-Type: message/delivery-status",
       "Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64", "encoded"},
      {"no mail", "Content-Type: message/rfc822", "Content-Type: text/plain", "lacks"},
      {"no identifier", "Message-ID:", "X-ID:", "message-id"},
      {"an identifier without brackets", "Message-ID: <01JB8Z3V5W9QK3T8R7N2M4P6XY@anphat.example>", "Message-ID: x@y",
       "Message-ID"},
      {"a header that is none", "Subject: Undelivered", "Subject Undelivered", "no header"},
  };
  for (const auto& row : rows)
    EXPECT_THAT(parse_delivery_report(with(good(), row.from, row.to)), fails_with(ErrorCode::malformed, row.message))
        << row.name;
}

TEST(DeliveryReport, OfSeveralRecipientsIsRefused) {
  const std::string second = "\n\nFinal-Recipient: rfc822; b@c.example\nAction: failed\nStatus: 5.1.1\n";
  EXPECT_THAT(parse_delivery_report(with(good(), "Status: 5.1.1", "Status: 5.1.1" + second)),
              fails_with(ErrorCode::malformed, "several"));
}

TEST(DeliveryReport, IsBounded) {
  EXPECT_THAT(parse_delivery_report(std::string(kMaxDeliveryReport + 1, 'x')), fails_with(ErrorCode::too_large));
  std::string many;
  for (int i = 0; i < 400; ++i)
    many += "X: y\n";
  EXPECT_THAT(parse_delivery_report(many + good()), fails_with(ErrorCode::too_large));
  EXPECT_THAT(parse_delivery_report("X: y\n" + std::string(20'000, ' ') + "\n" + good()), is_ok());
  EXPECT_THAT(parse_delivery_report("X: " + std::string(20'000, 'y') + "\n" + good()),
              fails_with(ErrorCode::too_large));
  std::string parts;
  for (int i = 0; i < 30; ++i)
    parts += "\n--=_b1\n\nx\n";
  EXPECT_THAT(parse_delivery_report(with(good(), "\n--=_b1\n", parts + "\n--=_b1\n")),
              fails_with(ErrorCode::too_large));
}

TEST(DeliveryReport, EveryShorterTextIsRefusedOrTheSame) {
  const std::string whole = good();
  const auto end = whole.rfind("--=_b1--") + 8;
  for (std::size_t size = 0; size < end; ++size)
    ASSERT_FALSE(parse_delivery_report(whole.substr(0, size)).has_value()) << size;
}

}  // namespace
}  // namespace kip
