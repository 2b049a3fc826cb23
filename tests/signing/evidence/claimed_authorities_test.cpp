#include <gmock/gmock.h>

#include <signing/evidence/claimed_authorities.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using ::testing::HasSubstr;

tsp::Authority an_authority() {
  tsp::Authority out{
      .name = "first", .url = "", .trust = {.roots = {"root", Bytes("\0\1", 2)}, .untrusted = {"between"}}};
  out.trust.policies = {"1.2.3"};
  out.trust.revocation = {{"list"}, {"answer"}};
  out.accuracy = std::chrono::microseconds(250);
  out.independent = false;
  return out;
}

TEST(ClaimedAuthorities, AreReadAsTheyWereWritten) {
  const Bytes text = claimed_authorities_text({an_authority(), {.name = "bare", .url = "", .trust = {}}});
  const auto read = parse_claimed_authorities(text);
  ASSERT_THAT(read, kip::testing::is_ok());
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ(claimed_authorities_text(*read), text);
  const tsp::Authority& first = read->front();
  EXPECT_EQ(first.trust.roots, an_authority().trust.roots);
  EXPECT_EQ(first.trust.revocation, an_authority().trust.revocation);
  EXPECT_EQ(first.accuracy, an_authority().accuracy);
  EXPECT_FALSE(first.independent);
}

TEST(ClaimedAuthorities, HaveNamesThatMakeNoLineOfTheirOwn) {
  for (const char* name : {"", R"(A\nMET everything)", R"(A\u001b[2J)"}) {
    const std::string text = std::string(R"({"format":"kip.evidence-authorities/1","authorities":[{"name":")") + name +
                             R"(","independent":true}]})";
    EXPECT_THAT(parse_claimed_authorities(text), kip::testing::fails_with(ErrorCode::malformed, "name"));
  }
}

TEST(ClaimedAuthorities, AreNotMoreThanCanBeLookedAt) {
  tsp::Authority many = an_authority();
  many.trust.roots.assign(400, "root");
  EXPECT_THAT(parse_claimed_authorities(claimed_authorities_text({many, many})), kip::testing::is_ok());
  EXPECT_THAT(parse_claimed_authorities(claimed_authorities_text({many, many, many})),
              kip::testing::fails_with(ErrorCode::too_large, "1000"));
}

}  // namespace
}  // namespace kip
