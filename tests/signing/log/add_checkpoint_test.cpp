#include <gtest/gtest.h>

#include <signing/log/add_checkpoint.hpp>
#include <testing/matchers.hpp>
#include <testing/test_log.hpp>

namespace kip::tlog {
namespace {

using kip::testing::fails_with;

/// The example of C2SP tlog-witness.
constexpr std::string_view kExample =
    "old 20852014\n"
    "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"
    "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n"
    "5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n"
    "/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n"
    "\n"
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    "\n"
    "\u2014 example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "\u2014 example.com/behind-the-sofa "
    "opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=\n";

TEST(AddCheckpoint, ReadsAndWritesTheExampleOfTheSpecification) {
  const auto read = AddCheckpoint::parse(kExample);
  ASSERT_THAT(read, kip::testing::is_ok());
  EXPECT_EQ(read->old_size, 20'852'014U);
  EXPECT_EQ(read->proof.size(), 4U);
  EXPECT_EQ(read->checkpoint.signatures.size(), 2U);
  EXPECT_EQ(Checkpoint::parse(read->checkpoint.text)->head.size, 20'852'163U);
  EXPECT_EQ(read->bytes(), kExample);
}

TEST(AddCheckpoint, ARequestOfNoProofIsReadBack) {
  const AddCheckpoint request = kip::testing::TestLog("x.example/log").request(0, 3);
  EXPECT_EQ(AddCheckpoint::parse(request.bytes()).value(), request);
}

TEST(AddCheckpoint, ASizeIsOnePlainNumberInALine) {
  EXPECT_EQ(parse_tree_size("20852014\n").value(), 20'852'014U);
  EXPECT_EQ(parse_tree_size("0\n").value(), 0U);
  for (const char* text : {"", "1", "01\n", "-1\n", "1\n\n", " 1\n", "1 \n", "x\n", "18446744073709551616\n"})
    EXPECT_THAT(parse_tree_size(text), fails_with(ErrorCode::malformed)) << text;
}

}  // namespace
}  // namespace kip::tlog
