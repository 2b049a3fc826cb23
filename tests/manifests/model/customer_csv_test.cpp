#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <manifests/model/customer_csv.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using testing::fails_with;
using ::testing::HasSubstr;
using testing::is_ok;
using ::testing::Not;

const std::string kHeader = "tax code;name;e-mail;product;contract start;periods;seats\n";

TEST(CustomerCsv, ReadsTheSampleList) {
  const auto imported = import_customers_csv(testing::read_file(KIP_SAMPLES "/customers-sample.csv"));
  ASSERT_THAT(imported, is_ok());
  ASSERT_EQ(imported->items.size(), 4U);
  EXPECT_TRUE(imported->warnings.empty());
  const Customer& last = imported->items[3];
  EXPECT_EQ(last.seats, 2);
  EXPECT_EQ(last.entitlement(*parse_date("2026-01-20")).state, Entitlement::State::entitled);
  EXPECT_EQ(last.entitlement(*parse_date("2026-02-01")).state, Entitlement::State::ended);
}

struct Accepted {
  const char* name;
  std::string text;
};

class CustomerCsvDialect : public ::testing::TestWithParam<Accepted> {};

TEST_P(CustomerCsvDialect, GivesTheSameCustomer) {
  const auto imported = import_customers_csv(GetParam().text);
  ASSERT_THAT(imported, is_ok());
  ASSERT_EQ(imported->items.size(), 1U);
  const Customer& customer = imported->items[0];
  EXPECT_EQ(customer.tax_code.str(), "0100109106");
  EXPECT_EQ(customer.name, "Công ty A");
  EXPECT_EQ(customer.product.str(), "forms");
  EXPECT_EQ(format_date(customer.contract_start), "2025-01-20");
  EXPECT_EQ(customer.periods.months(), (std::vector<int>{12, 24}));
  EXPECT_EQ(customer.seats, 2);
}

INSTANTIATE_TEST_SUITE_P(
    Dialects, CustomerCsvDialect,
    ::testing::Values(
        Accepted{"semicolons", kHeader + "0100109106;Công ty A;a@x.vn;forms;20/01/2025;12+24;2\n"},
        Accepted{"commas",
                 "tax_code,name,email,product,contract_start,periods,seats\n"
                 "0100109106,Công ty A,,forms,2025-01-20,12+24,2\n"},
        Accepted{"bom_crlf_quotes",
                 "\xEF\xBB\xBFTax Code;NAME;E-Mail;Product;Contract_Start;Periods;Seats;Regime\r\n"
                 "\"0100109106\";\"Công ty A\";;\"forms\";20/01/2025;\"12+24\";2;\r\n"},
        Accepted{"vietnamese",
                 "Mã số thuế;Tên;Email;Sản phẩm;Ngày hợp đồng;Kỳ hạn;Số máy;Chế độ\n"
                 "0100109106;Công ty A;;forms;20/01/2025;12+24;2;TT99\n"},
        Accepted{"vietnamese_capitals_decomposed",
                 "MST;TÊN;SẢN PHẨM;NGÀY HỢP ĐỒNG;KY\u0300 HA\u0323N;SỐ MÁY\n"
                 "0100109106;Co\u0302ng ty A;forms;20/01/2025;12+24;2\n"},
        Accepted{"other_order",
                 "seats;periods;product;contract start;name;mst\n2;12+24;forms;20/01/2025;Công ty A;0100109106"},
        Accepted{"trailing_delimiters",
                 "tax code;name;product;contract start;periods;seats;;\n"
                 "0100109106;Công ty A;forms;20/01/2025;12+24;2;;;\n"}),
    [](const auto& row) { return row.param.name; });

TEST(CustomerCsv, KeepsNamesThatLookLikeFormulas) {
  const auto imported = import_customers_csv(kHeader + "0100109106;=A1+@x;-;forms;20/01/2025;12;2\n");
  ASSERT_THAT(imported, is_ok());
  EXPECT_EQ(imported->items[0].name, "=A1+@x");
}

TEST(CustomerCsv, ReadsRangesAndTheRegime) {
  const auto imported = import_customers_csv(
      "mst;name;product;contract start;periods;seats;regime\n"
      "0100109106;A;forms;20/01/2025;01/01/2025-31/12/2025|01/02/2026-31/12/2026;2;TT99\n"
      "0100109106;A;program;20/01/2025;12;2;\n");
  ASSERT_THAT(imported, is_ok());
  EXPECT_EQ(imported->items[0].periods.ranges().size(), 2U);
  EXPECT_EQ(imported->items[0].attribute(CustomerAttribute::regime), "TT99");
  EXPECT_FALSE(imported->items[1].attribute(CustomerAttribute::regime));
}

TEST(CustomerCsv, ReadsWhatTheContractSays) {
  const auto imported = import_customers_csv(
      "mst;name;product;ngày hợp đồng;tính từ;kỳ hạn;số máy;nghĩa vụ từ ngày;cam kết;tính theo giờ;được hoãn;cho phép "
      "bắt "
      "buộc;ngôn ngữ;điện thoại;vat method;ngành nghề\n"
      "0100109106;A;forms;20/01/2025;accepted;12;2;01/02/2025;forms-7d, "
      "remote-24h;có;không;yes;vi;0909;deduction;gold\n"
      "0100109106;A;program;20/01/2025;;12;2;;;;;;;;;\n");
  ASSERT_THAT(imported, is_ok());
  const Customer& full = imported->items[0];
  EXPECT_EQ(full.start_event, ContractStart::acceptance);
  EXPECT_EQ(format_date(*full.obligations_from), "2025-02-01");
  EXPECT_EQ(full.commitments, (std::set<std::string>{"forms-7d", "remote-24h"}));
  EXPECT_TRUE(full.by_the_hour);
  EXPECT_FALSE(full.may_postpone);
  EXPECT_TRUE(full.force_allowed);
  EXPECT_EQ(full.language, Language::vi);
  EXPECT_EQ(full.phone, "0909");
  EXPECT_EQ(full.attribute(CustomerAttribute::vat_method), "deduction");
  EXPECT_EQ(read_customer(to_json(full)).value(), full);
  const Customer& plain = imported->items[1];
  EXPECT_TRUE(plain.may_postpone);
  EXPECT_EQ(*to_json(plain).find("format")->as_text(), "kip.customer/1");
  EXPECT_THAT(import_customers_csv("mst;name;product;contract start;periods;seats;may postpone\n"
                                   "0100109106;A;forms;20/01/2025;12;2;maybe\n"),
              fails_with(ErrorCode::malformed, "neither yes nor no"));
}

TEST(CustomerCsv, ListsEveryFaultOfEveryRowAndImportsNothing) {
  const auto imported = import_customers_csv(kHeader +
                                             "0100109106;right;;forms;20/01/2025;12;2\n"
                                             "01 00;;;forms;20/01/2025;12;2\n"
                                             "0100109106-001;A;;Forms;2025/01/20;12;2\n"
                                             "0100109106-002;A;;forms;31/02/2025;twelve;0\n"
                                             "0100109106-003;\"A\nB\";;forms;20/01/2025;12;2\n"
                                             "0100109106-004;A; B;;forms;20/01/2025;12;2\n"
                                             "0100109106-005;A\n");
  ASSERT_THAT(imported, fails_with(ErrorCode::malformed, "6 of 7 rows"));
  const std::string& message = imported.error().message;
  EXPECT_THAT(message, Not(HasSubstr("row 2:")));
  for (const char* part : {"row 3: tax code: \"01 00\"", "row 3: name: is empty", "row 4: product:",
                           "row 4: contract start: \"2025/01/20\"", "row 5: contract start: \"31/02/2025\"",
                           "row 5: periods: \"twelve\"", "row 5: seats: \"0\"", "row 6: name: has a line break",
                           "row 7: 8 fields for 7 columns", "row 8: product:", "row 8: seats:"}) {
    EXPECT_THAT(message, HasSubstr(part));
  }
}

TEST(CustomerCsv, SameCustomerAndProductTwiceMustBeTheSame) {
  const std::string row = "0100109106;A;;forms;20/01/2025;12;2\n";
  const auto twice = import_customers_csv(kHeader + row + row);
  ASSERT_THAT(twice, is_ok());
  EXPECT_EQ(twice->items.size(), 1U);
  EXPECT_EQ(import_customers_csv(kHeader + row + "0100109106;A;;program;20/01/2025;12;2\n")->items.size(), 2U);
  const auto other = import_customers_csv(kHeader + row + "0100109106;A;;forms;20/01/2025;12;3\n");
  EXPECT_THAT(other, fails_with(ErrorCode::malformed,
                                "row 2: 0100109106 with product forms stands again in row 3 with other content"));
  EXPECT_THAT(other, fails_with(ErrorCode::malformed, "row 3: 0100109106 with product forms stands already in row 2"));
}

TEST(CustomerCsv, WarnsOfCheckDigitsAndColumnsThatAreNotUsed) {
  const auto imported = import_customers_csv(
      "mst;name;product;contract start;periods;seats;địa chỉ\n0100109107;A;forms;20/01/2025;12;2;Huế\n");
  ASSERT_THAT(imported, is_ok());
  ASSERT_EQ(imported->warnings.size(), 2U);
  EXPECT_EQ(imported->warnings[0].row, 1U);
  EXPECT_EQ(imported->warnings[0].warning.code, "unknown-column");
  EXPECT_EQ(imported->warnings[1].row, 2U);
  EXPECT_EQ(imported->warnings[1].warning.code, "tax-code-check-digit");
}

struct BadList {
  const char* name;
  std::string bytes;
  const char* message;
};

class BadCustomerCsv : public ::testing::TestWithParam<BadList> {};

TEST_P(BadCustomerCsv, IsRefusedAsAWhole) {
  EXPECT_THAT(import_customers_csv(GetParam().bytes), fails_with(ErrorCode::malformed, GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Lists, BadCustomerCsv,
    ::testing::Values(BadList{"empty", "", "empty"}, BadList{"utf16", std::string("\xFF\xFEm\0", 4), "CSV UTF-8"},
                      BadList{"ansi", "mst;t\xEAn\n", "CSV UTF-8"},
                      BadList{"missing", "mst;name\n", "product, contract start, periods, seats"},
                      BadList{"twice", "mst;tax code;name\n", "two columns are the tax code"},
                      BadList{"open_quote", kHeader + "\"01;A\n", "row 2: a quoted field does not end"}),
    [](const auto& row) { return row.param.name; });

TEST(CustomerCsv, TakesAHundredThousandRowsAndNoMore) {
  std::string list = kHeader;
  for (int i = 0; i < 20'000; ++i)
    list += "X" + std::to_string(i) + ";A;;forms;20/01/2025;12;2\n";
  EXPECT_EQ(import_customers_csv(list)->items.size(), 20'000U);
  list += "Y;A;;forms;20/01/2025;12;2\n";
  EXPECT_THAT(import_customers_csv(list), fails_with(ErrorCode::too_large, "20000 rows"));
}

TEST(CustomerCsv, CutsAVeryLongListOfFaults) {
  std::string list = kHeader;
  for (int i = 0; i < 1200; ++i)
    list += "X;;;forms;20/01/2025;12;2\n";
  const auto imported = import_customers_csv(list);
  ASSERT_THAT(imported, fails_with(ErrorCode::malformed, "1200 of 1200 rows"));
  EXPECT_THAT(imported, fails_with(ErrorCode::malformed, "and 200 more"));
}

}  // namespace
}  // namespace kip
