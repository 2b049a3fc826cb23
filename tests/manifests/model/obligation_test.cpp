#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <manifests/deadline/calendar_amendment.hpp>
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
                       const std::optional<std::string>& regime = {}, const char* periods = "12+24") {
  return {{.tax_code = TaxCode::parse(tax_code).value(),
           .name = std::string("Customer ") + tax_code,
           .product = ProductId::parse("forms").value(),
           .contract_start = parse_date("2025-01-20").value(),
           .periods = ContractPeriods::parse(periods).value(),
           .seats = seats,
           .attributes = regime ? std::map<CustomerAttribute, std::string>{{CustomerAttribute::regime, *regime}}
                                : std::map<CustomerAttribute, std::string>{}},
          std::move(installs)};
}

InstallFact install(const char* label, const char* installed_at = nullptr, bool retired = false) {
  InstallFact out{.id = InstallId::make(at("2025-01-01T00:00:00Z"), {}), .label = label, .retired = retired};
  if (installed_at != nullptr) out.installed_at = at(installed_at);
  return out;
}

/// What a test says of an obligation; the dates are confirmed unless it says otherwise.
struct Known {
  std::int64_t number = 0;
  const Act& act;
  const Commitment& commitment;
  std::vector<Publication> publications = {};
  std::vector<CustomerFacts> customers = {};
  Instant now;
  std::optional<ActHistory> history = {};
  Circumstances circumstances = {};
};

ActHistory registered(const Act& act) {
  return ActHistory::begin(act, "staff:an", at("2025-10-28T02:00:00Z"));
}

ActHistory confirmed(const Act& act) {
  ActHistory out = registered(act);
  for (const Trigger date : {Trigger::act_signed, Trigger::act_gazetted, Trigger::act_effective}) {
    const auto day = act.date(date);
    if (!day) continue;
    EXPECT_THAT(out.confirm({date, *day, {}, "staff:binh", at("2025-10-28T03:00:00Z")}), is_ok());
  }
  return out;
}

ObligationView judged(const Known& known) {
  const ActHistory history = known.history ? *known.history : confirmed(known.act);
  return judge({.number = known.number,
                .act = known.act,
                .history = history,
                .commitment = known.commitment,
                .circumstances = known.circumstances,
                .publications = known.publications,
                .customers = known.customers,
                .now = known.now},
               vietnam(), testing::FixedZone())
      .value();
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
  Known facts{.number = 7, .act = subject, .commitment = promise, .now = at(row.now)};
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
  EXPECT_EQ(view.tally.seats, row.seats);
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
  EXPECT_EQ(judge_installs({done, open}).tally.installed, 1);
  EXPECT_EQ(judge_installs({done, open}).tally.seats, 2);
}

TEST(InstalledMilestones, RowsThatAreNotEntitledDoNotCount) {
  const CustomerFacts done = customer("X1", 1, {install("A", kInTime)});
  const CustomerFacts ended = customer("X2", 5, {install("B")}, {}, "9");
  const CustomerFacts later = customer("X3", 5, {}, {}, "01/12/2025-31/12/2026");
  const ObligationView view = judge_installs({done, ended, later});
  EXPECT_EQ(view.state, State::met);
  EXPECT_EQ(view.tally.seats, 1);
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

TEST(Obligation, WhoseTriggerDateIsMissingIsNotJudgedAndSaysWhy) {
  const Act subject = act();
  Commitment promise = commitment(Milestone::published);
  promise.trigger = Trigger::act_gazetted;
  const ObligationView view = judged({.act = subject,
                                      .commitment = promise,
                                      .publications = {{promise.product, at(kInTime)}},
                                      .now = at("2030-01-01T00:00:00Z")});
  EXPECT_EQ(view.state, State::unconfirmed);
  EXPECT_FALSE(view.confirmed);
  EXPECT_EQ(view.reason, "trigger-date-missing");
  EXPECT_FALSE(view.due);
}

TEST(Obligation, IsNotJudgedByTheCalendarOfAnotherCountry) {
  const Act subject = act();
  const Commitment promise = commitment(Milestone::published);
  const Calendar hungary = parse_calendar(testing::read_file(KIP_SAMPLES "/calendars/HU.json")).value();
  const ActHistory history = confirmed(subject);
  const Circumstances none;
  const ObligationFacts facts{.act = subject,
                              .history = history,
                              .commitment = promise,
                              .circumstances = none,
                              .now = at("2025-11-10T00:00:00Z")};
  EXPECT_THAT(judge(facts, hungary, testing::FixedZone()), fails_with(ErrorCode::usage, "VN"));
}

TEST(Obligation, IsNotJudgedBeforeASecondPersonHasConfirmedTheDate) {
  const Act subject = act();
  const Commitment promise = commitment(Milestone::published);
  Known known{.act = subject,
              .commitment = promise,
              .publications = {{promise.product, at(kInTime)}},
              .now = at("2025-11-10T00:00:00Z"),
              .history = registered(subject)};
  ObligationView view = judged(known);
  EXPECT_EQ(view.state, State::unconfirmed);
  EXPECT_EQ(view.reason, "date-unconfirmed");
  EXPECT_EQ(format_instant(view.due->due), "2025-11-03T17:00:00Z");
  ASSERT_THAT(known.history->state({Trigger::act_signed, parse_date("2025-10-20").value(), "press", "staff:chi", {}}),
              is_ok());
  view = judged(known);
  EXPECT_EQ(view.reason, "date-disputed");
  EXPECT_EQ(view.disputed.size(), 2U);
  EXPECT_EQ(format_date(view.due->last_day), "2025-10-27") << "the earliest, so that whoever works by it is in time";
  known.history = confirmed(subject);
  EXPECT_EQ(judged(known).state, State::met);
}

TEST(Obligation, ACorrectedDateShowsTheOldAndTheNewLimit) {
  const Act subject = act();
  const Commitment promise = commitment(Milestone::published);
  ActHistory history = confirmed(subject);
  ASSERT_THAT(history.state({Trigger::act_signed, parse_date("2025-10-20").value(), "gazette", "staff:chi", {}}),
              is_ok());
  const Known disputed{.act = subject,
                       .commitment = promise,
                       .publications = {{promise.product, at(kInTime)}},
                       .now = at("2025-11-10T00:00:00Z"),
                       .history = history};
  EXPECT_EQ(judged(disputed).state, State::met) << "the confirmed day holds until people decide";
  EXPECT_EQ(judged(disputed).disputed.size(), 2U);
  ASSERT_THAT(history.confirm({Trigger::act_signed, parse_date("2025-10-20").value(), "the gazette is right",
                               "staff:binh", at("2025-11-05T00:00:00Z")}),
              is_ok());
  Known corrected = disputed;
  corrected.history = history;
  const ObligationView view = judged(corrected);
  EXPECT_EQ(view.state, State::met_late);
  ASSERT_EQ(view.clocks.size(), 2U);
  EXPECT_EQ(format_date(view.clocks[0].due->last_day), "2025-11-03");
  EXPECT_EQ(format_date(view.clocks[1].due->last_day), "2025-10-27");
  EXPECT_EQ(view.clocks[1].reason, "the gazette is right");
}

ActHistory stopped(const Act& subject, const char* on, ActTurn turn) {
  ActHistory history = confirmed(subject);
  EXPECT_THAT(history.develop({.turn = turn,
                               .on = parse_date(on).value(),
                               .source = "notice",
                               .clock = ClockDecision::stops,
                               .reason = "not in force",
                               .by = "staff:an"}),
              is_ok());
  EXPECT_THAT(history.confirm_development(1, "staff:binh", at("2025-10-29T00:00:00Z")), is_ok());
  return history;
}

TEST(Obligation, WhatWasDueBeforeTheActWasWithdrawnStaysDue) {
  const Act subject = act();
  const Commitment promise = commitment(Milestone::published);
  const auto view = [&](const char* on, std::vector<Publication> publications = {}) {
    return judged({.act = subject,
                   .commitment = promise,
                   .publications = std::move(publications),
                   .now = at("2025-12-10T00:00:00Z"),
                   .history = stopped(subject, on, ActTurn::withdrawn)});
  };
  EXPECT_EQ(view("2025-11-05").state, State::missed);
  EXPECT_EQ(view("2025-11-03").state, State::not_applicable);
  EXPECT_EQ(view("2025-11-03").reason, "act-withdrawn");
  EXPECT_EQ(view("2025-11-03", {{promise.product, at(kInTime)}}).state, State::met) << "what was done stays done";
}

TEST(Obligation, APersonsWaiverHoldsForItsTimeOnceAnotherHasApprovedIt) {
  const Act subject = act();
  const Commitment promise = commitment(Milestone::published);
  Known known{.act = subject, .commitment = promise, .now = at("2025-11-10T00:00:00Z")};
  ASSERT_THAT(known.circumstances.request_waiver({.reason = "nobody uses the form",
                                                  .expires = at("2025-12-01T00:00:00Z"),
                                                  .requested_by = "staff:an",
                                                  .requested_at = at("2025-11-01T00:00:00Z")}),
              is_ok());
  EXPECT_EQ(judged(known).state, State::missed);
  EXPECT_THAT(known.circumstances.approve_waiver(1, "staff:an", at("2025-11-01T00:00:00Z")),
              fails_with(ErrorCode::denied));
  ASSERT_THAT(known.circumstances.approve_waiver(1, "staff:binh", at("2025-11-01T00:00:00Z")), is_ok());
  EXPECT_EQ(judged(known).state, State::waived);
  EXPECT_EQ(judged(known).waiver->approved_by, "staff:binh");
  known.now = at("2025-12-01T00:00:00Z");
  EXPECT_EQ(judged(known).state, State::missed);
  known.publications = {{promise.product, at("2025-11-20T00:00:00Z")}};
  EXPECT_EQ(judged(known).state, State::met_late);
  EXPECT_EQ(judged(known).reason, "waived");
}

TEST(Obligation, PartsAreDeliveredAndBlockedOneByOne) {
  Act subject = act();
  subject.parts = {"print-form", "xml-export"};
  const Commitment promise = commitment(Milestone::published);
  Known known{.act = subject,
              .commitment = promise,
              .publications = {{promise.product, at(kInTime), "print-form"}},
              .now = at("2025-11-10T00:00:00Z")};
  EXPECT_EQ(judged(known).state, State::missed);
  EXPECT_FALSE(judged(known).published_at);
  ASSERT_THAT(known.circumstances.block({.part = "xml-export",
                                         .since = parse_date("2025-10-27").value(),
                                         .evidence = "the authority's schema is not out"}),
              is_ok());
  ObligationView view = judged(known);
  EXPECT_EQ(view.state, State::blocked_upstream);
  EXPECT_FALSE(view.parts[0].blocked);
  EXPECT_TRUE(view.parts[1].blocked);
  ASSERT_THAT(known.circumstances.unblock("xml-export", parse_date("2025-11-05").value(), "it is out"), is_ok());
  EXPECT_EQ(judged(known).state, State::missed);
  known.publications.push_back({promise.product, at("2025-11-07T00:00:00Z"), "xml-export"});
  view = judged(known);
  EXPECT_EQ(view.state, State::met_late);
  EXPECT_EQ(view.reason, "blocked-upstream");
  EXPECT_EQ(view.published_at, at("2025-11-07T00:00:00Z"));
  known.publications = {{promise.product, at(kInTime)}};
  EXPECT_EQ(judged(known).state, State::met) << "a release that serves the act serves all parts";
}

TEST(Obligation, WhatAnAuthorityHoldsUpExcusesNothingElseAndNothingThatWasLateBefore) {
  Act subject = act();
  subject.parts = {"print-form", "xml-export"};
  const Commitment promise = commitment(Milestone::published);
  const auto blocked = [&](const char* part, const char* since, const char* now) {
    Known known{.act = subject, .commitment = promise, .now = at(now)};
    EXPECT_THAT(known.circumstances.block({.part = part, .since = parse_date(since).value(), .evidence = "not out"}),
                is_ok());
    return judged(known).state;
  };
  constexpr const char* kBefore = "2025-10-30T00:00:00Z";
  constexpr const char* kAfter = "2025-11-10T00:00:00Z";
  EXPECT_EQ(blocked("", "2025-10-28", kBefore), State::blocked_upstream);
  EXPECT_EQ(blocked("", "2025-10-28", kAfter), State::blocked_upstream);
  EXPECT_EQ(blocked("xml-export", "2025-10-28", kBefore), State::running) << "the other part is ours";
  EXPECT_EQ(blocked("xml-export", "2025-10-28", kAfter), State::missed);
  EXPECT_EQ(blocked("", "2025-11-03", kAfter), State::blocked_upstream) << "on the last day";
  EXPECT_EQ(blocked("", "2025-11-04", kAfter), State::missed) << "it was late before that";
  Known late{.act = subject,
             .commitment = promise,
             .publications = {{promise.product, at("2025-11-06T00:00:00Z"), "print-form"}},
             .now = at(kAfter)};
  ASSERT_THAT(late.circumstances.block(
                  {.part = "xml-export", .since = parse_date("2025-10-28").value(), .evidence = "not out"}),
              is_ok());
  EXPECT_EQ(judged(late).state, State::missed) << "our own part was late";
}

TEST(Obligation, ShowsTheLimitBeforeTheCalendarWasAmendedBesideTheNewOne) {
  const Act subject = act();
  const Commitment promise = commitment(Milestone::published);
  const ActHistory history = confirmed(subject);
  const Circumstances none;
  const auto clock_by = [&](const char* date) {
    const auto amendment = parse_calendar_amendment(
        fmt::format(R"({{"format":"kip.calendar-amendment/1","country":"VN","version":"x","days":[{{"date":"{}",
                    "name":"storm","kind":"off","type":"swap","source":"s"}}]}})",
                    date));
    const Calendar calendar = vietnam().amended(*amendment).value();
    return judge({.act = subject, .history = history, .commitment = promise, .circumstances = none, .now = at(kInTime)},
                 calendar, testing::FixedZone())
        .value()
        .clocks.back();
  };
  const ObligationClock moved = clock_by("2025-11-03");
  EXPECT_EQ(format_date(moved.due->last_day), "2025-11-04");
  ASSERT_TRUE(moved.due_before_amendments);
  EXPECT_EQ(format_date(moved.due_before_amendments->last_day), "2025-11-03");
  EXPECT_FALSE(clock_by("2025-12-03").due_before_amendments);
}

TEST(Obligation, WithoutAPeriodIsConfirmedAsItsTargetIs) {
  const Act subject = act();
  Commitment promise = commitment(Milestone::published);
  promise.period.reset();
  EXPECT_TRUE(judged({.act = subject, .commitment = promise, .now = at(kInTime)}).confirmed);
  const ObligationView view =
      judged({.act = subject, .commitment = promise, .now = at(kInTime), .history = registered(subject)});
  EXPECT_FALSE(view.confirmed);
  EXPECT_EQ(view.state, State::tracked);
}

TEST(InstalledMilestones, WhatACustomerHasPutOffBeforeTheLimitIsAttributedNeverMet) {
  InstallFact put_off = install("A");
  put_off.deferred_at = at(kInTime);
  InstallFact too_late = install("B");
  too_late.deferred_at = at(kAtDue);
  const CustomerFacts done = customer("X1", 1, {install("D", kInTime)});
  EXPECT_EQ(judge_installs({customer("X2", 1, {put_off}), done}).state, State::delayed_by_customer);
  EXPECT_EQ(judge_installs({customer("X2", 1, {put_off}), done}).customers[0].state, State::delayed_by_customer);
  EXPECT_EQ(judge_installs({customer("X2", 1, {too_late})}).state, State::missed);
  EXPECT_EQ(judge_installs({customer("X2", 2, {put_off})}).state, State::missed) << "a seat was never enrolled";
  EXPECT_EQ(judge_installs({customer("X2", 2, {put_off, install("C")})}).state, State::missed);
  EXPECT_EQ(judge_installs({customer("X2", 1, {put_off}), customer("X3", 1, {install("C")})}).state, State::missed);
  EXPECT_EQ(judge_installs({customer("X2", 1, {put_off})}, "2025-11-03T00:00:00Z").state, State::at_risk);
}

TEST(InstalledMilestones, WhatWasPutOffStaysAttributedWhenItCameLate) {
  const auto put_off = [](const char* label, const char* installed_at, const char* deferred_at = kInTime) {
    InstallFact out = install(label, installed_at);
    out.deferred_at = at(deferred_at);
    return out;
  };
  constexpr const char* kLater = "2025-11-10T00:00:00Z";
  constexpr const char* kLast = "2025-11-12T00:00:00Z";
  const auto reason_of = [](const std::vector<CustomerFacts>& customers) {
    const ObligationView view = judge_installs(customers, "2025-11-20T00:00:00Z");
    EXPECT_EQ(view.state, State::met_late);
    EXPECT_EQ(view.customers[0].reason, view.reason.empty() && customers.size() == 1 ? "" : "delayed-by-customer");
    return view.reason;
  };
  const CustomerFacts delayed = customer("X2", 1, {put_off("A", kLater)});
  EXPECT_EQ(reason_of({delayed}), "delayed-by-customer");
  EXPECT_EQ(reason_of({delayed, customer("X1", 1, {install("D", kInTime)})}), "delayed-by-customer");
  EXPECT_EQ(reason_of({delayed, customer("X1", 1, {install("D", kLater)})}), "") << "X1 was late without a word";
  EXPECT_EQ(reason_of({customer("X2", 1, {put_off("A", kLater, kAtDue)})}), "") << "put off after the limit";
  EXPECT_EQ(reason_of({customer("X2", 2, {put_off("A", kLast), install("B", kInTime)})}), "delayed-by-customer");
  EXPECT_EQ(reason_of({customer("X2", 2, {put_off("A", kLast), install("B", kLater)})}), "");
  EXPECT_EQ(reason_of({customer("X2", 2, {put_off("A", kLater), install("B", kLast)})}), "");
  EXPECT_EQ(reason_of({customer("X2", 1, {put_off("A", kLater, kLast)})}), "") << "put off when it was there";
  const CustomerFacts by_both = customer("X2", 2, {put_off("A", nullptr), install("B", kLater)});
  EXPECT_EQ(judge_installs({by_both}).state, State::missed) << "B was late without a word";
  const CustomerFacts late = customer("X1", 1, {install("D", kLater)});
  EXPECT_EQ(judge_installs({customer("X2", 1, {put_off("A", nullptr)}), late}).state, State::missed);
}

TEST(InstalledMilestones, ARetiredComputerWithoutItIsNamedWhereItsSeatIsEmpty) {
  const auto row_of = [](int seats, std::vector<InstallFact> installs) {
    return judge_installs({customer("X1", seats, std::move(installs))}).customers.at(0);
  };
  const CustomerRow empty = row_of(2, {install("old", nullptr, true), install("A", kInTime)});
  EXPECT_EQ(empty.never_enrolled, 1) << "its seat has no computer";
  EXPECT_THAT(empty.retired_without, ElementsAre("old"));
  const CustomerRow filled = row_of(2, {install("old", nullptr, true), install("A", kInTime), install("B")});
  EXPECT_TRUE(filled.retired_without.empty()) << "B stands in its place";
}

TEST(InstalledMilestones, TheForecastSaysWhatStandsInTheWay) {
  const Instant now = at("2025-11-02T00:00:00Z");
  InstallFact put_off = install("A");
  put_off.deferred_at = at("2025-11-01T00:00:00Z");
  InstallFact heard = install("B");
  heard.heard_at = now - std::chrono::hours(72) + std::chrono::milliseconds(1);
  InstallFact silent = install("C");
  silent.heard_at = now - std::chrono::hours(72);
  const ObligationView view =
      judge_installs({customer("X1", 1, {put_off}), customer("X2", 1, {heard}), customer("X3", 2, {heard, silent}),
                      customer("X4", 1, {install("D")}), customer("X5", 2, {heard}),
                      customer("X6", 1, {install("E", kInTime)}), customer("X7", 1, {silent}, {}, "9")},
                     "2025-11-02T00:00:00Z");
  EXPECT_EQ(view.forecast, (Forecast{.never_enrolled = 1, .silent = 2, .deferring = 1, .on_the_way = 1}));
}

TEST(InstalledMilestones, OtherAttributesDecideAsTheRegimeDoes) {
  Act subject = act();
  subject.applies_to.attributes = {{CustomerAttribute::vat_method, {"deduction"}},
                                   {CustomerAttribute::trade, {"gold"}}};
  CustomerFacts one = customer("X1", 1, {});
  one.customer.attributes = {{CustomerAttribute::vat_method, "deduction"}};
  EXPECT_EQ(judge_installs({one}, kInTime, subject).customers[0].reason, "trade-unknown");
  one.customer.attributes.emplace(CustomerAttribute::trade, "gold");
  EXPECT_EQ(judge_installs({one}, kInTime, subject).customers[0].applicability, Applicability::applicable);
  one.customer.attributes[CustomerAttribute::vat_method] = "direct";
  EXPECT_EQ(judge_installs({one}, kInTime, subject).customers[0].reason, "vat-method-not-concerned");
}

TEST(InstalledMilestones, TheContractSaysWhichPromisesCountAndFromWhen) {
  CustomerFacts one = customer("X1", 1, {});
  one.customer.commitments = {"program-installed-14d"};
  EXPECT_EQ(judge_installs({one}).customers[0].reason, "not-promised");
  one.customer.commitments.insert("forms-installed-7d");
  EXPECT_EQ(judge_installs({one}).customers[0].applicability, Applicability::applicable);
  one.customer.obligations_from = parse_date("2025-10-28").value();
  EXPECT_EQ(judge_installs({one}).customers[0].reason, "before-obligations");
  one.customer.obligations_from = parse_date("2025-10-27").value();
  EXPECT_EQ(judge_installs({one}).customers[0].applicability, Applicability::applicable);
}

TEST(InstalledMilestones, NumbersSayTheSameAsTheCustomersThatTheyAreOf) {
  InstallFact put_off = install("A");
  put_off.deferred_at = at(kInTime);
  const std::vector<std::vector<CustomerFacts>> cases = {
      {},
      {customer("X1", 1, {install("D", kInTime)})},
      {customer("X1", 1, {install("D", kInTime)}), customer("X2", 1, {put_off})},
      {customer("X1", 1, {install("D", kAtDue)}), customer("X2", 3, {}, {}, "9")},
      {customer("X2", 3, {}, {}, "9")}};
  const Act subject = act();
  const ActHistory history = confirmed(subject);
  const Commitment promise = commitment(Milestone::installed);
  const Circumstances none;
  for (const auto& customers : cases) {
    for (const char* now : {"2025-10-28T00:00:00Z", "2025-11-10T00:00:00Z"}) {
      ObligationFacts facts{.act = subject,
                            .history = history,
                            .commitment = promise,
                            .circumstances = none,
                            .customers = customers,
                            .now = at(now)};
      const ObligationView whole = judge(facts, vietnam(), testing::FixedZone()).value();
      facts.customers.clear();
      const ObligationView numbers =
          judge_tallied(
              facts, [&](const auto& due) { return Result<Tally>(tally_of(whole.customers, due)); }, vietnam(),
              testing::FixedZone())
              .value();
      EXPECT_EQ(numbers.state, whole.state);
      EXPECT_EQ(numbers.tally, whole.tally);
      EXPECT_EQ(numbers.completed_at, whole.completed_at);
      EXPECT_EQ(numbers.late_by, whole.late_by);
    }
  }
}

TEST(Obligation, HoursRunFromTheMomentAtWhichTheVendorLearnedOfTheAct) {
  Act subject = act();
  subject.aware_on = parse_date("2025-10-28").value();
  const Commitment promise = parse_commitment(R"({"format":"kip.commitment/1.1","id":"notice-24h","product":"forms",
    "clause":"c","issuers":["BTC"],"act_kinds":["circular"],"changes":[],"period":{"amount":24,"unit":"hour"},
    "trigger":"vendor-aware","rule":"VN-CIVIL-2015","calendar":"VN","profile":"public","milestone":"published",
    "clock":"elapsed","risk_hours":2})")
                                 .value();
  const Known known{
      .act = subject, .commitment = promise, .now = at("2025-10-28T23:00:00Z"), .history = registered(subject)};
  EXPECT_EQ(format_instant(judged(known).due->due), "2025-10-29T02:00:00Z");
  EXPECT_EQ(judged(known).state, State::running) << "nothing is left to confirm, and three hours are no risk here";
  subject.aware_on = parse_date("2025-10-27").value();
  EXPECT_EQ(format_instant(judged(known).due->due), "2025-10-27T17:00:00Z") << "nobody has said at what hour";
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
  EXPECT_EQ(value, *json::parse(R"({"format":"kip.obligation/1.1","number":8,"act":"BTC:99/2025/TT-BTC:2025",
    "commitment":"forms-installed-7d","product":"forms","milestone":"installed","state":"at_risk","confirmed":true,
    "proven":false,"due":"2025-11-03T17:00:00Z","clocks":[{"cause":"confirmed","start":"2025-10-27","in_force":true,
    "last_day":"2025-11-03","due":"2025-11-03T17:00:00Z","by":"staff:binh","decided_at":"2025-10-28T03:00:00Z"}],
    "published_at":"2025-10-30T03:04:05.600Z","time_left_seconds":3599,"installed":1,"seats":3,
    "tally":{"counted":1,"complete":0,"late":0,"delayed":0,"unknown_attribute":1,"not_applicable":0,"not_entitled":0,
    "never_enrolled":1},"customers":[{"tax_code":"X1","name":"Customer X1","applicability":"unknown_attribute",
    "reason":"regime-unknown","state":"at_risk","installed":1,"seats":3,"never_enrolled":1,"missing":["Back"]}],
    "forecast":{"never_enrolled":1,"silent":0,"deferring":0,"on_the_way":0}})"));
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
