#include <gtest/gtest.h>

#include <manifests/model/customer.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using testing::fails_with;
using testing::is_ok;

LegalDate day(const char* text) {
  return *parse_date(text);
}

struct CodeRow {
  const char* name;
  const char* text;
  bool plausible;
};

class CheckDigit : public ::testing::TestWithParam<CodeRow> {};

TEST_P(CheckDigit, IsThatOfVietnam) {
  const auto code = TaxCode::parse(GetParam().text);
  ASSERT_THAT(code, is_ok());
  EXPECT_EQ(code->has_plausible_check_digit(), GetParam().plausible);
}

INSTANTIATE_TEST_SUITE_P(
    Codes, CheckDigit,
    ::testing::Values(CodeRow{"right", "0100109106", true}, CodeRow{"sample", "9800002027", true},
                      CodeRow{"wrong", "0100109107", false}, CodeRow{"swapped_digits", "0100190106", false},
                      CodeRow{"branch", "0100109106-001", true}, CodeRow{"branch_of_wrong", "0100109107-001", false},
                      // 5 * 1 + 3 * 2 = 11, and no digit is 10 - 0.
                      CodeRow{"no_digit_possible", "0000000120", false}, CodeRow{"foreign", "HU12345678", true},
                      CodeRow{"eleven_digits", "01001091070", true}, CodeRow{"other_branch", "0100109107-01", true}),
    [](const auto& row) { return row.param.name; });

TEST(TaxCode, RefusesOtherCharacters) {
  for (const char* text : {"", "0100 109106", "0100109106;", "01001é", "123456789012345678901234567890123"}) {
    EXPECT_THAT(TaxCode::parse(text), fails_with(ErrorCode::malformed, "tax code")) << text;
  }
}

struct PeriodRow {
  const char* name;
  const char* periods;
  const char* date;
  Entitlement::State state;
  const char* since;
};

class EntitlementOn : public ::testing::TestWithParam<PeriodRow> {};

TEST_P(EntitlementOn, FollowsThePeriods) {
  const PeriodRow& row = GetParam();
  const auto periods = ContractPeriods::parse(row.periods);
  ASSERT_THAT(periods, is_ok());
  const Entitlement found = periods->on(day(row.date), day("2025-01-20"));
  EXPECT_EQ(found.state, row.state);
  EXPECT_EQ(found.since ? format_date(*found.since) : "", row.since);
  EXPECT_EQ(found.is_entitled(), row.state == Entitlement::State::entitled);
}

constexpr auto kEntitled = Entitlement::State::entitled;
constexpr auto kEnded = Entitlement::State::ended;
constexpr auto kNotYet = Entitlement::State::not_yet;

INSTANTIATE_TEST_SUITE_P(
    Dates, EntitlementOn,
    ::testing::Values(
        PeriodRow{"before", "12", "2025-01-19", kNotYet, "2025-01-20"},
        PeriodRow{"first_day", "12", "2025-01-20", kEntitled, ""},
        PeriodRow{"last_day", "12", "2026-01-20", kEntitled, ""},
        PeriodRow{"after", "12", "2026-01-21", kEnded, "2026-01-21"},
        PeriodRow{"long_after", "12", "2027-01-01", kEnded, "2026-01-21"},
        PeriodRow{"second_period", "12+24", "2026-01-21", kEntitled, ""},
        PeriodRow{"end_of_second", " 12 + 24 ", "2028-01-20", kEntitled, ""},
        PeriodRow{"after_second", "12+24", "2028-01-21", kEnded, "2028-01-21"},
        PeriodRow{"range", "01/02/2025-31/12/2026", "2026-12-31", kEntitled, ""},
        PeriodRow{"before_range", "01/02/2025-31/12/2026", "2025-01-31", kNotYet, "2025-02-01"},
        PeriodRow{"iso_range", "2025-02-01 - 2026-12-31", "2025-02-01", kEntitled, ""},
        PeriodRow{"gap", "01/02/2025-28/02/2025|01/06/2025-30/06/2025", "2025-03-01", kEnded, "2025-03-01"},
        PeriodRow{"second_range", "01/02/2025-28/02/2025 | 01/06/2025-30/06/2025", "2025-06-30", kEntitled, ""},
        PeriodRow{"after_ranges", "01/02/2025-28/02/2025|01/06/2025-30/06/2025", "2025-07-01", kEnded, "2025-07-01"}),
    [](const auto& row) { return row.param.name; });

TEST(ContractPeriods, MonthsAreCountedFromTheStartSoThatMonthEndsDoNotDrift) {
  const auto periods = ContractPeriods::parse("1+1");
  ASSERT_THAT(periods, is_ok());
  EXPECT_TRUE(periods->on(day("2025-03-31"), day("2025-01-31")).is_entitled());
  EXPECT_EQ(format_date(*periods->on(day("2025-05-01"), day("2025-01-31")).since), "2025-04-01");
}

class BadPeriods : public ::testing::TestWithParam<const char*> {};

TEST_P(BadPeriods, AreRefused) {
  EXPECT_THAT(ContractPeriods::parse(GetParam()), fails_with(ErrorCode::malformed));
}

INSTANTIATE_TEST_SUITE_P(Texts, BadPeriods,
                         ::testing::Values("", " ", "0", "12+", "+12", "12++24", "12+0", "-12", "601", "300+301",
                                           "12.5", "99999999999999999999", "1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1",
                                           "12 months", "01/01/2025", "01/01/2025-", "31/12/2026-01/01/2025",
                                           "30/02/2025-31/12/2026", "01/01/2025/31/12/2026", "01/01/2025-31/12/2026|",
                                           "01/01/2025-31/12/2025|31/12/2025-01/02/2026"));

constexpr const char* kFull =
    R"({"format":"kip.customer/1","tax_code":"0100109106","name":"=Công ty","email":"a@example.vn",
"product":"forms","contract_start":"2025-01-20","periods":{"months":[12,24]},"seats":3,"regime":"TT99"})";

std::string replaced(std::string text, std::string_view part, std::string_view by) {
  const auto at = text.find(part);
  if (at == std::string::npos) throw std::logic_error("no such part: " + std::string(part));
  return text.replace(at, part.size(), by);
}

TEST(CustomerJson, GoldenTextRoundTrips) {
  const auto customer = parse_customer(kFull);
  ASSERT_THAT(customer, is_ok());
  EXPECT_EQ(customer->name, "=Công ty");
  EXPECT_EQ(customer->seats, 3);
  EXPECT_EQ(to_json(*customer), *json::parse(kFull));
  EXPECT_EQ(*read_customer(to_json(*customer)), *customer);
}

TEST(CustomerJson, RangesRoundTrip) {
  const auto customer = parse_customer(
      replaced(kFull, R"({"months":[12,24]})", R"({"ranges":[{"from":"2025-01-01","to":"2025-12-31"}]})"));
  ASSERT_THAT(customer, is_ok());
  EXPECT_EQ(*read_customer(to_json(*customer)), *customer);
  EXPECT_EQ(customer->entitlement(day("2026-01-01")), (Entitlement{kEnded, day("2026-01-01")}));
}

struct Broken {
  const char* name;
  const char* part;
  const char* by;
  const char* message;
};

class BrokenCustomer : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenCustomer, IsRefusedWithItsPlace) {
  EXPECT_THAT(parse_customer(replaced(kFull, GetParam().part, GetParam().by)),
              fails_with(ErrorCode::malformed, GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, BrokenCustomer,
    ::testing::Values(
        Broken{"major", "customer/1", "customer/2", "kip.customer/1"},
        Broken{"unknown_member", "\"email\"", "\"mail\"", "mail"},
        Broken{"tax_code", "0100109106", "01 00", "tax_code"}, Broken{"name_empty", "=Công ty", " ", "name"},
        Broken{"name_with_line_break", "=Công ty", "a\\nb", "name"},
        Broken{"email_with_line_break", "a@example.vn", "a@example.vn\\r\\nBcc: b", "email"},
        Broken{"product", "\"forms\"", "\"Forms\"", "product"},
        Broken{"date", "2025-01-20", "20/01/2025", "contract_start"},
        Broken{"periods_text", R"({"months":[12,24]})", "\"12+24\"", "periods"},
        Broken{"periods_empty", "[12,24]", "[]", "periods"}, Broken{"periods_zero", "[12,24]", "[0]", "months"},
        Broken{"periods_both", R"("months":[12,24])", R"("months":[12],"ranges":[])", "exactly one"},
        Broken{"periods_none", R"("months":[12,24])", "", "exactly one"},
        Broken{"seats_zero", "\"seats\":3", "\"seats\":0", "seats"},
        Broken{"seats_many", "\"seats\":3", "\"seats\":100001", "seats"}, Broken{"regime_empty", "TT99", "", "regime"}),
    [](const auto& row) { return row.param.name; });

TEST(CheckCustomer, WarnsOfAWrongCheckDigitOnly) {
  EXPECT_TRUE(check_customer(*parse_customer(kFull)).empty());
  const auto warnings = check_customer(*parse_customer(replaced(kFull, "0100109106", "0100109107")));
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].code, "tax-code-check-digit");
}

TEST(CheckCustomer, WarnsOfAnAddressThatNoNoticeReaches) {
  Customer customer = *parse_customer(kFull);
  customer.email = "kế toán@minhanh.vn";
  const auto warnings = check_customer(customer);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].code, "email-unusable");
  customer.email.clear();
  EXPECT_TRUE(check_customer(customer).empty());
}

}  // namespace
}  // namespace kip
