#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <manifests/model/obligation.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>
#include <testing/zones.hpp>

namespace kip {
namespace {

using ::testing::ElementsAre;
using testing::fails_with;
using testing::is_ok;
using ::testing::IsEmpty;
using State = ObligationState;

Instant at(const char* text) {
  return parse_instant(text).value();
}

const Calendar& vietnam() {
  static const Calendar kCalendar = parse_calendar(testing::read_file(KIP_SAMPLES "/calendars/VN.json")).value();
  return kCalendar;
}

/// Signed Mon 27/10/2025: seven days end on Mon 03/11/2025, due 2025-11-03T17:00:00Z.
Act act(std::string_view regimes = "", std::string_view products = "") {
  return parse_act(R"({"format":"kip.act/1","issuer":"BTC","number":"99/2025/TT-BTC","year":2025,"kind":"circular",
    "signed_on":"2025-10-27","effective_on":"2026-01-01","changes":["report-form"],"applies_to":{"regimes":[)" +
                   std::string(regimes) + R"(],"products":[)" + std::string(products) + "]}}")
      .value();
}

Commitment commitment(Milestone milestone) {
  const auto samples = parse_commitments(testing::read_file(KIP_SAMPLES "/commitments-sample.json")).value();
  return samples.at(milestone == Milestone::published ? 0 : 1);
}

CustomerFacts customer(const char* tax_code, int seats, std::vector<InstallFact> installs,
                       std::optional<std::string> regime = {}, const char* periods = "12+24") {
  return {{.tax_code = TaxCode::parse(tax_code).value(),
           .name = std::string("Customer ") + tax_code,
           .product = ProductId::parse("forms").value(),
           .contract_start = parse_date("2025-01-20").value(),
           .periods = ContractPeriods::parse(periods).value(),
           .seats = seats,
           .regime = std::move(regime)},
          std::move(installs)};
}

InstallFact install(const char* label, const char* installed_at = nullptr, bool retired = false) {
  InstallFact out{.id = InstallId::make(at("2025-01-01T00:00:00Z"), {}), .label = label, .retired = retired};
  if (installed_at != nullptr) out.installed_at = at(installed_at);
  return out;
}

ObligationView judged(const ObligationFacts& facts) {
  return judge(facts, vietnam(), testing::FixedZone()).value();
}

struct PublishedRow {
  const char* name;
  const char* published_at;
  const char* now;
  State state;
  std::int64_t time_left;  ///< seconds; -1: none
  std::int64_t late_by;
};

class PublishedMilestone : public ::testing::TestWithParam<PublishedRow> {};

TEST_P(PublishedMilestone, IsJudgedByTheFirstPublication) {
  const PublishedRow& row = GetParam();
  const Act subject = act();
  const Commitment promise = commitment(Milestone::published);
  ObligationFacts facts{.number = 7, .act = subject, .commitment = promise, .now = at(row.now)};
  if (*row.published_at != '\0') {
    facts.publications = {{promise.product, at("2025-12-31T00:00:00Z")},
                          {promise.product, at(row.published_at)},
                          {promise.product, at("2026-01-15T00:00:00Z")}};
  }
  const ObligationView view = judged(facts);
  EXPECT_EQ(view.state, row.state);
  EXPECT_EQ(view.time_left.value_or(std::chrono::seconds(-1)), std::chrono::seconds(row.time_left));
  EXPECT_EQ(view.late_by.value_or(std::chrono::seconds(-1)), std::chrono::seconds(row.late_by));
  EXPECT_FALSE(view.proven);
  EXPECT_THAT(view.customers, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Times, PublishedMilestone,
    ::testing::Values(PublishedRow{"running", "", "2025-11-01T17:00:00Z", State::running, 172800, -1},
                      PublishedRow{"at_risk", "", "2025-11-01T17:00:01Z", State::at_risk, 172799, -1},
                      PublishedRow{"last_second", "", "2025-11-03T16:59:59Z", State::at_risk, 1, -1},
                      PublishedRow{"missed_at_due", "", "2025-11-03T17:00:00Z", State::missed, -1, 0},
                      PublishedRow{"missed", "", "2025-11-04T17:00:00Z", State::missed, -1, 86400},
                      PublishedRow{"met", "2025-10-30T00:00:00Z", "2025-10-31T00:00:00Z", State::met, -1, -1},
                      PublishedRow{"met_just", "2025-11-03T16:59:59.999Z", "2026-01-01T00:00:00Z", State::met, -1, -1},
                      PublishedRow{"late_at_due", "2025-11-03T17:00:00Z", "2026-01-01T00:00:00Z", State::met_late, -1,
                                   0},
                      PublishedRow{"late", "2025-11-03T17:00:30Z", "2026-01-01T00:00:00Z", State::met_late, -1, 30}),
    [](const auto& row) { return row.param.name; });

TEST(PublishedMilestones, PublicationOfAnotherProductIsNone) {
  const Act subject = act();
  const Commitment promise = commitment(Milestone::published);
  const ObligationView view =
      judged({.act = subject,
              .commitment = promise,
              .publications = {{ProductId::parse("program").value(), at("2025-10-28T00:00:00Z")}},
              .now = at("2025-11-10T00:00:00Z")});
  EXPECT_EQ(view.state, State::missed);
  EXPECT_FALSE(view.published_at);
}

ObligationView judge_installs(std::vector<CustomerFacts> customers, const char* now = "2025-11-10T00:00:00Z",
                              const Act& subject = act()) {
  const Commitment promise = commitment(Milestone::installed);
  return judged(
      {.number = 8, .act = subject, .commitment = promise, .customers = std::move(customers), .now = at(now)});
}

constexpr const char* kInTime = "2025-11-02T00:00:00Z";
constexpr const char* kAtDue = "2025-11-03T17:00:00Z";

struct InstallRow {
  const char* name;
  int seats;
  std::vector<InstallFact> installs;
  State state;
  int installed;
  int never_enrolled;
  std::vector<std::string> missing;
};

class InstalledMilestone : public ::testing::TestWithParam<InstallRow> {};

TEST_P(InstalledMilestone, CountsPromisedSeats) {
  const InstallRow& row = GetParam();
  const ObligationView view = judge_installs({customer("X1", row.seats, row.installs)});
  ASSERT_EQ(view.customers.size(), 1U);
  EXPECT_EQ(view.customers[0].state, row.state);
  EXPECT_EQ(view.state, row.state);
  EXPECT_EQ(view.customers[0].installed, row.installed);
  EXPECT_EQ(view.customers[0].never_enrolled, row.never_enrolled);
  EXPECT_EQ(view.customers[0].missing, row.missing);
  EXPECT_EQ(view.seats, row.seats);
}

INSTANTIATE_TEST_SUITE_P(
    Installs, InstalledMilestone,
    ::testing::Values(
        InstallRow{"all", 2, {install("A", kInTime), install("B", kInTime)}, State::met, 2, 0, {}},
        InstallRow{"one_late", 2, {install("A", kInTime), install("B", kAtDue)}, State::met_late, 2, 0, {}},
        InstallRow{"one_missing", 2, {install("A", kInTime), install("B")}, State::missed, 1, 0, {"B"}},
        InstallRow{"never_enrolled", 3, {install("A", kInTime)}, State::missed, 1, 2, {}},
        InstallRow{"none", 1, {}, State::missed, 0, 1, {}},
        InstallRow{"more_than_seats", 1, {install("A"), install("B", kInTime)}, State::met, 1, 0, {"A"}},
        InstallRow{"first_of_many_decides", 1, {install("A", kAtDue), install("B", kInTime)}, State::met, 1, 0, {}},
        InstallRow{"retired_without", 1, {install("old", nullptr, true)}, State::missed, 0, 1, {}},
        InstallRow{"retired_with", 1, {install("old", kInTime, true)}, State::met, 1, 0, {}}),
    [](const auto& row) { return row.param.name; });

TEST(InstalledMilestones, AreMetOnlyWhereEveryCustomerIs) {
  const CustomerFacts done = customer("X1", 1, {install("A", kInTime)});
  const CustomerFacts late = customer("X2", 1, {install("B", "2025-11-05T17:00:00Z")});
  const CustomerFacts open = customer("X3", 1, {install("C")});
  EXPECT_EQ(judge_installs({done, done}).state, State::met);
  const ObligationView with_late = judge_installs({late, done});
  EXPECT_EQ(with_late.state, State::met_late);
  EXPECT_EQ(with_late.late_by, std::chrono::hours(48));
  EXPECT_EQ(with_late.customers[1].state, State::met);
  EXPECT_EQ(judge_installs({done, open}).state, State::missed);
  EXPECT_EQ(judge_installs({done, open}, "2025-11-02T00:00:00Z").state, State::at_risk);
  EXPECT_EQ(judge_installs({done, open}, "2025-10-28T00:00:00Z").state, State::running);
  EXPECT_EQ(judge_installs({done, done}, "2025-10-28T00:00:00Z").state, State::met);
  EXPECT_EQ(judge_installs({done, open}).installed, 1);
  EXPECT_EQ(judge_installs({done, open}).seats, 2);
}

TEST(InstalledMilestones, RowsThatAreNotEntitledDoNotCount) {
  const CustomerFacts done = customer("X1", 1, {install("A", kInTime)});
  const CustomerFacts ended = customer("X2", 5, {install("B")}, {}, "9");
  const CustomerFacts later = customer("X3", 5, {}, {}, "01/12/2025-31/12/2026");
  const ObligationView view = judge_installs({done, ended, later});
  EXPECT_EQ(view.state, State::met);
  EXPECT_EQ(view.seats, 1);
  EXPECT_EQ(view.customers[1].state, State::not_entitled);
  EXPECT_EQ(view.customers[1].reason, "contract-ended");
  EXPECT_EQ(view.customers[1].detail, "2025-10-21");
  EXPECT_EQ(view.customers[2].reason, "contract-not-begun");
  EXPECT_EQ(view.customers[2].detail, "2025-12-01");
  EXPECT_EQ(judge_installs({ended}).state, State::not_entitled);
}

TEST(InstalledMilestones, EntitlementIsThatOfTheTriggerDate) {
  const CustomerFacts until = customer("X1", 1, {install("A")}, {}, "01/01/2025-27/10/2025");
  EXPECT_EQ(judge_installs({until}).customers[0].applicability, Applicability::applicable);
  const CustomerFacts before = customer("X1", 1, {install("A")}, {}, "01/01/2025-26/10/2025");
  EXPECT_EQ(judge_installs({before}).customers[0].applicability, Applicability::not_entitled);
}

TEST(InstalledMilestones, UnknownRegimeIsNeverCountedAsCompliant) {
  const Act subject = act("\"TT99\"");
  const CustomerFacts concerned = customer("X1", 1, {install("A", kInTime)}, "TT99");
  const CustomerFacts other = customer("X2", 1, {install("B")}, "TT133");
  const CustomerFacts unknown = customer("X3", 1, {install("C")});
  const ObligationView view = judge_installs({concerned, other, unknown}, "2025-11-10T00:00:00Z", subject);
  EXPECT_EQ(view.customers[0].applicability, Applicability::applicable);
  EXPECT_EQ(view.customers[1].state, State::not_applicable);
  EXPECT_EQ(view.customers[1].reason, "regime-not-concerned");
  EXPECT_EQ(view.customers[1].detail, "TT133");
  EXPECT_EQ(view.customers[2].applicability, Applicability::unknown_attribute);
  EXPECT_EQ(view.customers[2].state, State::missed);
  EXPECT_EQ(view.state, State::missed);
  EXPECT_EQ(judge_installs({concerned, other}, "2025-11-10T00:00:00Z", subject).state, State::met);
  EXPECT_EQ(judge_installs({other}, "2025-11-10T00:00:00Z", subject).state, State::not_applicable);
}

TEST(InstalledMilestones, WithoutCustomersNothingIsMet) {
  const ObligationView view = judge_installs({});
  EXPECT_EQ(view.state, State::not_applicable);
  EXPECT_EQ(view.reason, "no-customers");
  CustomerFacts other = customer("X1", 1, {});
  other.customer.product = ProductId::parse("program").value();
  EXPECT_THAT(judge_installs({other}).customers, IsEmpty());
}

TEST(Obligation, OfAnActForOtherProductsIsNotApplicable) {
  const Act subject = act("", "\"program\"");
  const Commitment promise = commitment(Milestone::published);
  const ObligationView view = judged({.act = subject, .commitment = promise, .now = at("2026-11-10T00:00:00Z")});
  EXPECT_EQ(view.state, State::not_applicable);
  EXPECT_EQ(view.reason, "product-not-concerned");
}

TEST(Obligation, WithoutPeriodIsTrackedAndNeverMissed) {
  const Act subject = act();
  for (const Milestone milestone : {Milestone::published, Milestone::installed}) {
    Commitment promise = commitment(milestone);
    promise.period.reset();
    const ObligationView view = judged({.act = subject,
                                        .commitment = promise,
                                        .customers = {customer("X1", 1, {install("A")})},
                                        .now = at("2030-01-01T00:00:00Z")});
    EXPECT_EQ(view.state, State::tracked);
    EXPECT_FALSE(view.due);
    EXPECT_EQ(format_date(*view.target), "2026-01-01");
    EXPECT_FALSE(view.late_by);
  }
}

TEST(Obligation, WhoseTriggerDateIsMissingStaysOpenAndSaysWhy) {
  const Act subject = act();
  Commitment promise = commitment(Milestone::published);
  promise.trigger = Trigger::act_gazetted;
  const ObligationView view = judged({.act = subject,
                                      .commitment = promise,
                                      .publications = {{promise.product, at(kInTime)}},
                                      .now = at("2030-01-01T00:00:00Z")});
  EXPECT_EQ(view.state, State::running);
  EXPECT_EQ(view.reason, "trigger-date-missing");
  EXPECT_FALSE(view.due);
}

TEST(Obligation, IsNotJudgedByTheCalendarOfAnotherCountry) {
  const Act subject = act();
  const Commitment promise = commitment(Milestone::published);
  const Calendar hungary = parse_calendar(testing::read_file(KIP_SAMPLES "/calendars/HU.json")).value();
  const ObligationFacts facts{.act = subject, .commitment = promise, .now = at("2025-11-10T00:00:00Z")};
  EXPECT_THAT(judge(facts, hungary, testing::FixedZone()), fails_with(ErrorCode::usage, "VN"));
}

TEST(ObligationJson, HasWhatABoardShows) {
  const Act subject = act("\"TT99\"");
  const Commitment promise = commitment(Milestone::installed);
  const ObligationView view =
      judged({.number = 8,
              .act = subject,
              .commitment = promise,
              .publications = {{promise.product, at("2025-10-30T03:04:05.600Z")}},
              .customers = {customer("X1", 3, {install("Front desk", kInTime), install("Back")})},
              .now = at("2025-11-03T16:00:00.5Z")});
  json::Value value = to_json(view);
  EXPECT_EQ(*value.find("deadline")->find("format")->as_text(), "kip.deadline/1");
  value.as_object()->erase("deadline");
  EXPECT_EQ(value, *json::parse(R"({"format":"kip.obligation/1","number":8,"act":"BTC:99/2025/TT-BTC:2025",
    "commitment":"forms-installed-7d","product":"forms","milestone":"installed","state":"at_risk","proven":false,
    "due":"2025-11-03T17:00:00Z","published_at":"2025-10-30T03:04:05.600Z","time_left_seconds":3599,
    "installed":1,"seats":3,"customers":[{"tax_code":"X1","name":"Customer X1","applicability":"unknown_attribute",
    "reason":"regime-unknown","state":"at_risk","installed":1,"seats":3,"never_enrolled":1,"missing":["Back"]}]})"));
}

TEST(ObligationJson, OfAPublicationHasNoCustomers) {
  const Act subject = act();
  const Commitment promise = commitment(Milestone::published);
  const json::Value value = to_json(judged({.act = subject, .commitment = promise, .now = at("2025-11-10T00:00:00Z")}));
  EXPECT_EQ(value.find("customers"), nullptr);
  EXPECT_EQ(*value.find("late_by_seconds")->as_integer(), 543600);
  EXPECT_EQ(value.find("time_left_seconds"), nullptr);
}

}  // namespace
}  // namespace kip
