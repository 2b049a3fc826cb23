#include <algorithm>

#include <gtest/gtest.h>

#include <manifests/deadline/engine.hpp>
#include <manifests/deadline/explain.hpp>
#include <manifests/model/customer_row.hpp>
#include <manifests/model/service_view.hpp>
#include <manifests/model/terms.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using testing::fails_with;
using testing::is_ok;
using State = ServiceState;
using Kind = ServiceKind;

const CalendarBook& calendars() {
  static const CalendarBook kBook = CalendarBook::built_in();
  return kBook;
}

const ZoneDatabase& zones() {
  static const auto kZones = system_zone_database();
  return *kZones;
}

Instant at(const char* text) {
  return parse_instant(text).value();
}

Terms terms(char vendor) {
  const std::string path = std::string(KIP_SAMPLES "/terms/vendor-") + vendor + ".json";
  return parse_terms(testing::read_file(path)).value();
}

template <class Item>
const Item& named(const std::vector<Item>& items, std::string_view id) {
  const auto found = std::find_if(items.begin(), items.end(), [&](const Item& item) { return item.id.str() == id; });
  EXPECT_NE(found, items.end()) << id;
  return *found;
}

Customer customer(const Terms& of, const char* contract, const char* start, const ProductId& product) {
  Customer out{.tax_code = TaxCode::parse("0100109106").value(),
               .name = "Customer",
               .product = product,
               .contract_start = parse_date(start).value(),
               .periods = ContractPeriods::parse("120").value()};
  if (contract == nullptr) return out;
  const ContractOffer& offer = named(of.contracts, contract);
  out.periods = offer.periods;
  out.start_event = offer.start;
  out.by_the_hour = offer.by_the_hour;
  return out;
}

/// One request under one promise. `done` is when the promise's milestone was reached. Empty texts: did not happen.
struct Scenario {
  const char* name;
  char vendor;
  const char* promise;
  const char* contract;
  const char* contract_start;
  Kind kind;
  const char* came;  ///< or, for on-site requests, when remote help was recorded as failed
  const char* done;
  const char* now;
  State state;
  const char* due;
};

void PrintTo(const Scenario& row, std::ostream* out) {
  *out << row.name;
}

ServiceCase case_of(const Scenario& row, const ServicePromise& promise) {
  ServiceFacts facts{.number = 7,
                     .id = RequestId::make(at(row.came), {}),
                     .customer = TaxCode::parse("0100109106").value(),
                     .product = promise.product,
                     .kind = row.kind,
                     .grade = 2,
                     .came_at = at(row.came)};
  if (row.kind == Kind::onsite) facts.remote_failed_at = facts.came_at;
  ServiceCase out(std::move(facts));
  if (*row.done == '\0') return out;
  const Instant done = at(row.done);
  const ServiceStep step{done, "staff:an", "done"};
  const ServiceMilestone milestone = promise.about_requests()->milestone;
  if (milestone == ServiceMilestone::answered) {
    EXPECT_THAT(out.answer(step), is_ok());
  } else if (milestone == ServiceMilestone::resolved) {
    EXPECT_THAT(out.resolve(step), is_ok());
  } else {
    const Instant end = done + std::chrono::hours(1);
    EXPECT_THAT(out.visit({.from = done, .to = end, .recorded = end}), is_ok());
  }
  return out;
}

class TermsScenario : public ::testing::TestWithParam<Scenario> {};

TEST_P(TermsScenario, EndsWhereTheHandEnds) {
  const Scenario& row = GetParam();
  const Terms all = terms(row.vendor);
  const ServicePromise& promise = named(all.service_promises, row.promise);
  const Customer who = customer(all, row.contract, row.contract_start, promise.product);
  const auto view = judge_service(case_of(row, promise), {promise}, who, at(row.now), calendars(), zones());
  ASSERT_THAT(view, is_ok());
  ASSERT_EQ(view->promises.size(), 1U);
  const PromiseView& one = view->promises[0];
  EXPECT_EQ(to_string(one.state), to_string(row.state));
  EXPECT_EQ(one.due ? format_instant(one.due->due) : "", row.due);
  for (const Language language : kLanguages)
    EXPECT_TRUE(!one.due || !explain(*one.due, language).empty());
}

constexpr const char* kStart = "2025-01-01";
const char* const kNone = nullptr;

// Office 08:00-12:00 and 13:00-17:00. Wed 30 April and Thu 1 May 2025 are holidays by law, Fri 2 May is exchanged and
// no holiday by law. Tết: Mon 16 to Fri 20 February 2026. ICT is UTC+7.
INSTANTIATE_TEST_SUITE_P(
    A, TermsScenario,
    ::testing::Values(
        // Within office hours it is taken in at once, and from then on the wall clock runs, over holidays too.
        Scenario{"remote_before_holidays", 'a', "a-remote", kNone, kStart, Kind::remote, "2025-04-29T16:30:00+07:00",
                 "", "2025-04-29T17:00:00+07:00", State::running, "2025-04-30T09:30:00Z"},
        // Saturday: taken in Monday 08:00.
        Scenario{"reinstall_on_saturday", 'a', "a-reinstall", kNone, kStart, Kind::reinstall,
                 "2025-05-10T10:00:00+07:00", "2025-05-13T07:59:59+07:00", "2025-05-20T00:00:00Z", State::met,
                 "2025-05-13T01:00:00Z"},
        // In time is strictly before.
        Scenario{"workstation_at_the_instant", 'a', "a-workstation", kNone, kStart, Kind::workstation,
                 "2025-05-12T16:30:00+07:00", "2025-05-13T16:30:00+07:00", "2025-05-20T00:00:00Z", State::met_late,
                 "2025-05-13T09:30:00Z"},
        // After closing on Friday the 13th: taken in Mon 23 February 08:00.
        Scenario{"remote_over_tet", 'a', "a-remote", kNone, kStart, Kind::remote, "2026-02-13T17:30:00+07:00", "",
                 "2026-02-24T08:00:00+07:00", State::missed, "2026-02-24T01:00:00Z"},
        // Remote help failed on Friday 11:00; the weekend counts: Sunday 11:00.
        Scenario{"onsite_within_48_hours", 'a', "a-onsite", kNone, kStart, Kind::onsite, "2025-05-09T11:00:00+07:00",
                 "2025-05-11T10:59:00+07:00", "2025-05-20T00:00:00Z", State::met, "2025-05-11T04:00:00Z"},
        // Failed Sunday 15 February: the office takes it in on Mon 23, due Wed 25 at 08:00.
        Scenario{"onsite_over_tet", 'a', "a-onsite", kNone, kStart, Kind::onsite, "2026-02-15T10:00:00+07:00", "",
                 "2026-02-25T07:30:00+07:00", State::at_risk, "2026-02-25T01:00:00Z"}),
    [](const auto& row) { return std::string(row.param.name); });

// The free year of a contract signed on 10 March 2025 has 10 March 2026 as its last day.
INSTANTIATE_TEST_SUITE_P(
    B, TermsScenario,
    ::testing::Values(
        Scenario{"same_day", 'b', "b-same-day", "b-free-year", "2025-03-10", Kind::remote, "2025-05-12T09:00:00+07:00",
                 "2025-05-12T16:59:00+07:00", "2025-05-13T00:00:00Z", State::met, "2025-05-12T10:00:00Z"},
        // Friday after closing: Monday's work.
        Scenario{"same_day_after_closing", 'b', "b-same-day", "b-free-year", "2025-03-10", Kind::question,
                 "2025-05-09T17:05:00+07:00", "", "2025-05-12T17:00:00+07:00", State::missed, "2025-05-12T10:00:00Z"},
        // Half past midnight of the 11th in Vietnam is still the 10th in UTC: the customer's day counts.
        Scenario{"after_the_free_year", 'b', "b-same-day", "b-free-year", "2025-03-10", Kind::remote,
                 "2026-03-11T00:30:00+07:00", "", "2026-03-11T09:00:00+07:00", State::not_entitled, ""},
        Scenario{"last_free_day", 'b', "b-same-day", "b-free-year", "2025-03-10", Kind::remote,
                 "2026-03-10T15:00:00+07:00", "", "2026-03-10T15:00:00+07:00", State::running, "2026-03-10T10:00:00Z"},
        Scenario{"under_maintenance", 'b', "b-same-day", "b-maintenance", "2025-03-10", Kind::remote,
                 "2026-03-11T09:00:00+07:00", "", "2026-03-11T09:00:00+07:00", State::running, "2026-03-11T10:00:00Z"},
        Scenario{"faults_without_limit", 'b', "b-faults", "b-free-year", "2025-03-10", Kind::failed_update,
                 "2025-05-12T09:00:00+07:00", "", "2026-05-12T09:00:00+07:00", State::tracked, ""},
        Scenario{"reinstall_for_a_price", 'b', "b-reinstall", "b-free-year", "2025-03-10", Kind::reinstall,
                 "2025-05-12T12:30:00+07:00", "", "2025-05-12T13:00:00+07:00", State::running, "2025-05-12T10:00:00Z"}),
    [](const auto& row) { return std::string(row.param.name); });

INSTANTIATE_TEST_SUITE_P(
    C, TermsScenario,
    ::testing::Values(
        // Two hours up to lunch, two from 13:00: due 15:00, aimed at by 12:00.
        Scenario{"proposal", 'c', "c-proposal", "c-12-months", kStart, Kind::question, "2025-05-12T10:00:00+07:00", "",
                 "2025-05-12T11:59:00+07:00", State::running, "2025-05-12T08:00:00Z"},
        Scenario{"proposal_after_two_hours", 'c', "c-proposal", "c-12-months", kStart, Kind::question,
                 "2025-05-12T10:00:00+07:00", "", "2025-05-12T12:00:00+07:00", State::at_risk, "2025-05-12T08:00:00Z"},
        // One hour of Friday, three of Monday.
        Scenario{"proposal_over_a_weekend", 'c', "c-proposal", "c-12-months", kStart, Kind::question,
                 "2025-05-09T16:00:00+07:00", "2025-05-12T10:59:00+07:00", "2025-05-13T00:00:00Z", State::met,
                 "2025-05-12T04:00:00Z"},
        // Saturday 09:00 to 12:00 and 13:00 to 14:00.
        Scenario{"duty_on_saturday", 'c', "c-duty", "c-12-months", kStart, Kind::remote, "2025-05-10T09:00:00+07:00",
                 "", "2025-05-10T14:00:00+07:00", State::missed, "2025-05-10T07:00:00Z"},
        // One hour of a holiday, three of the next.
        Scenario{"duty_on_holidays", 'c', "c-duty", "c-12-months", kStart, Kind::remote, "2025-04-30T16:00:00+07:00",
                 "", "2025-04-30T16:00:00+07:00", State::running, "2025-05-01T04:00:00Z"},
        // Accepted on 15 January: 15 July is the last day of six months.
        Scenario{"last_day_of_six_months", 'c', "c-proposal", "c-6-months", "2025-01-15", Kind::question,
                 "2025-07-15T08:00:00+07:00", "", "2025-07-15T08:00:00+07:00", State::running, "2025-07-15T05:00:00Z"},
        Scenario{"after_six_months", 'c', "c-proposal", "c-6-months", "2025-01-15", Kind::question,
                 "2025-07-16T08:00:00+07:00", "", "2025-07-16T08:00:00+07:00", State::not_entitled, ""}),
    [](const auto& row) { return std::string(row.param.name); });

INSTANTIATE_TEST_SUITE_P(
    DAndE, TermsScenario,
    ::testing::Values(Scenario{"support_without_limit", 'd', "d-support", "d-free-year", "2025-06-02", Kind::question,
                               "2026-01-09T16:30:00+01:00", "", "2026-01-12T09:00:00+01:00", State::tracked, ""},
                      // Sold on 2 June 2025: free up to 2 June 2026.
                      Scenario{"support_by_the_hour", 'd', "d-support", "d-free-year", "2025-06-02", Kind::question,
                               "2026-06-03T09:00:00+02:00", "", "2026-06-03T09:00:00+02:00", State::not_entitled, ""},
                      Scenario{"support_by_contract", 'd', "d-support", "d-contract", "2025-06-02", Kind::question,
                               "2026-06-03T09:00:00+02:00", "", "2026-06-03T09:00:00+02:00", State::tracked, ""},
                      // All time counts, also that of the new year.
                      Scenario{"fault_in_the_new_year", 'e', "e-faults", "e-warranty", kStart, Kind::failed_update,
                               "2025-01-28T09:00:00+08:00", "2025-01-29T08:59:59+08:00", "2025-02-10T00:00:00Z",
                               State::met, "2025-01-29T01:00:00Z"}),
    [](const auto& row) { return std::string(row.param.name); });

ServiceView judged(char vendor, const char* promise, const char* contract, const char* start, const char* came) {
  const Scenario row{"", vendor, promise, contract, start, Kind::question, came, "", came, State::running, ""};
  const Terms all = terms(vendor);
  const ServicePromise& one = named(all.service_promises, promise);
  return judge_service(case_of(row, one), {one}, customer(all, contract, start, one.product), at(came), calendars(),
                       zones())
      .value();
}

TEST(TermsOfD, BeyondTheFreeYearWorkIsChargedByTheHourAndNotRefused) {
  EXPECT_TRUE(judged('d', "d-support", "d-free-year", "2025-06-02", "2026-06-03T07:00:00Z").by_the_hour);
  EXPECT_FALSE(judged('d', "d-support", "d-free-year", "2025-06-02", "2026-06-02T07:00:00Z").by_the_hour);
  EXPECT_FALSE(judged('d', "d-support", "d-contract", "2025-06-02", "2026-06-03T07:00:00Z").by_the_hour);
}

// Friday after 16:00; Saturday 10 January 2026 is worked for Friday 2 January.
TEST(TermsOfD, SupportIsThereOnWorkingDaysFromEightToFour) {
  const auto view = judged('d', "d-support", "d-free-year", "2025-06-02", "2026-01-09T16:30:00+01:00");
  EXPECT_EQ(view.promises.at(0).taken_in_at, at("2026-01-10T08:00:00+01:00"));
}

TEST(TermsOfC, CustomersUnderContractGoFirst) {
  EXPECT_TRUE(judged('c', "c-proposal", "c-6-months", "2025-01-15", "2025-07-15T01:00:00Z").first);
  EXPECT_FALSE(judged('c', "c-proposal", "c-6-months", "2025-01-15", "2025-07-16T01:00:00Z").first);
}

TEST(TermsOfB, ReinstallingHasItsPriceForEachMachine) {
  const Terms all = terms('b');
  EXPECT_EQ(named(all.service_promises, "b-reinstall").about_requests()->price,
            (ServicePrice{500'000, "VND", "machine"}));
}

PromiseView reached(State state) {
  return {.promise = PromiseId::parse("e-faults").value(), .state = state};
}

/// `in_time` and `late` requests that came at noon of 10 March 2026.
MonthShare march(int in_time, int late, int open, const char* now) {
  const Terms all = terms('e');
  std::vector<std::pair<Instant, PromiseView>> requests;
  for (int i = 0; i < in_time + late + open; ++i) {
    const State state = i < in_time ? State::met : i < in_time + late ? State::met_late : State::running;
    requests.emplace_back(at("2026-03-10T04:00:00Z"), reached(state));
  }
  requests.emplace_back(at("2026-02-10T04:00:00Z"), reached(State::missed));
  return shares_of(named(all.service_promises, "e-faults"), requests, at(now), calendars(), zones())
      .value()
      .at(std::chrono::year(2026) / 3);
}

TEST(TermsOfE, NinetyPerCentOfAMonthsFaultsAreInTime) {
  EXPECT_EQ(march(9, 1, 0, "2026-04-01T00:00:00Z").state, State::met);
  EXPECT_EQ(march(8, 2, 0, "2026-04-01T00:00:00Z").state, State::missed);
  EXPECT_EQ(march(9, 1, 0, "2026-03-31T15:00:00Z").state, State::running) << "more may come before the month ends";
  EXPECT_EQ(march(8, 2, 0, "2026-03-20T00:00:00Z").state, State::at_risk);
  EXPECT_EQ(march(8, 1, 1, "2026-04-01T00:00:00Z").state, State::running) << "what is open counts for nothing";
  EXPECT_EQ(march(8, 1, 1, "2026-04-01T00:00:00Z").requests, 10);
}

// The month ends by the local clock: 31 March 16:00 UTC is 1 April in China.
TEST(TermsOfE, AMonthIsThatOfTheCalendarsZone) {
  EXPECT_EQ(march(9, 1, 0, "2026-03-31T15:59:59Z").state, State::running);
  EXPECT_EQ(march(9, 1, 0, "2026-03-31T16:00:00Z").state, State::met);
}

TEST(TermsOfE, AnInspectionWithoutIntervalIsTrackedWithItsRecord) {
  const Terms all = terms('e');
  const ServicePromise& promise = named(all.service_promises, "e-inspection");
  const Customer who = customer(all, "e-warranty", kStart, promise.product);
  const Inspection earlier{parse_date("2025-03-01").value(), "staff:an"};
  const Inspection later{parse_date("2025-06-01").value(), "staff:an"};
  const auto views =
      judge_inspections(promise, who, {later, earlier}, at("2026-01-01T00:00:00Z"), calendars(), zones());
  ASSERT_EQ(views->size(), 1U);
  EXPECT_EQ(views->at(0).state, State::tracked);
  EXPECT_EQ(views->at(0).done, later);
}

TEST(TermsOfE, PatchesAreOwedBeyondTheWarranty) {
  const Terms all = terms('e');
  Commitment promise = named(all.commitments, "e-patches");
  const Act act{
      .key = ActKey::create("MOF", "1", 2027).value(), .signed_on = parse_date("2027-01-01").value(), .changes = {}};
  const CustomerFacts facts{customer(all, "e-warranty", kStart, promise.product), {}};
  EXPECT_TRUE(make_row(act, promise, facts, {act.signed_on}).counts());
  promise.beyond_contract = false;
  EXPECT_EQ(make_row(act, promise, facts, {act.signed_on}).applicability, Applicability::not_entitled);
  // Once entitled, always owed, also by a clock that started anew; of two days against it the later one is told.
  const LegalDate within = parse_date("2025-06-01").value();
  EXPECT_TRUE(make_row(act, promise, facts, {within, act.signed_on}).counts());
  const LegalDate before = parse_date(kStart).value() - std::chrono::days(1);
  EXPECT_EQ(make_row(act, promise, facts, {before, act.signed_on}).reason, "contract-ended");
}

struct ActRow {
  const char* name;
  char vendor;
  const char* commitment;
  const char* signed_on;
  const char* last_day;  ///< empty: tracked
};

class ActPromise : public ::testing::TestWithParam<ActRow> {};

TEST_P(ActPromise, EndsWhereTheHandEnds) {
  const ActRow& row = GetParam();
  const Terms all = terms(row.vendor);
  const Commitment& promise = named(all.commitments, row.commitment);
  ASSERT_EQ(promise.period.has_value(), *row.last_day != '\0');
  if (!promise.period) return;
  const auto due = compute_deadline({.rule = promise.rule,
                                     .calendar = *calendars().find(promise.calendar).value(),
                                     .profile = promise.profile,
                                     .trigger = promise.trigger,
                                     .trigger_date = parse_date(row.signed_on).value(),
                                     .period = *promise.period},
                                    zones());
  EXPECT_EQ(format_date(due.value().last_day), row.last_day);
}

INSTANTIATE_TEST_SUITE_P(
    Terms, ActPromise,
    ::testing::Values(ActRow{"forms_in_seven_days", 'a', "a-forms-published", "2025-10-27", "2025-11-03"},
                      // The seventh day, 30 April, and what follows is not worked up to Sunday 4 May.
                      ActRow{"forms_over_holidays", 'a', "a-forms-installed", "2025-04-23", "2025-05-05"},
                      ActRow{"program_in_fourteen_days", 'a', "a-program-installed", "2025-10-27", "2025-11-10"},
                      ActRow{"forms_free_while_entitled", 'b', "b-forms", "", ""},
                      ActRow{"regime", 'b', "b-regime", "", ""}, ActRow{"policy", 'b', "b-policy", "", ""},
                      ActRow{"gold_rules", 'c', "c-gold-rules", "", ""},
                      ActRow{"legal_follow_up", 'd', "d-legal-follow-up", "", ""},
                      ActRow{"patches", 'e', "e-patches", "", ""}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(Terms, AreTheSameAfterWritingAndReading) {
  for (const char vendor : {'a', 'b', 'c', 'd', 'e'}) {
    const Terms all = terms(vendor);
    EXPECT_EQ(parse_terms(json::to_compact(to_json(all))).value(), all) << vendor;
  }
}

TEST(Terms, HaveEachIdOnce) {
  json::Value text = to_json(terms('b'));
  json::Array& practices = *text.as_object()->find("practices")->second.as_array();
  (*practices[0].as_object())["id"] = "b-same-day";
  EXPECT_THAT(parse_terms(json::to_compact(text)), fails_with(ErrorCode::malformed, "\"b-same-day\" stands twice"));
}

}  // namespace
}  // namespace kip
