// Each promise about requests of the five vendors' terms, played through the server: registered, asked for, done,
// judged. The limits were counted by hand; as in tests/manifests/model/terms_test.cpp.

#include <gtest/gtest.h>

#include <server/domain/service_lists.hpp>
#include <testing/zones.hpp>

#include "../world.hpp"

namespace kip::server::testing {
namespace {

using State = ServiceState;
using Kind = ServiceKind;

/// Empty texts: did not happen. An on-site request comes when remote help is recorded as failed.
struct Play {
  const char* name;
  char vendor;
  const char* product;
  const char* promise;
  int months;
  const char* contract_start;
  Kind kind;
  const char* came;
  const char* done;
  const char* now;
  State state;
  const char* due;
};

void PrintTo(const Play& row, std::ostream* out) {
  *out << row.name;
}

/// A server with the calendars and zones of the world.
class TermsPlayed : public ::testing::TestWithParam<Play> {
 protected:
  void begin(const Play& row) {
    const std::string path = std::string(KIP_SAMPLES "/terms/vendor-") + row.vendor + ".json";
    ASSERT_THAT(registry.import_terms("staff:an", parse_terms(kip::testing::read_file(path)).value()), is_ok());
    const Customer customer{.tax_code = TaxCode::parse("0101243150").value(),
                            .name = "Minh Anh",
                            .product = product(row),
                            .contract_start = parse_date(row.contract_start).value(),
                            .periods = ContractPeriods::from_months({row.months}).value(),
                            .by_the_hour = row.vendor == 'd'};
    ASSERT_THAT(registry.import_customers("staff:an", {customer}, false), is_ok());
  }

  static ProductId product(const Play& row) { return ProductId::parse(row.product).value(); }

  std::int64_t call(const Play& row, Kind kind) {
    ServiceCall call = world.service_call(kind);
    call.product = product(row);
    return desk.take_call("staff:an", call).value();
  }

  std::int64_t ask(const Play& row) {
    world.clock.set(row.came);
    if (row.kind != Kind::onsite) return call(row, row.kind);
    const std::int64_t remote = call(row, Kind::remote);
    EXPECT_THAT(desk.fail_remote("staff:an", remote, "no connection"), is_ok());
    return call(row, row.kind);
  }

  void finish(const Play& row, std::int64_t number) {
    if (*row.done == '\0') return;
    world.clock.set(row.done);
    if (row.kind != Kind::onsite) {
      EXPECT_THAT(desk.resolve("staff:an", number, "done"), is_ok());
      return;
    }
    const Instant from = world.clock.now();
    world.clock.advance(std::chrono::hours(1));
    EXPECT_THAT(desk.visit("staff:an", {number, {from, world.clock.now(), {}, {}, {}, {}}}), is_ok());
  }

  World world;
  CalendarBook calendars = CalendarBook::built_in();
  std::unique_ptr<ZoneDatabase> zones = system_zone_database();
  Board board{calendars, *zones};
  Registry registry{*world.store, world.recorder, board};
  ServiceDesk desk{*world.store, world.recorder, board};
};

TEST_P(TermsPlayed, EndAtTheServerWhereTheHandEnds) {
  const Play& row = GetParam();
  begin(row);
  const std::int64_t number = ask(row);
  finish(row, number);
  const auto unit = world.store->begin(world.tenant, Access::read).value();
  const auto entry = find_request(unit->projection(), board, number, parse_instant(row.now).value()).value();
  const auto& promises = entry->view.promises;
  const auto found = std::find_if(promises.begin(), promises.end(),
                                  [&](const PromiseView& one) { return one.promise.str() == row.promise; });
  ASSERT_NE(found, promises.end());
  EXPECT_EQ(to_string(found->state), to_string(row.state));
  EXPECT_EQ(found->due ? format_instant(found->due->due) : "", row.due);
  EXPECT_EQ(entry->view.by_the_hour, row.vendor == 'd' && row.state == State::not_entitled);
  EXPECT_EQ(entry->view.first, row.vendor == 'c' && row.state != State::not_entitled);
  if (std::string_view(row.promise) == "b-reinstall") {
    EXPECT_EQ(found->price->amount, 500'000);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Vendors, TermsPlayed,
    ::testing::Values(
        Play{"a_reinstall", 'a', "program", "a-reinstall", 24, "2025-01-01", Kind::reinstall,
             "2025-05-10T10:00:00+07:00", "2025-05-13T07:59:59+07:00", "2025-05-20T00:00:00Z", State::met,
             "2025-05-13T01:00:00Z"},
        Play{"a_workstation", 'a', "program", "a-workstation", 24, "2025-01-01", Kind::workstation,
             "2025-05-12T16:30:00+07:00", "2025-05-13T16:30:00+07:00", "2025-05-20T00:00:00Z", State::met_late,
             "2025-05-13T09:30:00Z"},
        Play{"a_remote_over_holidays", 'a', "program", "a-remote", 24, "2025-01-01", Kind::remote,
             "2025-04-29T16:30:00+07:00", "", "2025-04-29T17:00:00+07:00", State::running, "2025-04-30T09:30:00Z"},
        Play{"a_onsite", 'a', "program", "a-onsite", 24, "2025-01-01", Kind::onsite, "2025-05-09T11:00:00+07:00",
             "2025-05-11T10:59:00+07:00", "2025-05-20T00:00:00Z", State::met, "2025-05-11T04:00:00Z"},
        Play{"a_onsite_over_tet", 'a', "program", "a-onsite", 24, "2025-01-01", Kind::onsite,
             "2026-02-15T10:00:00+07:00", "", "2026-02-25T07:30:00+07:00", State::at_risk, "2026-02-25T01:00:00Z"},
        Play{"b_same_day", 'b', "accounting", "b-same-day", 12, "2025-03-10", Kind::question,
             "2025-05-09T17:05:00+07:00", "", "2025-05-12T17:00:00+07:00", State::missed, "2025-05-12T10:00:00Z"},
        Play{"b_reinstall", 'b', "accounting", "b-reinstall", 12, "2025-03-10", Kind::reinstall,
             "2025-05-12T12:30:00+07:00", "", "2025-05-12T13:00:00+07:00", State::running, "2025-05-12T10:00:00Z"},
        Play{"b_after_the_free_year", 'b', "accounting", "b-same-day", 12, "2025-03-10", Kind::remote,
             "2026-03-11T00:30:00+07:00", "", "2026-03-11T09:00:00+07:00", State::not_entitled, ""},
        Play{"c_proposal", 'c', "gold", "c-proposal", 12, "2025-01-01", Kind::question, "2025-05-12T10:00:00+07:00", "",
             "2025-05-12T12:00:00+07:00", State::at_risk, "2025-05-12T08:00:00Z"},
        Play{"c_duty", 'c', "gold", "c-duty", 12, "2025-01-01", Kind::remote, "2025-05-10T09:00:00+07:00", "",
             "2025-05-10T14:00:00+07:00", State::missed, "2025-05-10T07:00:00Z"},
        Play{"c_after_six_months", 'c', "gold", "c-proposal", 6, "2025-01-15", Kind::question,
             "2025-07-16T08:00:00+07:00", "", "2025-07-16T08:00:00+07:00", State::not_entitled, ""},
        Play{"d_support", 'd', "bookkeeping", "d-support", 12, "2025-06-02", Kind::question,
             "2026-01-09T16:30:00+01:00", "", "2026-01-12T09:00:00+01:00", State::tracked, ""},
        Play{"d_by_the_hour", 'd', "bookkeeping", "d-support", 12, "2025-06-02", Kind::question,
             "2026-06-03T09:00:00+02:00", "", "2026-06-03T09:00:00+02:00", State::not_entitled, ""},
        Play{"e_faults", 'e', "finance", "e-faults", 12, "2025-01-01", Kind::remote, "2025-01-28T09:00:00+08:00",
             "2025-01-29T08:59:59+08:00", "2025-02-10T00:00:00Z", State::met, "2025-01-29T01:00:00Z"},
        Play{"e_questions", 'e', "finance", "e-questions", 12, "2025-01-01", Kind::question,
             "2025-01-28T09:00:00+08:00", "", "2025-02-28T09:00:00+08:00", State::tracked, ""}),
    [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace kip::server::testing
