// Requests for service as the server takes them in, and what happens to them.

#include <random>
#include <set>

#include <gtest/gtest.h>

#include <server/domain/projection.hpp>
#include <server/domain/service_lists.hpp>
#include <server/storage/sqlite/sqlite_store.hpp>
#include <signing/dsse/envelope.hpp>
#include <testing/temporary_directory.hpp>

#include "../world.hpp"

namespace kip::server::testing {
namespace {

/// "An answer within 4 hours" and "resolved within 24", for the product of the tests.
constexpr std::string_view kTerms = R"({"format":"kip.terms/1","vendor":"V","jurisdiction":"VN","commitments":[],
 "service_promises":[
  {"format":"kip.service-promise/1","id":"help","product":"forms","clause":"c","rule":"VN-CIVIL-2015","calendar":"VN","profile":"public",
   "kinds":["remote","question","failed-update","reinstall"],"period":{"amount":4,"unit":"hour"},
   "milestone":"answered","clock":"elapsed"},
  {"format":"kip.service-promise/1","id":"visit","product":"forms","clause":"c","rule":"VN-CIVIL-2015","calendar":"VN","profile":"public",
   "kinds":["onsite"],"period":{"amount":48,"unit":"hour"},"milestone":"visited","after":"remote-failed",
   "clock":"elapsed"}],
 "contracts":[],"practices":[]})";

ServiceAnswer read_answer(const World& world, BytesView bytes) {
  const dsse::Envelope envelope = dsse::parse(bytes).value();
  return parse_service_answer(dsse::verify(envelope, kServiceAnswerType, {world.recorder.public_key()}).value())
      .value();
}

class ServiceDeskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(parse_terms(kTerms), is_ok());
    world.import_customer();
    ASSERT_THAT(world.publish({"1.0"}), is_ok());
    ASSERT_THAT(world.registry.import_terms("staff:an", parse_terms(kTerms).value()), is_ok());
  }

  Result<TakenRequest> take(const TestInstall& from, const ServiceRequest& request) {
    return world.service.take(world.caller(from), world.signed_request(from, request));
  }

  ServiceEntry entry(std::int64_t number) {
    const auto unit = world.store->begin(world.tenant, Access::read).value();
    return find_request(unit->projection(), world.board, number, world.clock.now()).value().value();
  }

  std::vector<std::int64_t> numbers(const ServiceFilter& filter) {
    const auto unit = world.store->begin(world.tenant, Access::read).value();
    std::vector<std::int64_t> out;
    for (const ServiceEntry& one :
         find_requests(unit->projection(), world.board, filter, world.clock.now()).value().entries)
      out.push_back(one.request.facts().number);
    return out;
  }

  World world;
};

TEST_F(ServiceDeskTest, AnInstallsRequestGetsANumberAndTheServersSignature) {
  const TestInstall install = world.enrol();
  const ServiceRequest request = world.service_request(install, ServiceKind::remote);
  const Bytes envelope = world.signed_request(install, request);
  const TakenRequest taken = world.service.take(world.caller(install), envelope).value();
  EXPECT_TRUE(taken.created);
  EXPECT_EQ(read_answer(world, taken.answer),
            (ServiceAnswer{world.tenant, install.id, request.id, sha256(envelope), 1, world.clock.now()}));
  const ServiceEntry kept = entry(1);
  EXPECT_EQ(kept.request.facts().customer.str(), "0101243150");
  EXPECT_EQ(kept.request.facts().came_at, world.clock.now());
  ASSERT_EQ(kept.view.promises.size(), 1U);
  EXPECT_EQ(kept.view.promises[0].due->due, world.clock.now() + std::chrono::hours(4));
}

TEST_F(ServiceDeskTest, TheSameRequestAgainIsOneRequestWithTheSameAnswer) {
  const TestInstall install = world.enrol();
  const Bytes envelope = world.signed_request(install, ServiceKind::remote);
  const TakenRequest first = world.service.take(world.caller(install), envelope).value();
  const auto events = world.event_types();
  world.clock.advance(std::chrono::hours(3));
  const TakenRequest again = world.service.take(world.caller(install), envelope).value();
  EXPECT_FALSE(again.created);
  EXPECT_EQ(read_answer(world, again.answer), read_answer(world, first.answer));
  EXPECT_EQ(world.event_types(), events);
}

TEST_F(ServiceDeskTest, OtherBytesUnderTheSameIdAreAConflict) {
  const TestInstall install = world.enrol();
  ServiceRequest request = world.service_request(install, ServiceKind::remote);
  ASSERT_THAT(take(install, request), is_ok());
  request.note = "something else";
  EXPECT_THAT(take(install, request), fails_with(ErrorCode::conflict, request.id.str()));
  const TestInstall other = world.enrol("PC-2");
  request.install = other.id;
  EXPECT_THAT(take(other, request), fails_with(ErrorCode::conflict));
}

TEST_F(ServiceDeskTest, OnlyTheInstallsOwnWordIsTaken) {
  const TestInstall install = world.enrol();
  const TestInstall other = world.enrol("PC-2");
  const ServiceRequest good = world.service_request(install, ServiceKind::remote);
  EXPECT_THAT(world.service.take(world.caller(install), world.signed_request(other, good)),
              fails_with(ErrorCode::signature));
  ServiceRequest wrong = good;
  wrong.install = other.id;
  EXPECT_THAT(take(install, wrong), fails_with(ErrorCode::denied));
  wrong = good;
  wrong.tenant = TenantId::parse("binh-minh").value();
  EXPECT_THAT(take(install, wrong), fails_with(ErrorCode::denied));
  wrong = good;
  wrong.product = ProductId::parse("other").value();
  EXPECT_THAT(take(install, wrong), fails_with(ErrorCode::denied));
  const Bytes as_receipt = dsse::to_bytes(
      dsse::sign(std::string(kReceiptType), json::to_compact(to_json(good)), Signer::of(install.key)).value());
  EXPECT_THAT(world.service.take(world.caller(install), as_receipt), fails_with(ErrorCode::signature));
  const InstallCaller used = world.caller(install);
  ASSERT_THAT(world.service.take(used, world.signed_request(install, good)), is_ok());
  EXPECT_THAT(world.service.take(used, world.signed_request(install, ServiceKind::question)),
              fails_with(ErrorCode::denied, "before"));
}

TEST_F(ServiceDeskTest, AHeldOrReplacedInstallIsRefused) {
  const TestInstall install = world.enrol();
  const auto code = world.enrolment.create_replacement("staff:an", install.id, world.publisher.first_root().value());
  ASSERT_THAT(
      world.enrolment.enrol(world.enrolment_envelope(code->code, PrivateKey::generate(KeyType::ed25519).value())),
      is_ok());
  EXPECT_THAT(take(install, world.service_request(install, ServiceKind::remote)),
              fails_with(ErrorCode::denied, "retired"));
  const EnrolmentCode once = world.code();
  const PrivateKey key = PrivateKey::generate(KeyType::ed25519).value();
  const InstallId id = world.enrolment.enrol(world.enrolment_envelope(once, key)).value().install;
  static_cast<void>(
      world.enrolment.enrol(world.enrolment_envelope(once, PrivateKey::generate(KeyType::ed25519).value())));
  const TestInstall held{id, key};
  EXPECT_THAT(take(held, world.service_request(held, ServiceKind::remote)), fails_with(ErrorCode::denied, "held"));
}

TEST_F(ServiceDeskTest, AFloodEndsWhereSomeMustBeResolvedFirst) {
  const TestInstall install = world.enrol();
  const TestInstall other = world.enrol("PC-2");
  for (std::int64_t i = 0; i < ServiceDesk::kMaxOpen; ++i)
    ASSERT_THAT(take(install, world.service_request(install, ServiceKind::question)), is_ok());
  const ServiceRequest next = world.service_request(install, ServiceKind::question);
  EXPECT_THAT(take(install, next), fails_with(ErrorCode::too_large, "20 requests"));
  EXPECT_THAT(take(other, world.service_request(other, ServiceKind::question)), is_ok());
  ASSERT_THAT(world.service.resolve("staff:an", 1, ""), is_ok());
  EXPECT_EQ(take(install, next).value().number, ServiceDesk::kMaxOpen + 2);
}

TEST_F(ServiceDeskTest, AVisitIsThereOnlyWhereRemoteHelpHasFailed) {
  const TestInstall install = world.enrol();
  EXPECT_THAT(take(install, world.service_request(install, ServiceKind::onsite)),
              fails_with(ErrorCode::usage, "ask for remote help first"));
  ASSERT_THAT(take(install, world.service_request(install, ServiceKind::remote)), is_ok());
  EXPECT_THAT(world.service.take_call("staff:an", world.service_call(ServiceKind::onsite)),
              fails_with(ErrorCode::usage));
  EXPECT_THAT(world.service.fail_remote("staff:an", 1, ""), fails_with(ErrorCode::usage, "what was tried"));
  world.clock.advance(std::chrono::hours(2));
  const Instant failed = world.clock.now();
  ASSERT_THAT(world.service.fail_remote("staff:an", 1, "no connection"), is_ok());
  world.clock.advance(std::chrono::hours(1));
  ASSERT_EQ(take(install, world.service_request(install, ServiceKind::onsite)).value().number, 2);
  const ServiceEntry visit = entry(2);
  EXPECT_EQ(visit.request.facts().after_remote, 1);
  EXPECT_EQ(visit.view.promises.at(0).due->due, failed + std::chrono::hours(48));
}

TEST_F(ServiceDeskTest, AFailedRemoteRequestOpensOneVisitUntilItIsResolved) {
  const auto call = [&](ServiceKind kind) { return world.service.take_call("staff:an", world.service_call(kind)); };
  ASSERT_THAT(call(ServiceKind::remote), is_ok());
  ASSERT_THAT(world.service.fail_remote("staff:an", 1, "no connection"), is_ok());
  EXPECT_EQ(call(ServiceKind::onsite).value(), 2);
  EXPECT_THAT(call(ServiceKind::onsite), fails_with(ErrorCode::usage, "ask for remote help first"));
  ASSERT_THAT(call(ServiceKind::remote), is_ok());
  ASSERT_THAT(world.service.fail_remote("staff:an", 3, "no connection"), is_ok());
  ASSERT_THAT(world.service.resolve("staff:an", 3, "it works again"), is_ok());
  EXPECT_THAT(call(ServiceKind::onsite), fails_with(ErrorCode::usage));
  ASSERT_THAT(call(ServiceKind::remote), is_ok());
  ASSERT_THAT(world.service.fail_remote("staff:an", 4, "no connection"), is_ok());
  EXPECT_EQ(call(ServiceKind::onsite).value(), 5);
  EXPECT_EQ(entry(5).request.facts().after_remote, 4);
}

TEST_F(ServiceDeskTest, ACallIsWhenItCameAndNotInTheFuture) {
  ServiceCall call = world.service_call(ServiceKind::question);
  call.came_at = world.clock.now() - std::chrono::hours(3);
  ASSERT_THAT(world.service.take_call("staff:an", call), is_ok());
  EXPECT_EQ(entry(1).view.promises.at(0).due->due, call.came_at + std::chrono::hours(4));
  call.came_at = world.clock.now() + std::chrono::milliseconds(1);
  EXPECT_THAT(world.service.take_call("staff:an", call), fails_with(ErrorCode::usage, "still to come"));
  call = world.service_call(ServiceKind::failed_update);
  EXPECT_THAT(world.service.take_call("staff:an", call), fails_with(ErrorCode::usage));
  call = world.service_call(ServiceKind::question);
  call.customer = TaxCode::parse("1").value();
  EXPECT_THAT(world.service.take_call("staff:an", call), fails_with(ErrorCode::not_found, "import it"));
}

TEST_F(ServiceDeskTest, StepsAreByTheServersTimeAndSayWho) {
  ASSERT_THAT(world.service.take_call("staff:an", world.service_call(ServiceKind::question)), is_ok());
  world.clock.advance(std::chrono::hours(4));
  ASSERT_THAT(world.service.answer("staff:binh", 1, "like this"), is_ok());
  const ServiceEntry late = entry(1);
  EXPECT_EQ(*late.request.answered(), (ServiceStep{world.clock.now(), "staff:binh", "like this"}));
  EXPECT_EQ(late.view.promises.at(0).state, ServiceState::met_late);
  EXPECT_THAT(world.service.answer("staff:an", 1, ""), fails_with(ErrorCode::conflict));
  EXPECT_THAT(world.service.resolve("staff:an", 9, ""), fails_with(ErrorCode::not_found, "#9"));
}

TEST_F(ServiceDeskTest, WhatIsDueSoonestComesFirstAndResolvedOnesLast) {
  const auto ask = [&](ServiceKind kind) {
    ASSERT_THAT(world.service.take_call("staff:an", world.service_call(kind)), is_ok());
    world.clock.advance(std::chrono::minutes(10));
  };
  ask(ServiceKind::workstation);  // of which nothing is promised
  ask(ServiceKind::question);
  ask(ServiceKind::remote);
  ask(ServiceKind::question);
  ASSERT_THAT(world.service.answer("staff:an", 2, ""), is_ok());
  ASSERT_THAT(world.service.resolve("staff:an", 3, ""), is_ok());
  EXPECT_EQ(numbers({}), (std::vector<std::int64_t>{4, 1, 2, 3}));
  EXPECT_EQ(numbers({.open = true}), (std::vector<std::int64_t>{4, 1, 2}));
  EXPECT_EQ(numbers({.kind = ServiceKind::question}), (std::vector<std::int64_t>{4, 2}));
  EXPECT_EQ(numbers({.states = {ServiceState::met}}), (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(numbers({.promise = PromiseId::parse("visit").value()}), (std::vector<std::int64_t>{}));
  EXPECT_EQ(numbers({.offset = 1, .limit = 2}), (std::vector<std::int64_t>{1, 2}));
}

TEST_F(ServiceDeskTest, WhatIsLateStaysAheadOfWhatIsNot) {
  ASSERT_THAT(world.service.take_call("staff:an", world.service_call(ServiceKind::question)), is_ok());
  world.clock.advance(std::chrono::hours(5));
  ASSERT_THAT(world.service.take_call("staff:an", world.service_call(ServiceKind::question)), is_ok());
  EXPECT_EQ(entry(1).view.promises.at(0).state, ServiceState::missed);
  EXPECT_EQ(numbers({}), (std::vector<std::int64_t>{1, 2}));
  EXPECT_TRUE(entry(1).next_due().has_value());
}

TEST_F(ServiceDeskTest, CustomersWhomAPromisePutsFirstComeBeforeWhatIsDueSooner) {
  constexpr std::string_view kAhead = R"({"format":"kip.terms/1","vendor":"V","jurisdiction":"VN","commitments":[],
   "service_promises":[{"format":"kip.service-promise/1","id":"ahead","product":"forms","clause":"c",
    "rule":"VN-CIVIL-2015","calendar":"VN","profile":"public","kinds":["workstation"],
    "period":{"amount":24,"unit":"hour"},"milestone":"answered","clock":"elapsed","entitled_first":true}],
   "contracts":[],"practices":[]})";
  ASSERT_THAT(world.registry.import_terms("staff:an", parse_terms(kAhead).value()), is_ok());
  ASSERT_THAT(world.service.take_call("staff:an", world.service_call(ServiceKind::question)), is_ok());
  ASSERT_THAT(world.service.take_call("staff:an", world.service_call(ServiceKind::workstation)), is_ok());
  EXPECT_LT(entry(1).next_due(), entry(2).next_due());
  EXPECT_EQ(numbers({}), (std::vector<std::int64_t>{2, 1}));
}

TEST_F(ServiceDeskTest, ACorrectedContractIsJudgedAnew) {
  ASSERT_THAT(world.service.take_call("staff:an", world.service_call(ServiceKind::question)), is_ok());
  EXPECT_EQ(entry(1).view.promises.at(0).state, ServiceState::running);
  const auto unit = world.store->begin(world.tenant, Access::read).value();
  Customer customer = unit->projection().customers.all().value().front();
  customer.periods = ContractPeriods::from_months({6}).value();
  customer.by_the_hour = true;
  ASSERT_THAT(world.registry.import_customers("staff:an", {customer}, false), is_ok());
  EXPECT_EQ(entry(1).view.promises.at(0).state, ServiceState::not_entitled);
  EXPECT_TRUE(entry(1).view.by_the_hour);
}

TEST_F(ServiceDeskTest, InspectionsAreOfThePastAndOfACustomer) {
  const TaxCode customer = TaxCode::parse("0101243150").value();
  InspectionRecorded one{customer, world.product, {parse_date("2025-10-27").value(), {}, "all well", sha256("r")}};
  ASSERT_THAT(world.service.inspect("staff:an", one), is_ok());
  const auto unit = world.store->begin(world.tenant, Access::read).value();
  const auto kept = unit->projection().inspections.of({customer, world.product}).value();
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].inspection.by, "staff:an");
  one.inspection.on = parse_date("2025-10-30").value();
  EXPECT_THAT(world.service.inspect("staff:an", one), fails_with(ErrorCode::usage, "still to come"));
  one = {TaxCode::parse("1").value(), world.product, {parse_date("2025-10-27").value(), {}, "", {}}};
  EXPECT_THAT(world.service.inspect("staff:an", one), fails_with(ErrorCode::not_found));
}

TEST(TermsImport, IsAllOrNothingAndIdempotent) {
  World world;
  const Terms terms = parse_terms(kTerms).value();
  const ImportedTerms first = world.registry.import_terms("staff:an", terms).value();
  EXPECT_EQ(first.promises_added, 2);
  const auto events = world.event_types();
  EXPECT_EQ(world.registry.import_terms("staff:an", terms).value().promises_unchanged, 2);
  Terms other = terms;
  other.service_promises[0].id = PromiseId::parse("new").value();
  other.service_promises[1].clause = "another one";
  EXPECT_THAT(world.registry.import_terms("staff:an", other), fails_with(ErrorCode::conflict, "promise visit"));
  other.service_promises[1] = terms.service_promises[1];
  other.service_promises[1].calendar = "XX";
  EXPECT_THAT(world.registry.import_terms("staff:an", other), fails_with(ErrorCode::not_found));
  EXPECT_EQ(world.event_types(), events);
}

TEST(TermsImport, OneIdIsNotOfBothKinds) {
  World world;
  ASSERT_THAT(world.registry.import_terms("staff:an", parse_terms(kTerms).value()), is_ok());
  auto commitments = parse_commitments(kip::testing::read_file(KIP_SAMPLES "/commitments-sample.json")).value();
  commitments[0].id = CommitmentId::parse("help").value();
  EXPECT_THAT(world.registry.import_commitments("staff:an", {commitments[0]}), fails_with(ErrorCode::conflict, "help"));
  World other;
  ASSERT_THAT(other.registry.import_commitments("staff:an", {commitments[0]}), is_ok());
  EXPECT_THAT(other.registry.import_terms("staff:an", parse_terms(kTerms).value()),
              fails_with(ErrorCode::conflict, "promise help"));
}

/// Things happen to requests at random, the same ones for the same seed.
class DeskLife {
 public:
  DeskLife(World& world, unsigned seed) : world_(world), random_(seed) {
    world.import_customer();
    EXPECT_THAT(world.publish({"1.0"}), is_ok());
    EXPECT_THAT(world.registry.import_terms("staff:an", parse_terms(kTerms).value()), is_ok());
    installs_.push_back(world.enrol());
    installs_.push_back(world.enrol("PC-2"));
  }

  void step() {
    world_.clock.advance(std::chrono::minutes(7));
    const std::int64_t number = 1 + static_cast<std::int64_t>(random_() % 12);
    const auto kind = static_cast<ServiceKind>(random_() % 6);
    const TestInstall& install = installs_[random_() % 2];
    switch (random_() % 7) {
      case 0:
      case 1:
        count(world_.service.take(world_.caller(install), world_.signed_request(install, kind)));
        break;
      case 2:
        count(world_.service.take_call("staff:an", world_.service_call(kind)));
        break;
      case 3:
        static_cast<void>(world_.service.answer("staff:an", number, "a"));
        break;
      case 4:
        static_cast<void>(world_.service.fail_remote("staff:an", number, "f"));
        break;
      case 5:
        static_cast<void>(world_.service.visit(
            "staff:an", {number, {world_.clock.now() - std::chrono::minutes(5), world_.clock.now(), {}, {}, {}, {}}}));
        break;
      default:
        static_cast<void>(world_.service.resolve("staff:an", number, "r"));
    }
  }

  std::int64_t taken() const { return taken_; }

 private:
  template <class T>
  void count(const Result<T>& result) {
    taken_ += result ? 1 : 0;
  }

  World& world_;
  std::mt19937 random_;
  std::vector<TestInstall> installs_;
  std::int64_t taken_ = 0;
};

void expect_numbers_without_gaps(World& world, unsigned seed) {
  DeskLife life(world, seed);
  for (int i = 0; i < 150; ++i)
    life.step();
  const auto read = [&] {
    const auto unit = world.store->begin(world.tenant, Access::read).value();
    return unit->projection().services.all().value();
  };
  const auto before = read();
  ASSERT_EQ(static_cast<std::int64_t>(before.size()), life.taken());
  ASSERT_GT(before.size(), 10U);
  std::set<std::int64_t> visited;
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(before[i].number(), static_cast<std::int64_t>(i) + 1);
    const ServiceFacts& facts = before[i].request.facts();
    EXPECT_EQ(facts.kind == ServiceKind::onsite, facts.after_remote.has_value());
    if (facts.after_remote) {
      EXPECT_TRUE(visited.insert(*facts.after_remote).second);
    }
  }
  EXPECT_THAT(rebuild(*world.store, world.tenant, {world.recorder.public_key()}), is_ok());
  EXPECT_TRUE(read() == before);
}

TEST(ServiceHistory, NumbersHaveNoGapsAndTablesCanBeMadeAgainInMemory) {
  for (unsigned seed = 1; seed <= 3; ++seed) {
    World world;
    expect_numbers_without_gaps(world, seed);
  }
}

TEST(ServiceHistory, NumbersHaveNoGapsAndTablesCanBeMadeAgainInSqlite) {
  const kip::testing::TemporaryDirectory folder;
  World world(SqliteStore::open(folder.path() / "kip.db").value());
  expect_numbers_without_gaps(world, 4);
}

}  // namespace
}  // namespace kip::server::testing
