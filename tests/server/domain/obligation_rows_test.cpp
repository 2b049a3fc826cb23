// The numbers that are kept beside obligations are those that the facts give, whatever happens in whatever order.

#include <random>

#include <gtest/gtest.h>

#include <server/domain/obligation_rows.hpp>
#include <server/storage/sqlite/sqlite_store.hpp>
#include <testing/temporary_directory.hpp>

#include "history.hpp"

namespace kip::server::testing {
namespace {

/// A vendor to whom things happen at random, the same ones for the same seed.
class Life {
 public:
  Life(World& world, unsigned seed) : world_(world), random_(seed) {
    world.import_customer();
    EXPECT_THAT(world.publish({"1.0"}), is_ok());
  }

  void step() {
    world_.clock.advance(std::chrono::minutes(61));
    switch (random_() % 9) {
      case 0:
        if (!registered_) world_.register_act_and_commitments();
        registered_ = true;
        break;
      case 1:
        installs_.push_back({world_.enrol("PC-" + std::to_string(installs_.size()))});
        break;
      case 2:
      case 3:
        report(InstallState::installed);
        break;
      case 4:
        report(InstallState::deferred);
        break;
      case 5:
        change_customer();
        break;
      case 6:
        publish_next();
        break;
      case 7:
        correct_date();
        break;
      default:
        hold_one();
    }
  }

 private:
  struct Machine {
    TestInstall install;
    std::int64_t sequence = 0;
  };

  void report(InstallState state) {
    if (installs_.empty()) return;
    Machine& machine = installs_[random_() % installs_.size()];
    const std::string version = versions_[random_() % versions_.size()];
    const Bytes receipt =
        world_.signed_receipt(machine.install, world_.receipt(machine.install, ++machine.sequence, state, version));
    EXPECT_THAT(world_.receipts.take(world_.caller(machine.install), {receipt}), is_ok());
  }

  void change_customer() {
    const auto unit = world_.store->begin(world_.tenant, Access::read).value();
    Customer customer = unit->projection().customers.all().value().front();
    if (random_() % 3 == 0) customer.tax_code = TaxCode::parse("X" + std::to_string(random_() % 4)).value();
    customer.seats = 1 + static_cast<int>(random_() % 3);
    customer.attributes = {{CustomerAttribute::regime, random_() % 2 == 0 ? "TT99" : "TT133"}};
    EXPECT_THAT(world_.registry.import_customers("staff:an", {customer}, false), is_ok());
  }

  void publish_next() {
    versions_.push_back("1." + std::to_string(versions_.size()));
    EXPECT_THAT(world_.publish(versions_), is_ok());
  }

  void correct_date() {
    if (!registered_) return;
    const ActKey act = ActKey::parse("BTC:99/2025/TT-BTC:2025").value();
    const LegalDate day = parse_date("2025-01-01").value() + std::chrono::days(random_() % 300);
    // A day that was said before is refused, which is right as well.
    static_cast<void>(world_.decisions.state_date("staff:an", {act, {Trigger::act_signed, day, "gazette"}}));
    static_cast<void>(world_.decisions.confirm_date("staff:binh", {act, {Trigger::act_signed, day, "right"}}));
  }

  void hold_one() {
    const EnrolmentCode code = world_.code();
    for (int i = 0; i < 2; ++i) {
      static_cast<void>(
          world_.enrolment.enrol(world_.enrolment_envelope(code, PrivateKey::generate(KeyType::ed25519).value())));
    }
  }

  World& world_;
  std::mt19937 random_;
  std::vector<Machine> installs_;
  std::vector<std::string> versions_ = {"1.0"};
  bool registered_ = false;
};

/// What kept numbers and facts say of each obligation is the same.
void expect_consistent(World& world, unsigned seed, int step) {
  const auto unit = world.store->begin(world.tenant, Access::read).value();
  EXPECT_EQ(find_wrong_rows(unit->projection()).value(), std::vector<std::int64_t>{}) << seed << " step " << step;
  const auto whole = world.board.judge_all(unit->projection(), world.clock.now(), Detail::customers).value();
  const auto kept = world.board.judge_all(unit->projection(), world.clock.now(), Detail::tallies).value();
  ASSERT_EQ(whole.size(), kept.size());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_EQ(kept[i].view.state, whole[i].view.state) << seed << " step " << step;
    EXPECT_EQ(kept[i].view.tally, whole[i].view.tally) << seed << " step " << step;
    EXPECT_EQ(kept[i].view.completed_at, whole[i].view.completed_at) << seed << " step " << step;
  }
}

void live(std::unique_ptr<Store> store, unsigned seed, int steps) {
  World world(std::move(store));
  Life life(world, seed);
  for (int step = 0; step < steps; ++step) {
    life.step();
    expect_consistent(world, seed, step);
  }
}

TEST(ObligationRows, FollowEveryEventInMemory) {
  for (unsigned seed = 1; seed <= 12; ++seed)
    live(std::make_unique<MemoryStore>(), seed, 40);
}

TEST(ObligationRows, FollowEveryEventInSqlite) {
  const kip::testing::TemporaryDirectory folder;
  for (unsigned seed = 100; seed < 103; ++seed)
    live(SqliteStore::open(folder.path() / (std::to_string(seed) + ".db")).value(), seed, 40);
}

TEST(ObligationRows, ThatAreWrongAreFound) {
  World world;
  world.register_act_and_commitments();
  world.import_customer();
  const auto unit = world.store->begin(world.tenant, Access::write).value();
  Projection& tables = unit->projection();
  ASSERT_EQ(find_wrong_rows(tables).value().size(), 0U);
  RowRecord row = tables.rows.all().value().at(0);
  row.installed += 1;
  ASSERT_THAT(tables.rows.put(row), is_ok());
  EXPECT_EQ(find_wrong_rows(tables).value(), std::vector<std::int64_t>{row.number});
  row.installed -= 1;
  ASSERT_THAT(tables.rows.put(row), is_ok());
  TallyRecord tally = tables.tallies.find(row.number).value().value();
  tally.tally.seats += 1;
  ASSERT_THAT(tables.tallies.put(tally), is_ok());
  EXPECT_EQ(find_wrong_rows(tables).value(), std::vector<std::int64_t>{row.number});
}

}  // namespace
}  // namespace kip::server::testing
