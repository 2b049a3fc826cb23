#include <deque>

#include <gtest/gtest.h>

#include <server/app/guided_setup.hpp>
#include <server/app/service.hpp>
#include <signing/storage/posix_file_system.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>
#include <testing/temporary_directory.hpp>

namespace kip::server {
namespace {

using kip::testing::fails_with;
using kip::testing::is_ok;

/// A person who says these lines, one after the other, and then goes away.
struct Person {
  std::deque<std::string> lines;
  std::vector<std::string> questions = {};

  Ask ask() {
    return [this](const std::string& question) -> Result<std::string> {
      questions.push_back(question);
      if (lines.empty()) return fail(ErrorCode::usage, "nobody answered");
      std::string out = lines.front();
      lines.pop_front();
      return out;
    };
  }
};

class GuidedSetupTest : public ::testing::Test {
 protected:
  Result<SetupAnswers> answers(Person& person, const Arguments& arguments = {}) {
    return obtain_answers(files_, arguments, person.ask(), true);
  }
  PosixFileSystem files_;
};

TEST_F(GuidedSetupTest, AsksForEverythingAndOffersWhatIsUsual) {
  Person person{{"", "an-phat", "https://updates.example.vn/", "", "", "", ""}};
  const SetupAnswers said = answers(person).value();
  EXPECT_EQ(said.language, Language::vi);
  EXPECT_EQ(said.plan.folder, "/var/lib/kip/an-phat");
  EXPECT_EQ(said.plan.url, "https://updates.example.vn");
  EXPECT_EQ(said.plan.staff, "admin");
  EXPECT_EQ(said.plan.listen, "127.0.0.1:8080");
  EXPECT_TRUE(said.plan.authority.url.empty());
  EXPECT_EQ(said.plan.postgresql.count("postgresql.host"), 0U);
  EXPECT_EQ(said.plan.postgresql.at("notices.language"), "vi");
  EXPECT_NE(person.questions[1].find("Tên ngắn"), std::string::npos) << "in the language that was chosen";
}

TEST_F(GuidedSetupTest, WhatDoesNotFitIsAskedAgain) {
  Person person{{"en", "An Phat", "an-phat", "updates.example.vn", "https://updates.example.vn", "relative", "/srv/kip",
                 "", "", ""}};
  const SetupAnswers said = answers(person).value();
  EXPECT_EQ(said.plan.tenant.str(), "an-phat");
  EXPECT_EQ(said.plan.folder, "/srv/kip");
  EXPECT_EQ(person.questions.size(), 10U);
}

TEST_F(GuidedSetupTest, WhoGoesAwayHasAnsweredNothing) {
  Person person{{"en", "an-phat"}};
  EXPECT_THAT(answers(person), fails_with(ErrorCode::usage));
}

TEST_F(GuidedSetupTest, WithoutATerminalOptionsSayAllAndWhatIsMissingIsNamed) {
  Arguments arguments;
  arguments.tenant = "an-phat";
  EXPECT_THAT(obtain_answers(files_, arguments, {}, false), fails_with(ErrorCode::usage, "--url"));
  arguments.url = "https://updates.example.vn";
  EXPECT_THAT(obtain_answers(files_, arguments, {}, false), is_ok());
  arguments.url = "updates.example.vn";
  EXPECT_THAT(obtain_answers(files_, arguments, {}, false), fails_with(ErrorCode::usage, "--url"));
}

TEST_F(GuidedSetupTest, AnAuthorityIsInTheSettingsAndItsRootsInTheFolder) {
  const kip::testing::TemporaryDirectory directory;
  SystemRandom random;
  struct : Clock {
    Instant now() const override { return parse_instant("2025-10-28T02:00:00Z").value(); }
  } clock;
  SetupPlan plan{directory.path() / "kip", TenantId::parse("an-phat").value(), "https://updates.example.vn",
                 "127.0.0.1:0"};
  plan.authority = {"http://time.example/tsa", "no certificate"};
  EXPECT_THAT(set_up({files_, clock, random}, plan), fails_with(ErrorCode::malformed));
  EXPECT_FALSE(std::filesystem::exists(plan.folder));
}

TEST_F(GuidedSetupTest, TheServiceIsToldOfEachFolderOnce) {
  const Bytes comment = "# help\n# KIP_SERVER_OPTIONS=\"--dir /x\"\n";
  const Bytes one = with_served_folder(comment, "/var/lib/kip/an-phat");
  EXPECT_EQ(one, comment + "KIP_SERVER_OPTIONS=\"--dir /var/lib/kip/an-phat\"\n");
  EXPECT_EQ(with_served_folder(one, "/var/lib/kip/an-phat"), one);
  const Bytes two = with_served_folder(one, "/var/lib/kip/an");
  EXPECT_EQ(two, comment + "KIP_SERVER_OPTIONS=\"--dir /var/lib/kip/an-phat --also /var/lib/kip/an\"\n");
  EXPECT_EQ(with_served_folder(two, "/var/lib/kip/an"), two);
}

}  // namespace
}  // namespace kip::server
