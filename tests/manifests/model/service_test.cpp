#include <gtest/gtest.h>

#include <manifests/model/service_view.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using testing::fails_with;
using testing::is_ok;
using ::testing::Test;

Instant at(const char* text) {
  return parse_instant(text).value();
}

ServiceCase request(ServiceKind kind, std::int64_t number = 1) {
  return ServiceCase({.number = number,
                      .id = RequestId::make(at("2026-03-02T02:00:00Z"), {}),
                      .customer = TaxCode::parse("0100109106").value(),
                      .product = ProductId::parse("forms").value(),
                      .kind = kind,
                      .came_at = at("2026-03-02T02:00:00Z")});
}

ServiceStep step(const char* when, const char* note = "tried for an hour") {
  return {at(when), "staff:an", note};
}

TEST(ServiceCase, EachStepIsRecordedOnce) {
  ServiceCase one = request(ServiceKind::remote);
  ASSERT_THAT(one.answer(step("2026-03-02T03:00:00Z")), is_ok());
  EXPECT_THAT(one.answer(step("2026-03-02T04:00:00Z")), fails_with(ErrorCode::conflict, "#1 is answered already"));
  ASSERT_THAT(one.fail_remote(step("2026-03-02T05:00:00Z")), is_ok());
  EXPECT_THAT(one.fail_remote(step("2026-03-02T06:00:00Z")), fails_with(ErrorCode::conflict));
  ASSERT_THAT(one.resolve(step("2026-03-02T07:00:00Z")), is_ok());
  EXPECT_THAT(one.resolve(step("2026-03-02T08:00:00Z")), fails_with(ErrorCode::conflict, "resolved"));
  EXPECT_EQ(one.reached(ServiceMilestone::answered), at("2026-03-02T03:00:00Z"));
  EXPECT_EQ(one.reached(ServiceMilestone::resolved), at("2026-03-02T07:00:00Z"));
}

TEST(ServiceCase, AResolutionAnswersAsWell) {
  ServiceCase one = request(ServiceKind::question);
  ASSERT_THAT(one.resolve(step("2026-03-02T07:00:00Z")), is_ok());
  EXPECT_EQ(one.reached(ServiceMilestone::answered), at("2026-03-02T07:00:00Z"));
  EXPECT_THAT(one.answer(step("2026-03-02T08:00:00Z")), fails_with(ErrorCode::conflict));
}

TEST(ServiceCase, OnlyRemoteHelpFailsFromAfarAndSaysWhy) {
  ServiceCase other = request(ServiceKind::reinstall);
  EXPECT_THAT(other.fail_remote(step("2026-03-02T05:00:00Z")), fails_with(ErrorCode::usage, "not for remote help"));
  ServiceCase one = request(ServiceKind::remote);
  EXPECT_THAT(one.fail_remote(step("2026-03-02T05:00:00Z", "")), fails_with(ErrorCode::usage, "why it failed"));
}

TEST(ServiceCase, AVisitLiesBetweenTheRequestAndNow) {
  ServiceCase one = request(ServiceKind::onsite);
  const Instant now = at("2026-03-05T00:00:00Z");
  const auto visit = [&](const char* from, const char* to) {
    return one.visit({.from = at(from), .to = at(to), .recorded = now});
  };
  EXPECT_THAT(visit("2026-03-03T03:00:00Z", "2026-03-03T03:00:00Z"), fails_with(ErrorCode::usage));
  EXPECT_THAT(visit("2026-03-02T01:00:00Z", "2026-03-02T03:00:00Z"), fails_with(ErrorCode::usage));
  EXPECT_THAT(visit("2026-03-04T23:00:00Z", "2026-03-05T00:00:01Z"), fails_with(ErrorCode::usage, "not in the future"));
  ASSERT_THAT(visit("2026-03-04T02:00:00Z", "2026-03-04T03:30:59Z"), is_ok());
  ASSERT_THAT(visit("2026-03-03T02:00:00Z", "2026-03-03T03:00:00Z"), is_ok());
  EXPECT_EQ(one.visits()[0].length(), std::chrono::minutes(90));
  EXPECT_EQ(one.reached(ServiceMilestone::visited), at("2026-03-03T02:00:00Z"));
}

TEST(OnSite, OpensOnlyWhereRemoteHelpHasFailed) {
  std::vector<ServiceCase> cases = {request(ServiceKind::remote, 1), request(ServiceKind::remote, 2),
                                    request(ServiceKind::question, 3)};
  EXPECT_THAT(failed_remote_of({}), fails_with(ErrorCode::usage, "ask for remote help first"));
  EXPECT_THAT(failed_remote_of(cases), fails_with(ErrorCode::usage));
  ASSERT_THAT(cases[1].fail_remote(step("2026-03-02T05:00:00Z")), is_ok());
  ASSERT_THAT(cases[0].fail_remote(step("2026-03-02T04:00:00Z")), is_ok());
  EXPECT_EQ(failed_remote_of(cases).value()->facts().number, 2) << "the latest failure";
}

const char* const kRequest =
    R"({"format":"kip.service-request/1","tenant":"an-phat","install":"01JB0000000000000000000000",
 "id":"01JB0000000000000000000001","product":"forms","kind":"failed-update","grade":2,"note":"line\nline",
 "claimed_time":"2026-03-02T02:00:00Z","failed":{"version":"1.2","error":"disk full"}})";

TEST(ServiceRequest, IsTheSameAfterWritingAndReading) {
  const auto one = parse_service_request(kRequest);
  ASSERT_THAT(one, is_ok());
  EXPECT_EQ(one->failed->version.str(), "1.2");
  EXPECT_EQ(parse_service_request(json::to_compact(to_json(*one))).value(), *one);
}

struct WrongRow {
  const char* name;
  const char* from;
  const char* to;
};

class WrongRequest : public ::testing::TestWithParam<WrongRow> {};

TEST_P(WrongRequest, IsRefused) {
  std::string text = kRequest;
  const auto place = text.find(GetParam().from);
  ASSERT_NE(place, std::string::npos);
  text.replace(place, std::string(GetParam().from).size(), GetParam().to);
  EXPECT_THAT(parse_service_request(text), fails_with(ErrorCode::malformed));
}

INSTANTIATE_TEST_SUITE_P(Requests, WrongRequest,
                         ::testing::Values(WrongRow{"grade", "\"grade\":2", "\"grade\":5"},
                                           WrongRow{"escape", "line\\nline", "line\\u001b[2J"},
                                           WrongRow{"direction", "line\\nline", "line\\u202eline"},
                                           WrongRow{"kind_without_update", "failed-update", "question"},
                                           WrongRow{"id", "01JB0000000000000000000001", "1"},
                                           WrongRow{"version", "\"1.2\"", "\"..\""},
                                           WrongRow{"format", "service-request/1", "service-request/2"}),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(ServiceRequest, HasABoundedNote) {
  EXPECT_THAT(parse_service_note(std::string(kMaxServiceNote, 'x')), is_ok());
  EXPECT_THAT(parse_service_note(std::string(kMaxServiceNote + 1, 'x')), fails_with(ErrorCode::malformed));
}

const char* const kPromise =
    R"({"format":"kip.service-promise/1","id":"x","product":"forms","clause":"c","kinds":["remote"],"grades":[1],
 "period":{"amount":4,"unit":"working-hour"},"target":{"amount":2,"unit":"working-hour"},"milestone":"answered",
 "clock":"working-hours","office":["08:00-17:00"],"rule":"LITERAL","calendar":"VN","profile":"public"})";

class WrongPromise : public ::testing::TestWithParam<WrongRow> {};

TEST_P(WrongPromise, IsRefused) {
  ASSERT_THAT(parse_service_promise(kPromise), is_ok());
  std::string text = kPromise;
  const auto place = text.find(GetParam().from);
  ASSERT_NE(place, std::string::npos);
  text.replace(place, std::string(GetParam().from).size(), GetParam().to);
  EXPECT_FALSE(parse_service_promise(text).has_value());
}

INSTANTIATE_TEST_SUITE_P(Promises, WrongPromise,
                         ::testing::Values(WrongRow{"no_kind", R"(["remote"])", "[]"}, WrongRow{"grade", "[1]", "[5]"},
                                           WrongRow{"no_office", R"("office":["08:00-17:00"],)", ""},
                                           WrongRow{"clock_without_office_hours", "\"working-hours\"", "\"elapsed\""},
                                           WrongRow{"target_after_period", R"({"amount":2,)", R"({"amount":4,)"},
                                           WrongRow{"clock_of_a_day", R"({"amount":4,"unit":"working-hour"})",
                                                    R"("same-day")"},
                                           WrongRow{"member", "\"clause\"", "\"claus\""},
                                           WrongRow{"both", R"("kinds")", R"("every":"none","kinds")"},
                                           WrongRow{"rule", "LITERAL", "LITERALLY"}),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Inspections, AreDueInEachIntervalFromTheContractsStart) {
  const ServicePromise promise{.id = PromiseId::parse("i").value(),
                               .product = ProductId::parse("forms").value(),
                               .clause = "quarterly",
                               .rule = "VN-CIVIL-2015",
                               .calendar = "VN",
                               .terms = InspectionTerms{Period::create(3, PeriodUnit::month).value()}};
  const Customer customer{.tax_code = TaxCode::parse("0100109106").value(),
                          .name = "n",
                          .product = promise.product,
                          .contract_start = parse_date("2025-01-31").value(),
                          .periods = ContractPeriods::parse("8").value()};
  static const auto kZones = system_zone_database();
  const auto judged = [&](const char* now) {
    const std::vector<Inspection> done = {{parse_date("2025-05-05").value(), "staff:an"}};
    return judge_inspections(promise, customer, done, at(now), CalendarBook::built_in(), *kZones).value();
  };
  // April has no 31st, and from its 30th to Sunday 4 May nothing is worked; 31 July is a Thursday.
  auto views = judged("2025-07-20T00:00:00Z");
  ASSERT_EQ(views.size(), 2U);
  EXPECT_EQ(format_instant(views[0].due->due), "2025-05-05T17:00:00Z");
  EXPECT_EQ(views[0].state, ServiceState::met);
  EXPECT_EQ(format_instant(views[1].due->due), "2025-07-31T17:00:00Z");
  EXPECT_EQ(views[1].state, ServiceState::at_risk);
  // Eight months end on 30 September: the third interval began within them, the fourth did not.
  views = judged("2025-12-01T00:00:00Z");
  ASSERT_EQ(views.size(), 4U);
  EXPECT_EQ(views[1].state, ServiceState::missed);
  EXPECT_EQ(views[2].state, ServiceState::missed);
  EXPECT_EQ(views[3].state, ServiceState::not_entitled);
}

}  // namespace
}  // namespace kip
