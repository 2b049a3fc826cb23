#include <gmock/gmock.h>

#include <signing/tuf/repository_check.hpp>

#include "officers.hpp"

namespace kip::tuf {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::fails_with;
using ::testing::HasSubstr;
using testing::is_ok;
using ::testing::IsEmpty;
using ::testing::Not;

class RepositoryCheck : public testing::Officers {
 protected:
  void SetUp() override {
    Officers::SetUp();
    ASSERT_THAT(add("1.0", "a"), is_ok());
    sign_all(an_);
    sign_all(binh_);
    ASSERT_THAT(publish(), is_ok());
  }
  std::vector<std::string> errors() {
    std::vector<std::string> out;
    const RepositoryReport report = *check_repository(files_, web_, now_);
    for (const Finding& finding : report.findings) {
      if (finding.weight == Finding::Weight::error) out.push_back(finding.text);
    }
    return out;
  }
  std::vector<std::string> unnamed() { return *unnamed_files(files_, web_, *check_repository(files_, web_, now_)); }
  std::filesystem::path package() {
    for (const auto& entry : std::filesystem::directory_iterator(web_ / "targets/forms"))
      return entry.path();
    return {};
  }
  void write(const std::string& name, BytesView bytes) {
    ASSERT_THAT(replace_file(files_, web_ / name, bytes, 0644), is_ok());
  }
};

TEST_F(RepositoryCheck, FindsNothingInASoundOne) {
  const auto report = check_repository(files_, web_, now_);
  ASSERT_THAT(report, is_ok());
  EXPECT_TRUE(report->is_sound());
  EXPECT_THAT(report->findings, IsEmpty());
  EXPECT_EQ(report->roles, 3U) << "targets, product-forms and rollouts";
  EXPECT_EQ(report->targets, 1U);
}

TEST_F(RepositoryCheck, NamesEachFileThatIsWrongOrMissing) {
  for (const char* name : {"metadata/1.root.json", "metadata/timestamp.json", "metadata/2.snapshot.json",
                           "metadata/1.targets.json", "metadata/2.product-forms.json"}) {
    const Bytes right = *read_file(files_, web_ / name, 1 << 20);
    Bytes wrong = right;
    wrong[wrong.size() / 2] = static_cast<char>(wrong[wrong.size() / 2] ^ 1);
    write(name, wrong);
    EXPECT_EQ(errors().size(), 1U) << name;
    ASSERT_THAT(files_.remove(web_ / name), is_ok());
    EXPECT_THAT(errors(), ElementsAre(HasSubstr(std::filesystem::path(name).filename().string())));
    write(name, right);
  }
  EXPECT_THAT(errors(), IsEmpty());
}

TEST_F(RepositoryCheck, ReadsEveryTarget) {
  const auto path = package();
  Bytes bytes = *read_file(files_, path, 1 << 20);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  ASSERT_THAT(replace_file(files_, path, bytes, 0644), is_ok());
  EXPECT_THAT(errors(), ElementsAre(HasSubstr("forms-1.0.kpk has another sha256")));
  ASSERT_THAT(files_.remove(path), is_ok());
  EXPECT_THAT(errors(), ElementsAre(HasSubstr("forms-1.0.kpk")));
}

TEST_F(RepositoryCheck, WarnsThirtyDaysAheadAndFindsWhatHasExpired) {
  now_ += std::chrono::days(340);
  const auto report = check_repository(files_, web_, now_);
  std::vector<std::string> warned;
  for (const Finding& finding : report->findings) {
    if (finding.weight == Finding::Weight::warning) warned.push_back(finding.text);
  }
  EXPECT_THAT(warned, Contains(HasSubstr("root version 1 expires")));
  EXPECT_THAT(errors(), Contains(HasSubstr("timestamp version 2 expired")));
  EXPECT_THAT(errors(), Contains(HasSubstr("snapshot version 2 expired"))) << "expiry of one hides nothing else";
}

TEST_F(RepositoryCheck, WhatNoLiveSnapshotNamesIsForCollection) {
  write("targets/forms/stray.kpk", "x");
  EXPECT_THAT(unnamed(), ElementsAre("targets/forms/stray.kpk")) << "the first snapshot has not expired";
  now_ += std::chrono::days(31);
  ASSERT_THAT(add("1.1", "b"), is_ok());
  sign_all(an_);
  sign_all(chi_);
  ASSERT_THAT(publish(), is_ok());
  EXPECT_THAT(unnamed(),
              ElementsAre("metadata/1.product-forms.json", "metadata/1.rollouts.json", "metadata/1.snapshot.json",
                          "metadata/2.product-forms.json", "metadata/2.snapshot.json", "targets/forms/stray.kpk"));
  EXPECT_THAT(unnamed(), Not(Contains("metadata/1.root.json"))) << "roots are kept for ever";
  EXPECT_TRUE(check_repository(files_, web_, now_)->is_sound());
}

TEST_F(RepositoryCheck, NeedsARepository) {
  EXPECT_THAT(check_repository(files_, directory_.path(), now_), fails_with(ErrorCode::not_found, "metadata"));
}

}  // namespace
}  // namespace kip::tuf
