// What one request brings is one event, and leaves the same behind as if each receipt had come by itself.

#include <random>

#include <gmock/gmock.h>

#include <server/domain/projection.hpp>
#include <server/storage/sqlite/sqlite_store.hpp>
#include <signing/dsse/envelope.hpp>
#include <testing/temporary_directory.hpp>

#include "../world.hpp"

namespace kip::server::testing {
namespace {

using ::testing::ElementsAre;

/// A vendor with one install, which chance has no part in but for its key.
class Vendor {
 public:
  explicit Vendor(const PrivateKey& key, std::shared_ptr<Store> store = std::make_shared<MemoryStore>())
      : world(std::move(store)) {
    world.register_act_and_commitments();
    world.import_customer();
    KIP_CHECK(world.publish({"1.0", "1.1"}).has_value());
    const Bytes request = world.enrolment_envelope(world.code(), key);
    install.emplace(TestInstall{world.enrolment.enrol(request).value().install, key});
  }

  Bytes receipt(std::int64_t sequence, InstallState state = InstallState::verified, const Bytes& before = {},
                char incarnation = 'a', std::string_view version = "1.0") {
    Receipt out = world.receipt(*install, sequence, state, version);
    out.incarnation = std::string(32, incarnation);
    if (sequence > 1 && !before.empty()) out.previous = sha256(before);
    return world.signed_receipt(*install, out);
  }
  /// A chain of that many.
  std::vector<Bytes> chain(std::int64_t count, char incarnation = 'a') {
    std::vector<Bytes> out;
    for (std::int64_t i = 1; i <= count; ++i)
      out.push_back(receipt(i, InstallState::verified, out.empty() ? Bytes() : out.back(), incarnation));
    return out;
  }

  TakenReceipts take(const std::vector<Bytes>& envelopes, OnFork on_fork = OnFork::keep) {
    auto taken = world.receipts.take(world.caller(*install), envelopes, on_fork);
    KIP_CHECK(taken.has_value());
    return *std::move(taken);
  }
  std::vector<AcknowledgedReceipt> said_in(const std::optional<Bytes>& envelope) {
    return envelope ? parse_acknowledgement(dsse::parse(*envelope)->payload)->receipts
                    : std::vector<AcknowledgedReceipt>();
  }
  /// The digests of the receipts of each event, in their order.
  std::vector<std::vector<Sha256Digest>> recorded() {
    std::vector<std::vector<Sha256Digest>> out;
    const auto unit = world.store->begin(world.tenant, Access::read).value();
    for (const StoredEvent& stored : unit->events().after(0, 1000).value()) {
      if (stored.type != event_type::kReceiptsRecorded) continue;
      auto& digests = out.emplace_back();
      const Event event = read_event(stored).value();
      for (const ReceivedReceipt& one : read_receipts_recorded(event.body).value())
        digests.push_back(one.digest);
    }
    return out;
  }

  World world;
  std::optional<TestInstall> install;
};

/// What receipts change, but for their places in history.
struct Tables {
  std::vector<InstallRecord> installs;
  std::vector<ReceiptRecord> receipts;
  std::vector<InstallationRecord> installations;
  std::vector<DeferralRecord> deferrals;
  std::vector<ProgressRecord> progress;
  std::vector<RowRecord> rows;
  std::vector<TallyRecord> tallies;

  bool operator==(const Tables&) const = default;
};

Tables tables_of(World& world) {
  const auto unit = world.store->begin(world.tenant, Access::read).value();
  Projection& from = unit->projection();
  Tables out{from.installs.all().value(),  from.receipts.all().value(), from.installations.all().value(),
             from.deferrals.all().value(), from.progress.all().value(), from.rows.all().value(),
             from.tallies.all().value()};
  for (ReceiptRecord& one : out.receipts) {
    one.event_index = 0;
    one.place = 0;
  }
  return out;
}

/// Receipts as no install sends them: gaps, numbers out of order and twice, broken links, incarnations that alternate.
std::vector<Bytes> wild_receipts(Vendor& vendor, unsigned seed) {
  std::mt19937 chance(seed);
  const auto below = [&chance](std::uint32_t limit) { return static_cast<std::uint32_t>(chance() % limit); };
  constexpr std::array kStates = {InstallState::deferred, InstallState::downloaded,  InstallState::installed,
                                  InstallState::failed,   InstallState::rolled_back, InstallState::already_installed,
                                  InstallState::applying};
  constexpr std::array<std::string_view, 3> kVersions = {"1.0", "1.1", "7"};
  std::vector<Bytes> out;
  std::map<char, std::int64_t> next;
  char incarnation = 'a';
  for (std::size_t i = 0; i < 60; ++i) {
    if (below(9) == 0) incarnation = static_cast<char>('a' + below(3));
    std::int64_t& last = next[incarnation];
    last = std::max<std::int64_t>(1, last + (below(6) == 0 ? std::int64_t{below(6)} - 3 : 1));
    const Bytes before = out.empty() || below(10) == 0 ? Bytes("broken") : out.back();
    out.push_back(
        vendor.receipt(last, kStates[below(kStates.size())], before, incarnation, kVersions[below(kVersions.size())]));
    if (below(12) == 0) out.push_back(out[below(static_cast<std::uint32_t>(out.size()))]);
  }
  return out;
}

void expect_same(Vendor& together, Vendor& alone, const std::vector<Bytes>& receipts, std::size_t first) {
  // The first few have come before.
  const auto middle = receipts.begin() + static_cast<std::ptrdiff_t>(first);
  for (Vendor* vendor : {&together, &alone}) {
    for (auto one = receipts.begin(); one != middle; ++one)
      vendor->take({*one});
  }
  together.take({middle, receipts.end()});
  for (auto one = middle; one != receipts.end(); ++one)
    alone.take({*one});
  const Tables kept = tables_of(together.world);
  EXPECT_TRUE(kept == tables_of(alone.world));
  EXPECT_FALSE(kept.receipts.empty());
  ASSERT_THAT(rebuild(*together.world.store, together.world.tenant, {together.world.recorder.public_key()}), is_ok());
  EXPECT_TRUE(kept == tables_of(together.world)) << "made anew";
}

TEST(ReceiptBatch, LeavesWhatItsReceiptsLeaveOneByOne) {
  for (unsigned seed = 1; seed <= 25; ++seed) {
    SCOPED_TRACE(seed);
    const PrivateKey key = PrivateKey::generate(KeyType::ed25519).value();
    Vendor together(key);
    Vendor alone(key);
    ASSERT_EQ(together.install->id, alone.install->id);
    expect_same(together, alone, wild_receipts(together, seed), seed % 4 * 5);
  }
}

TEST(ReceiptBatch, LeavesTheSameInADatabase) {
  const kip::testing::TemporaryDirectory folder;
  const PrivateKey key = PrivateKey::generate(KeyType::ed25519).value();
  Vendor together(key, SqliteStore::open(folder.path() / "kip.sqlite").value());
  Vendor alone(key);
  ASSERT_EQ(together.install->id, alone.install->id);
  expect_same(together, alone, wild_receipts(together, 1), 10);
}

class OneRequest : public ::testing::Test {
 protected:
  Vendor vendor{PrivateKey::generate(KeyType::ed25519).value()};
};

TEST_F(OneRequest, IsOneEventWithItsReceiptsInTheirOrder) {
  const auto receipts = vendor.chain(5);
  const auto said = vendor.said_in(vendor.take(receipts).acknowledgement);
  std::vector<Sha256Digest> wanted;
  for (std::size_t i = 0; i < receipts.size(); ++i) {
    wanted.push_back(sha256(receipts[i]));
    EXPECT_EQ(said.at(i).receipt, wanted.back());
    EXPECT_EQ(said[i].event_index, said[0].event_index);
    EXPECT_EQ(said[i].recorded_time, vendor.world.clock.now());
  }
  EXPECT_THAT(vendor.recorded(), ElementsAre(wanted));
}

TEST_F(OneRequest, ThatComesAgainWithOthersKeepsThePlacesThatThereWere) {
  const auto receipts = vendor.chain(6);
  const auto first = vendor.said_in(vendor.take({receipts[0], receipts[1], receipts[2]}).acknowledgement);
  vendor.world.clock.advance(std::chrono::hours(1));
  const auto all = vendor.said_in(vendor.take(receipts).acknowledgement);
  ASSERT_EQ(all.size(), 6U);
  EXPECT_TRUE(std::equal(first.begin(), first.end(), all.begin()));
  EXPECT_EQ(all[3].event_index, first[0].event_index + 1);
  EXPECT_EQ(all[5].event_index, all[3].event_index);
  EXPECT_EQ(all[3].recorded_time, first[0].recorded_time + std::chrono::hours(1));
  const auto other = vendor.said_in(vendor.take({receipts[2], receipts[3]}).acknowledgement);
  EXPECT_THAT(other, ElementsAre(all[2], all[3]));
  EXPECT_THAT(vendor.recorded(),
              ElementsAre(ElementsAre(sha256(receipts[0]), sha256(receipts[1]), sha256(receipts[2])),
                          ElementsAre(sha256(receipts[3]), sha256(receipts[4]), sha256(receipts[5]))));
}

TEST_F(OneRequest, MayHoldAReceiptTwiceWhichIsRecordedAndNamedOnce) {
  const auto receipts = vendor.chain(2);
  const auto taken = vendor.take({receipts[0], receipts[0], receipts[1], receipts[0]});
  EXPECT_EQ(vendor.said_in(taken.acknowledgement).size(), 2U);
  EXPECT_FALSE(taken.disputed);
  EXPECT_THAT(vendor.recorded(), ElementsAre(ElementsAre(sha256(receipts[0]), sha256(receipts[1]))));
}

TEST_F(OneRequest, StopsAtAForkWithinItself) {
  const auto receipts = vendor.chain(3);
  const Bytes other = vendor.receipt(3, InstallState::failed, receipts[1]);
  const auto taken = vendor.take({receipts[0], receipts[1], receipts[2], other, receipts[1]}, OnFork::stop);
  const auto said = vendor.said_in(taken.acknowledgement);
  ASSERT_EQ(said.size(), 3U);
  EXPECT_THAT(vendor.said_in(taken.fork), ElementsAre(said[2])) << "its place is that of this very event";
  EXPECT_GT(said[2].event_index, 0);
  EXPECT_FALSE(taken.disputed);
  EXPECT_EQ(vendor.recorded().at(0).size(), 3U);
}

TEST_F(OneRequest, StopsAtAForkInItsMiddle) {
  const auto receipts = vendor.chain(4);
  vendor.take(receipts);
  const Bytes other = vendor.receipt(4, InstallState::failed, receipts[2]);
  const Bytes after = vendor.receipt(5, InstallState::failed, other);
  const auto taken = vendor.take({receipts[2], other, after}, OnFork::stop);
  ASSERT_EQ(vendor.said_in(taken.acknowledgement).size(), 1U);
  EXPECT_EQ(vendor.said_in(taken.acknowledgement)[0].receipt, sha256(receipts[2]));
  EXPECT_EQ(vendor.said_in(taken.fork).at(0).receipt, sha256(receipts[3]));
  EXPECT_EQ(vendor.recorded().size(), 1U) << "nothing new";
}

TEST_F(OneRequest, MayHoldTwoIncarnationsInTheirOrder) {
  const auto old = vendor.chain(2);
  const auto next = vendor.chain(2, 'b');
  EXPECT_FALSE(vendor.take({old[0], old[1], next[0], next[1]}).disputed);
  const InstallRecord record = vendor.world.install_record(vendor.install->id);
  EXPECT_EQ(record.incarnation, std::string(32, 'b'));
  EXPECT_EQ(record.last_sequence, 2);
  const auto unit = vendor.world.store->begin(vendor.world.tenant, Access::read).value();
  std::vector<Sha256Digest> order;
  for (const ReceiptRecord& one : unit->projection().receipts.of(vendor.install->id).value())
    order.push_back(one.key.digest);
  EXPECT_THAT(order, ElementsAre(sha256(old[0]), sha256(old[1]), sha256(next[0]), sha256(next[1])));
}

TEST_F(OneRequest, ThatGoesBackToAnEarlierIncarnationIsOfTwoCopies) {
  const auto old = vendor.chain(2);
  const auto next = vendor.chain(1, 'b');
  EXPECT_TRUE(vendor.take({old[0], next[0], old[1]}).disputed);
  EXPECT_EQ(vendor.world.event_types().back(), "install.alarm");
}

TEST_F(OneRequest, FarApartIsLookedAroundForEachNumber) {
  const auto receipts = vendor.chain(3);
  vendor.take(receipts);
  constexpr std::int64_t kFar = INT64_MAX;
  const Bytes far = vendor.receipt(kFar, InstallState::failed);
  const Bytes other = vendor.receipt(2, InstallState::failed, receipts[0]);
  const auto taken = vendor.take({far, other}, OnFork::stop);
  EXPECT_EQ(vendor.said_in(taken.acknowledgement).at(0).sequence, kFar);
  EXPECT_EQ(vendor.said_in(taken.fork).at(0).receipt, sha256(receipts[1]));
}

/// The body of an event, read strictly wherever it is read.
TEST_F(OneRequest, MakesNoEventOfAnotherForm) {
  const auto refused = [&](const std::vector<Bytes>& envelopes) {
    const auto unit = vendor.world.store->begin(vendor.world.tenant, Access::write).value();
    return vendor.world.recorder.record(*unit, event_type::kReceiptsRecorded, kServerActor,
                                        receipts_recorded_body({envelopes.begin(), envelopes.end()}));
  };
  EXPECT_THAT(refused({}), fails_with(ErrorCode::malformed, "is empty"));
  const auto many = vendor.chain(101);
  EXPECT_THAT(refused(many), fails_with(ErrorCode::too_large, "101 items"));
  EXPECT_THAT(refused({many.begin(), many.begin() + 100}), is_ok());
  EXPECT_THAT(refused({many[0], many[1], many[0]}), fails_with(ErrorCode::malformed, "twice"));
  const TestInstall other = vendor.world.enrol("PC-2");
  const Bytes foreign = vendor.world.signed_receipt(other, vendor.world.receipt(other, 1, InstallState::failed, "1.0"));
  EXPECT_THAT(refused({many[0], foreign}), fails_with(ErrorCode::malformed, "two installs"));
  EXPECT_THAT(refused({"{}"}), fails_with(ErrorCode::malformed));
  for (const char* body : {R"({})", R"({"receipts":"e30="})", R"({"receipts":[7]})", R"({"receipts":["?"]})"})
    EXPECT_THAT(read_receipts_recorded(json::parse(body).value()), fails_with(ErrorCode::malformed)) << body;
}

}  // namespace
}  // namespace kip::server::testing
