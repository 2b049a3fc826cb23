#include <algorithm>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <manifests/mail/message.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using testing::fails_with;
using ::testing::HasSubstr;
using ::testing::Not;

MailAddress address(const char* text) {
  return MailAddress::parse(text).value();
}

MailMessage message(std::string subject = "forms 1.0", std::string text = "To you,\n") {
  return {.from = {"An Phat Software", address("notices@anphat.example")},
          .to = {"Công ty Minh Anh", address("ke.toan@Minh-Anh.example")},
          .subject = std::move(subject),
          .text = std::move(text),
          .date = parse_instant("2025-10-28T02:03:04Z").value(),
          .message_id = "01JB8Z3V5W9QK3T8R7N2M4P6XY@anphat.example"};
}

std::string made(const MailMessage& of) {
  return to_internet_message(of).value();
}

/// Undone, by the book. Source: RFC 2045 6.7
std::string decoded_body(const std::string& mail) {
  std::string out;
  const std::string body = mail.substr(mail.find("\r\n\r\n") + 4);
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (body[i] != '=') {
      if (body[i] != '\r') out += body[i];
    } else if (body[i + 1] == '\r') {
      i += 2;
    } else {
      out += from_hex(body.substr(i + 1, 2)).value();
      i += 2;
    }
  }
  return out;
}

TEST(MailMessage, IsTheseOctets) {
  EXPECT_EQ(made(message()),
            "Date: Tue, 28 Oct 2025 02:03:04 +0000\r\n"
            "From: \"An Phat Software\"\r\n <notices@anphat.example>\r\n"
            "To: =?UTF-8?B?Q8O0bmcgdHkgTWluaCBBbmg=?=\r\n <ke.toan@minh-anh.example>\r\n"
            "Subject: forms 1.0\r\n"
            "Message-ID: <01JB8Z3V5W9QK3T8R7N2M4P6XY@anphat.example>\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Language: en\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n"
            "\r\n"
            "To you,\r\n");
}

TEST(MailMessage, HasShortLinesOfAsciiWhateverItSays) {
  std::string text;
  for (int i = 0; i < 200; ++i)
    text += "Thông tư số 99 自治区 = \t.";
  const std::string mail =
      made(message("Nghị định về hóa đơn điện tử 电子发票 năm 2025 và các văn bản kèm theo", text));
  std::istringstream lines(mail);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 79U) << line;
    EXPECT_TRUE(line.ends_with('\r'));
    EXPECT_TRUE(std::all_of(line.begin(), line.end(), [](char c) { return c > 0 && c < 0x7F; }));
  }
}

TEST(MailMessage, TheTextComesBackAsItWas) {
  for (const std::string text : {"..\n.\nFrom me\nF\n", "trailing blank \nand tab\t\n", "=3D = ==\n",
                                 "Tiếng Việt, 中文, magyar őű\n", "\n\n\n"}) {
    EXPECT_EQ(decoded_body(made(message("x", text))), text);
  }
  EXPECT_EQ(decoded_body(made(message("x", "no end"))), "no end\n");
}

TEST(MailMessage, NoLineOfTheTextIsADotOrBeginsWithFrom) {
  const std::string mail = made(message("x", ".\nFrom here\n" + std::string(75, 'x') + ".\n"));
  EXPECT_THAT(mail, Not(HasSubstr("\r\n.")));
  EXPECT_THAT(mail.substr(mail.find("\r\n\r\n")), Not(HasSubstr("\r\nFrom ")));
}

TEST(MailMessage, NothingBeginsAHeaderOfItsOwn) {
  EXPECT_THAT(to_internet_message(message("x\r\nBcc: all@example.vn")), fails_with(ErrorCode::malformed, "subject"));
  EXPECT_THAT(to_internet_message(message("x\nBcc: all@example.vn")), fails_with(ErrorCode::malformed));
  MailMessage evil = message();
  evil.to.name = "Minh\r\nBcc: all@example.vn";
  EXPECT_THAT(to_internet_message(evil), fails_with(ErrorCode::malformed, "recipient's name"));
  evil = message();
  evil.from.name = std::string("a\0b", 3);
  EXPECT_THAT(to_internet_message(evil), fails_with(ErrorCode::malformed, "sender's name"));
  evil = message();
  evil.message_id = "x@y>\r\nBcc: z";
  EXPECT_THAT(to_internet_message(evil), fails_with(ErrorCode::malformed));
  EXPECT_THAT(to_internet_message(message(std::string(501, 'x'))), fails_with(ErrorCode::too_large));
  EXPECT_THAT(to_internet_message(message("x", "\xFF")), fails_with(ErrorCode::malformed, "UTF-8"));
}

TEST(MailMessage, QuotesInANameAreEscapedAndWhatLooksEncodedIsEncoded) {
  MailMessage mail = message("=?UTF-8?B?eA==?=");
  mail.to.name = R"(The "Minh" \ Co, <x@y.z>)";
  const std::string text = made(mail);
  EXPECT_THAT(text, HasSubstr(R"(To: "The \"Minh\" \\ Co, <x@y.z>")"));
  EXPECT_THAT(text, HasSubstr("Subject: =?UTF-8?B?PT9VVEYtOD9CP2VBPT0/PQ==?=\r\n"));
}

TEST(MailMessage, ANameThatIsTooLongOnceItIsEscapedIsEncoded) {
  MailMessage mail = message("x");
  mail.to.name = "Minh Anh " + std::string(40, '"');
  const std::string text = made(mail);
  EXPECT_THAT(text, HasSubstr("To: =?UTF-8?B?"));
  for (std::size_t begin = 0, end = 0; end != std::string::npos; begin = end + 2) {
    end = text.find("\r\n", begin);
    EXPECT_LE(std::min(end, text.size()) - begin, 78U);
  }
}

TEST(MailMessage, AnIdentifierNamesItsNotice) {
  const NoticeId notice = NoticeId::parse("01JB8Z3V5W9QK3T8R7N2M4P6XY").value();
  EXPECT_EQ(notice_of_message_id("<" + make_message_id(notice, "a.example") + ">").value(), notice);
  for (const char* text : {"", "<>", "01JB8Z3V5W9QK3T8R7N2M4P6XY", "01JB8Z3V5W9QK3T8R7N2M4P6XY@", "x@a.example",
                           "01JB8Z3V5W9QK3T8R7N2M4P6XY@a b.example"})
    EXPECT_THAT(notice_of_message_id(text), fails_with(ErrorCode::malformed)) << text;
}

TEST(MailAddress, IsOneThatEveryServerTakes) {
  for (const char* text : {"a@b.vn", "ke.toan+thue@xn--minh-anh-1a2.com.vn", "o'neil_1@EXAMPLE.hu", "x@1.example"})
    EXPECT_TRUE(MailAddress::parse(text).has_value()) << text;
  EXPECT_EQ(address("Ke.Toan@Example.VN").str(), "Ke.Toan@example.vn");
  EXPECT_EQ(address("Ke.Toan@Example.VN").domain(), "example.vn");
}

TEST(MailAddress, OtherFormsAreRefused) {
  const std::string longest(65, 'a');
  for (const std::string& text : {std::string(),
                                  std::string("a"),
                                  std::string("@b.vn"),
                                  std::string("a@"),
                                  std::string("a@b"),
                                  std::string("a@b@c.vn"),
                                  std::string("a b@c.vn"),
                                  std::string("\"a b\"@c.vn"),
                                  std::string("a..b@c.vn"),
                                  std::string(".a@c.vn"),
                                  std::string("a.@c.vn"),
                                  std::string("a@-b.vn"),
                                  std::string("a@b-.vn"),
                                  std::string("a@b..vn"),
                                  std::string("a@[10.0.0.1]"),
                                  std::string("a@10.0.0.1"),
                                  std::string("a@b.vn\r\nRCPT"),
                                  std::string("a@b.vn\n"),
                                  std::string("<a@b.vn>"),
                                  std::string("a,b@c.vn"),
                                  longest + "@b.vn",
                                  "a@" + longest + ".vn",
                                  std::string("a\0@b.vn", 7),
                                  std::string("A <a@b.vn>"),
                                  std::string("a@b.vn(x)")})
    EXPECT_THAT(MailAddress::parse(text), fails_with(ErrorCode::malformed)) << text;
  EXPECT_THAT(MailAddress::parse("kế.toán@minhanh.vn"), fails_with(ErrorCode::malformed, "beyond ASCII"));
  EXPECT_THAT(MailAddress::parse("a@kế-toán.vn"), fails_with(ErrorCode::malformed, "xn--"));
}

TEST(MailAddress, IsTakenOutOfWhatAServerSays) {
  EXPECT_EQ(without_local_parts("550 5.1.1 <ke.toan@b.vn>: no \"x y\"@c.vn"),
            "550 5.1.1 <...@b.vn>: no \"x y\"...@c.vn");
  EXPECT_EQ(without_local_parts("a@b.vn"), "...@b.vn");
}

}  // namespace
}  // namespace kip
