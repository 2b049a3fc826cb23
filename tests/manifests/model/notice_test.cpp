#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <manifests/mail/message.hpp>
#include <manifests/model/notice.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using testing::fails_with;
using ::testing::HasSubstr;
using ::testing::Not;

const NoticeParties kParties{"An Phat Software", "Công ty Minh Anh"};

/// Every kind in one language, as tests/data/notices/LANGUAGE.txt has it.
std::string all_kinds(Language language) {
  std::string out;
  for (const NoticeKind kind : kNoticeKinds) {
    const NoticeText text = render(sample_notice(kind), kParties, language);
    out += fmt::format("=== {}\n{}\n\n{}\n", to_string(kind), text.subject, text.body);
  }
  return out;
}

TEST(Notice, ReadsInEveryLanguageAsItsPageHasIt) {
  for (const Language language : kLanguages) {
    const std::string file = fmt::format("{}/notices/{}.txt", KIP_TEST_DATA, to_string(language));
    EXPECT_EQ(all_kinds(language), testing::read_file(file)) << file;
  }
}

TEST(Notice, SaysNothingOfReadingOrDelivery) {
  for (const NoticeKind kind : kNoticeKinds) {
    const NoticeText text = render(sample_notice(kind), kParties, Language::en);
    for (const char* word : {"have read", "delivered", "you know", "guarantee"})
      EXPECT_THAT(text.subject + text.body, Not(HasSubstr(word))) << to_string(kind);
  }
}

TEST(Notice, OfEveryFailureHasItsWords) {
  std::set<std::string> bodies;
  for (const InstallState state :
       {InstallState::failed, InstallState::rejected, InstallState::rolled_back, InstallState::held}) {
    const Notice notice{ProductId::parse("forms").value(), FailedNotice{Version::parse("1.0").value(), state}};
    for (const Language language : kLanguages)
      bodies.insert(render(notice, kParties, language).body);
  }
  EXPECT_EQ(bodies.size(), 16U);
}

TEST(Notice, TextInAnArgumentIsNoTemplateAndBeginsNoLine) {
  ActNotice act = std::get<ActNotice>(sample_notice(NoticeKind::act_registered).content);
  act.title = "{vendor}\nBcc: x";
  const NoticeText text = render({ProductId::parse("forms").value(), act}, kParties, Language::en);
  EXPECT_THAT(text.body, HasSubstr("Title: {vendor}\\u{a}Bcc: x\n"));
}

TEST(Notice, IsTheSameAfterJson) {
  for (const NoticeKind kind : kNoticeKinds) {
    const Notice notice = sample_notice(kind);
    EXPECT_EQ(notice.kind(), kind);
    EXPECT_EQ(read_notice(to_json(notice)).value(), notice) << to_string(kind);
  }
}

TEST(Notice, IsAboutOneActVersionOrDay) {
  EXPECT_EQ(sample_notice(NoticeKind::act_registered).subject(), "BTC:99/2025/TT-BTC:2025");
  EXPECT_EQ(sample_notice(NoticeKind::update_ready).subject(), "2025.11.1");
  EXPECT_EQ(sample_notice(NoticeKind::entitlement_ending).subject(), "2025-12-31/30");
}

TEST(Notice, IsRefusedWhereItIsNotWhole) {
  const auto read = [](const char* text) { return read_notice(json::parse(text).value()); };
  EXPECT_THAT(read(R"({"kind":"advert","product":"forms"})"), fails_with(ErrorCode::malformed, "act-registered"));
  EXPECT_THAT(read(R"({"kind":"applied","product":"forms","version":"1.0","computers":0,"seats":1})"),
              fails_with(ErrorCode::malformed));
  EXPECT_THAT(read(R"({"kind":"update-ready","product":"forms","version":"1.0","acts":[]})"),
              fails_with(ErrorCode::malformed, "acts"));
  EXPECT_THAT(read(R"({"kind":"failed","product":"forms","version":"1.0","state":"installed"})"),
              fails_with(ErrorCode::malformed, "no failure"));
  EXPECT_THAT(read(R"({"kind":"entitlement-ending","product":"forms","last_day":"2025-12-31"})"),
              fails_with(ErrorCode::malformed, "days"));
}

}  // namespace
}  // namespace kip
