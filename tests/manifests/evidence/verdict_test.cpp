#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <manifests/evidence/history_text.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using kip::testing::fails_with;
using ::testing::IsEmpty;

/// "NAME SUBJECT ...", as the comments of the file say it.
std::vector<std::string> expected_lines(std::string_view text) {
  constexpr std::string_view kExpected = "# = ";
  constexpr std::string_view kHistory = "history ";
  std::vector<std::string> out;
  std::string name;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() + 1);
    if (line.starts_with(kHistory)) name = line.substr(kHistory.size());
    if (line.starts_with(kExpected)) out.push_back(name + " " + std::string(line.substr(kExpected.size())));
  }
  return out;
}

TEST(Verdict, OfEveryHandMadeHistoryIsTheOneThatWasWorkedOutByHand) {
  const std::string text = kip::testing::read_file(KIP_TEST_DATA "/histories.txt");
  const auto histories = parse_histories(text).value();
  EXPECT_GE(histories.size(), 40U);
  std::vector<std::string> judged;
  for (const NamedHistory& history : histories) {
    for (const NamedJudgement& one : judge_history(history))
      judged.push_back(judgement_line(one));
  }
  const auto expected = expected_lines(text);
  for (std::size_t i = 0; i < std::min(judged.size(), expected.size()); ++i)
    EXPECT_EQ(judged[i], expected[i]);
  EXPECT_EQ(judged.size(), expected.size());
}

TEST(Verdict, EveryVerdictAndFindingOccursThere) {
  const std::string text = kip::testing::read_file(KIP_TEST_DATA "/histories.txt");
  for (const auto finding :
       {Finding::no_due, Finding::proven_before, Finding::proven_after, Finding::not_stamped, Finding::stamped_after,
        Finding::not_published, Finding::not_open, Finding::not_received, Finding::claimed_in_time,
        Finding::attested_in_time, Finding::contradicted, Finding::development_stamp, Finding::no_installs})
    EXPECT_NE(text.find(to_string(finding)), std::string::npos) << to_string(finding);
}

TEST(Verdict, AQuorumOfNobodyProvesNothing) {
  ObligationHistory history;
  history.due = Instant(std::chrono::milliseconds(1000));
  history.quorum = 0;
  history.published = {{0}};
  history.stamps = {{"A", Instant(), Instant(), 5, {}, true}};
  EXPECT_EQ(judge_published(history).verdict, Verdict::indeterminate);
}

TEST(HistoryText, SaysWhichLineIsWrong) {
  EXPECT_THAT(parse_histories("# nothing\n\n").value(), IsEmpty());
  for (const char* line :
       {"due x", "due", "due 1 2", "quorum 0", "stamp A 1 2 3", "stamp A 1 2 3 4 indeed", "head 1", "part x", "part -1",
        "word 1 installed 2 -", "install", "install A b", "rollout 1", "opened", "unknown 1", "stamp A 1 2 -3 -"}) {
    EXPECT_THAT(parse_histories(std::string("history h\n") + line + "\n"),
                fails_with(ErrorCode::malformed, "line 2 is no line of a history"))
        << line;
  }
  EXPECT_THAT(parse_histories("due 1\n"), fails_with(ErrorCode::malformed, "line 1"));
  EXPECT_THAT(parse_histories("history a b\n"), fails_with(ErrorCode::malformed, "line 1"));
  EXPECT_THAT(parse_histories("history h\ninstall A\nword 1 gone 2 -\n"), fails_with(ErrorCode::malformed, "line 3"));
}

}  // namespace
}  // namespace kip
