// How long the board of obligations takes with so many customers, from the numbers that are kept and from the customers
// themselves, and what it costs to keep them: a list of customers, an act, a receipt. Not timed by the tests; run it by
// hand:
//
//   build/dev/bin/board_benchmark       (the limit is 50 ms for 10,000 customers and 50 obligations)

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <server/storage/sqlite/sqlite_store.hpp>
#include <testing/temporary_directory.hpp>

#include "../server/world.hpp"

namespace kip::server::testing {
namespace {

constexpr std::int64_t kBatch = 10'000;
constexpr int kActs = 50;

Customer customer(std::int64_t number) {
  return {.tax_code = TaxCode::parse(fmt::format("K{:07}", number)).value(),
          .name = fmt::format("Customer {}", number),
          .product = ProductId::parse("forms").value(),
          .contract_start = parse_date("2025-01-20").value(),
          .periods = ContractPeriods::parse(number % 10 == 0 ? "6" : "24").value(),
          .seats = 1 + static_cast<int>(number % 3)};
}

Act act(int number) {
  return {.key = ActKey::create("BTC", fmt::format("{}/2025/TT-BTC", number), 2025).value(),
          .title = "An act",
          .signed_on = parse_date("2025-10-01").value() + std::chrono::days(number % 27),
          .changes = {ActChange::report_form}};
}

/// A vendor with so many customers and 50 obligations that count them.
struct Vendor {
  explicit Vendor(std::int64_t customers) : world(SqliteStore::open(folder.path() / "kip.db").value()) {
    const auto samples = parse_commitments(kip::testing::read_file(KIP_SAMPLES "/commitments-sample.json")).value();
    KIP_CHECK(world.registry.import_commitments("staff:an", {samples.at(1)}).has_value());
    for (std::int64_t first = 0; first < customers; first += kBatch) {
      std::vector<Customer> some;
      for (std::int64_t i = first; i < std::min<std::int64_t>(customers, first + kBatch); ++i)
        some.push_back(customer(i));
      KIP_CHECK(world.registry.import_customers("staff:an", some, false).has_value());
    }
    std::vector<Act> acts;
    for (int i = 1; i <= kActs; ++i)
      acts.push_back(act(i));
    KIP_CHECK(world.registry.register_acts("staff:an", acts, false).has_value());
    KIP_CHECK(world.decisions.compare("staff:binh", acts).has_value());
  }

  kip::testing::TemporaryDirectory folder;
  World world;
  std::unique_ptr<ZoneDatabase> zones = system_zone_database();
  Board board{world.calendars, *zones};
};

Vendor& vendor(std::int64_t customers) {
  static std::map<std::int64_t, std::unique_ptr<Vendor>> all;
  auto& one = all[customers];
  if (!one) one = std::make_unique<Vendor>(customers);
  return *one;
}

void board(benchmark::State& state) {
  Vendor& of = vendor(state.range(0));
  for (auto _ : state) {
    const auto unit = of.world.store->begin(of.world.tenant, Access::read).value();
    const auto judged = of.board.judge_all(unit->projection(), of.world.clock.now(), Detail::tallies).value();
    KIP_CHECK(judged.size() == kActs);
  }
}
BENCHMARK(board)->Arg(100)->Arg(10'000)->ArgName("customers")->Unit(benchmark::kMillisecond);

void board_by_http(benchmark::State& state) {
  Vendor& of = vendor(state.range(0));
  http::Request request;
  request.method = "GET";
  request.target = "/v1/tenants/an-phat/obligations";
  request.headers.emplace("authorization", "Bearer " + of.world.token);
  // Not through the world, which holds each answer against the OpenAPI document.
  for (auto _ : state)
    KIP_CHECK(of.world.router.handle(request).status == 200);
}
BENCHMARK(board_by_http)->Arg(100)->Arg(10'000)->ArgName("customers")->Unit(benchmark::kMillisecond);

void board_by_customers(benchmark::State& state) {
  Vendor& of = vendor(state.range(0));
  for (auto _ : state) {
    const auto unit = of.world.store->begin(of.world.tenant, Access::read).value();
    benchmark::DoNotOptimize(of.board.judge_all(unit->projection(), of.world.clock.now(), Detail::customers));
  }
}
BENCHMARK(board_by_customers)->Arg(100)->Arg(10'000)->ArgName("customers")->Unit(benchmark::kMillisecond);

/// One more act, counted for every customer.
void register_act(benchmark::State& state) {
  Vendor& of = vendor(state.range(0));
  for (auto _ : state)
    KIP_CHECK(of.world.registry.register_acts("staff:an", {act(9000)}, true).has_value());
}
BENCHMARK(register_act)->Arg(100)->Arg(10'000)->ArgName("customers")->Unit(benchmark::kMillisecond);

/// A list in which every customer has changed, under 50 obligations.
void import_changed(benchmark::State& state) {
  Vendor& of = vendor(state.range(0));
  std::vector<Customer> changed;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    changed.push_back(customer(i));
    changed.back().seats += 1;
  }
  for (auto _ : state)
    KIP_CHECK(of.world.registry.import_customers("staff:an", changed, true).has_value());
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(import_changed)->Arg(100)->Arg(1'000)->ArgName("customers")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace kip::server::testing

BENCHMARK_MAIN();
