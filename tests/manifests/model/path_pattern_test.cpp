#include <gtest/gtest.h>

#include <manifests/model/path_pattern.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using testing::fails_with;

struct PatternCase {
  const char* name;
  const char* pattern;
  const char* path;
  bool matches;
};

void PrintTo(const PatternCase& row, std::ostream* out) {
  *out << row.name;
}

class PatternMatch : public ::testing::TestWithParam<PatternCase> {};

TEST_P(PatternMatch, IsAsStated) {
  const auto& row = GetParam();
  EXPECT_EQ(PathPattern::parse(row.pattern)->matches(*SafeRelativePath::parse(row.path)), row.matches);
}

INSTANTIATE_TEST_SUITE_P(
    Patterns, PatternMatch,
    ::testing::Values(
        PatternCase{"literal", "a/b.xml", "a/b.xml", true}, PatternCase{"case_counts", "a/b.xml", "a/B.xml", false},
        PatternCase{"star", "a/*.xml", "a/b.xml", true}, PatternCase{"star_may_be_empty", "a*", "a", true},
        PatternCase{"star_stays_in_its_component", "*.xml", "a/b.xml", false},
        PatternCase{"two_stars", "*b*d", "abcbd", true}, PatternCase{"backtracking", "*ab*c", "aabbabxc", true},
        PatternCase{"question_mark", "a?c", "abc", true}, PatternCase{"question_mark_is_one", "a?c", "ac", false},
        PatternCase{"question_mark_is_a_character", "a?c", "aĐc", true},
        PatternCase{"question_mark_is_no_slash", "a?c", "a/c", false},
        PatternCase{"any_depth", "**/*.xml", "a/b/c.xml", true},
        PatternCase{"any_depth_also_none", "**/*.xml", "c.xml", true},
        PatternCase{"everything_below", "a/**", "a/b/c", true}, PatternCase{"not_beside", "a/**", "ab/c", false},
        PatternCase{"in_between", "a/**/d", "a/b/c/d", true}, PatternCase{"in_between_none", "a/**/d", "a/d", true},
        PatternCase{"twice", "**/b/**/d.x?l", "a/b/b/c/d.xsl", true}, PatternCase{"longer_path", "a/b", "a/b/c", false},
        PatternCase{"longer_pattern", "a/b/c", "a/b", false},
        PatternCase{"normalised", "T\u00e9ves.xml", "Te\u0301ves.xml", true}),
    [](const auto& row) { return row.param.name; });

TEST(PathPattern, RefusesWhatNoSafePathCouldMatch) {
  for (const char* text : {"", "/a", "../*", "a//b", "a\\*", "C:/*", "a/", "*.", "a**", "**a/b", "***", "\xff*"}) {
    EXPECT_THAT(PathPattern::parse(text), fails_with(ErrorCode::malformed)) << text;
  }
}

TEST(PathPattern, TakesNoExponentialTime) {
  std::string pattern;
  for (int i = 0; i < 60; ++i)
    pattern += "*a";
  std::string text(250, 'a');
  text += 'b';
  const auto path = SafeRelativePath::parse(text);
  EXPECT_FALSE(PathPattern::parse(pattern)->matches(*path));
}

}  // namespace
}  // namespace kip
