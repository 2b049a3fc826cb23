// Requests for service: kept until the server has signed for them, and made by updates that fail.

#include <deque>

#include <client-updater/app/output.hpp>
#include <client-updater/network/relay.hpp>
#include <client-updater/update/status.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/dsse/envelope.hpp>

#include "world.hpp"

namespace kip::updater {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::fails_with;
using ::testing::HasSubstr;
using testing::is_ok;
using ::testing::IsEmpty;

std::unique_ptr<World> enrolled_world() {
  auto world = std::make_unique<World>();
  KIP_CHECK(world->enrol().has_value());
  return world;
}

TEST(Support, ARequestIsSentAndItsNumberAndLimitAreTold) {
  const auto world = enrolled_world();
  ASSERT_THAT(world->ask(), is_ok());
  const auto result = world->send_requests();
  ASSERT_THAT(result, is_ok());
  ASSERT_EQ(result->answered.size(), 1U);
  EXPECT_THAT(result->kept, IsEmpty());
  EXPECT_THAT(describe(*result).lines,
              ElementsAre("request #1 remote grade 2, with the vendor since 2026-01-01T00:00:00Z, due before "
                          "2026-01-02T00:00:00Z"));
  EXPECT_EQ(parse_service_request(dsse::parse(world->vendor.requests.begin()->second)->payload)->note, "nó không in");
  EXPECT_THAT(world->send_requests()->answered, IsEmpty());
  EXPECT_EQ(world->vendor.request_words.size(), 1U);
}

TEST(Support, WithoutNetworkItIsKeptAndSentLater) {
  const auto world = enrolled_world();
  world->vendor.down = true;
  ASSERT_THAT(world->ask(), is_ok());
  ASSERT_THAT(world->ask(ServiceKind::question), is_ok());
  const auto offline = world->send_requests();
  ASSERT_THAT(offline, is_ok());
  EXPECT_EQ(offline->kept.size(), 2U);
  EXPECT_EQ(offline->failure->code, ErrorCode::network);
  EXPECT_THAT(describe(*offline).lines.front(), HasSubstr("kept since 2026-01-01T00:00:00Z and not yet sent"));
  const Status status = read_status(world->files, world->store, world->layout).value();
  EXPECT_EQ(status.requests.size(), 2U);
  EXPECT_THAT(describe(status).lines, Contains(HasSubstr("question grade 2, kept since")));
  world->vendor.down = false;
  EXPECT_EQ(world->send_requests()->answered.size(), 2U);
  EXPECT_THAT(world->vendor.request_words, ElementsAre("remote 2", "question 2"));
}

TEST(Support, IsTheSameRequestWhereTheAnswerWasLost) {
  const auto world = enrolled_world();
  const KeptRequest made = world->ask().value();
  world->store.before_commit = [] { return fail(ErrorCode::storage, "killed before the answer was kept"); };
  EXPECT_THAT(world->send_requests(), fails_with(ErrorCode::storage));
  world->store.before_commit = [] { return Result<void>(); };
  const auto again = world->send_requests();
  ASSERT_EQ(again->answered.size(), 1U);
  EXPECT_EQ(again->answered[0].id, made.id);
  EXPECT_EQ(world->vendor.requests.size(), 1U);
}

/// The far end of a channel: one request, and what is said to it.
class FarEnd final : public Channel {
 public:
  FarEnd(Frame request, std::deque<Frame>& said) : request_(std::move(request)), said_(said) {}
  Result<void> send(FrameType type, BytesView payload) override {
    said_.push_back({type, Bytes(payload)});
    return {};
  }
  Result<Frame> receive(std::uint64_t) override {
    if (!request_) return fail(ErrorCode::network, "no more");
    Frame out = *std::move(request_);
    request_.reset();
    return out;
  }
  bool has_input() override { return false; }

 private:
  std::optional<Frame> request_;
  std::deque<Frame>& said_;
};

/// Hands each request to the relay at once, as the process for the network does.
class RelayingChannel final : public Channel {
 public:
  explicit RelayingChannel(HttpClient& http) : http_(http) {}
  Result<void> send(FrameType type, BytesView payload) override {
    FarEnd far({type, Bytes(payload)}, said_);
    relay_requests(far, http_);
    return {};
  }
  Result<Frame> receive(std::uint64_t) override {
    if (said_.empty()) return fail(ErrorCode::network, "nothing was said");
    Frame out = std::move(said_.front());
    said_.pop_front();
    return out;
  }
  bool has_input() override { return false; }

 private:
  HttpClient& http_;
  std::deque<Frame> said_;
};

TEST(Support, GoesThroughTheProcessForTheNetworkAsReceiptsDo) {
  const auto world = enrolled_world();
  ASSERT_THAT(world->ask(), is_ok());
  RelayedHttpClient relayed(std::make_unique<RelayingChannel>(world->vendor));
  Install install = Install::open({world->files, relayed, world->store, world->clock, world->random, world->databases,
                                   world->machine, "/etc/hooks.json"},
                                  world->layout)
                        .value();
  EXPECT_EQ(send_requests(install)->answered.size(), 1U);
  world->vendor.down = true;
  ASSERT_THAT(world->ask(), is_ok());
  EXPECT_EQ(send_requests(install)->failure->code, ErrorCode::network);
  world->vendor.down = false;
  EXPECT_EQ(send_requests(install)->answered.size(), 1U);
  EXPECT_EQ(world->vendor.requests.size(), 2U);
}

struct AnswerForgery {
  const char* name;
  std::function<void(FakeVendor&)> forge;
  ErrorCode code;
};

class SupportForgery : public ::testing::TestWithParam<AnswerForgery> {};

TEST_P(SupportForgery, IsNotBelievedAndTheRequestStays) {
  const auto world = enrolled_world();
  ASSERT_THAT(world->ask(), is_ok());
  GetParam().forge(world->vendor);
  const auto result = world->send_requests();
  ASSERT_THAT(result, is_ok());
  EXPECT_THAT(result->answered, IsEmpty());
  ASSERT_EQ(result->kept.size(), 1U);
  EXPECT_EQ(result->failure->code, GetParam().code);
  EXPECT_FALSE(world->store.requests()->front().answer);
}

void forge_with(FakeVendor& vendor, std::function<void(ServiceAnswer&)> forge) {
  vendor.forge_answer = std::move(forge);
}

INSTANTIATE_TEST_SUITE_P(
    Table, SupportForgery,
    ::testing::Values(
        AnswerForgery{
            "Key", [](FakeVendor& v) { v.other_log_key = Signer::of(PrivateKey::generate(KeyType::ed25519).value()); },
            ErrorCode::signature},
        AnswerForgery{
            "Tenant",
            [](FakeVendor& v) { forge_with(v, [](ServiceAnswer& a) { a.tenant = TenantId::parse("other").value(); }); },
            ErrorCode::integrity},
        AnswerForgery{"Install",
                      [](FakeVendor& v) {
                        forge_with(v, [](ServiceAnswer& a) {
                          a.install = InstallId::parse("01JD0000000000000000000009").value();
                        });
                      },
                      ErrorCode::integrity},
        AnswerForgery{"Id",
                      [](FakeVendor& v) {
                        forge_with(
                            v, [](ServiceAnswer& a) { a.id = RequestId::parse("01JD0000000000000000000009").value(); });
                      },
                      ErrorCode::integrity},
        AnswerForgery{"Bytes",
                      [](FakeVendor& v) { forge_with(v, [](ServiceAnswer& a) { a.request = sha256("other"); }); },
                      ErrorCode::integrity}),
    [](const auto& row) { return row.param.name; });

TEST(Support, ARefusalIsNobodysSignedWordSoThatTheRequestStays) {
  const auto world = enrolled_world();
  const KeptRequest made = world->ask(ServiceKind::onsite).value();
  ASSERT_THAT(world->ask(ServiceKind::question), is_ok());
  world->vendor.refuses_requests = 400;
  const auto refused = world->send_requests();
  ASSERT_THAT(refused, is_ok());
  EXPECT_EQ(refused->kept.size(), 2U);
  EXPECT_THAT(refused->kept[0].refusal, HasSubstr("ask for remote help first"));
  EXPECT_EQ(world->store.requests()->at(1).refusal.empty(), false) << "one refusal does not stop the next request";
  world->vendor.refuses_requests.reset();
  EXPECT_EQ(world->send_requests()->answered.size(), 2U);
  EXPECT_EQ(world->store.requests()->at(0).refusal, "");
  Install install = world->open().value();
  EXPECT_THAT(withdraw_request(install, made.id), fails_with(ErrorCode::conflict, "as number 1"));
}

TEST(Support, WhatTheVendorDoesNotHaveCanBeWithdrawn) {
  const auto world = enrolled_world();
  const KeptRequest made = world->ask().value();
  Install install = world->open().value();
  ASSERT_THAT(withdraw_request(install, made.id), is_ok());
  EXPECT_THAT(withdraw_request(install, made.id), fails_with(ErrorCode::not_found));
  EXPECT_THAT(world->send_requests()->answered, IsEmpty());
  EXPECT_THAT(world->vendor.requests, IsEmpty());
}

TEST(Support, IsBounded) {
  const auto world = enrolled_world();
  EXPECT_THAT(world->ask(ServiceKind::remote, std::string(kMaxServiceNote + 1, 'x')), fails_with(ErrorCode::malformed));
  EXPECT_THAT(world->ask(ServiceKind::remote, "a\x1b[2J"), fails_with(ErrorCode::malformed));
  for (std::size_t i = 0; i < kMaxKeptRequests; ++i)
    ASSERT_THAT(world->ask(), is_ok());
  EXPECT_THAT(world->ask(), fails_with(ErrorCode::too_large, "--withdraw"));
  world->vendor.resolved = true;
  for (int i = 0; i < 3; ++i) {
    ASSERT_THAT(world->send_requests(), is_ok());
    for (std::size_t k = 0; k < kMaxKeptRequests; ++k)
      ASSERT_THAT(world->ask(), is_ok());
  }
  EXPECT_LE(world->store.requests()->size(), 2 * kMaxKeptRequests + 1);
}

TEST(Support, WhatIsResolvedIsAskedAboutAndLeavesTheStatus) {
  const auto world = enrolled_world();
  ASSERT_THAT(world->ask(), is_ok());
  ASSERT_THAT(world->send_requests(), is_ok());
  const auto open = [&] { return read_status(world->files, world->store, world->layout)->requests.size(); };
  EXPECT_EQ(open(), 1U);
  world->vendor.resolved = true;
  world->advance(std::chrono::hours(11));
  ASSERT_THAT(world->send_requests(), is_ok());
  EXPECT_EQ(open(), 1U) << "too early to ask again";
  world->advance(std::chrono::hours(1));
  EXPECT_THAT(world->send_requests()->answered, IsEmpty()) << "that is no news";
  EXPECT_EQ(open(), 0U);
  EXPECT_EQ(world->vendor.requests.size(), 1U);
}

/// Version 1.1 has come and did not pass its check, so that 1.0 is in use again.
std::unique_ptr<World> world_with_a_version_taken_back() {
  auto world = world_with_old_forms();
  world->vendor.probes = {{PortProbe{5432}}};
  world->vendor.release("1.1", kNewForms);
  KIP_CHECK(!world->update().has_value());
  KIP_CHECK(world->store.load()->attempt.phase == Phase::reverted);
  return world;
}

TEST(FailedUpdateRequest, IsMadeOnceWhereAVersionIsTakenBack) {
  const auto world = world_with_a_version_taken_back();
  ASSERT_THAT(world->send_requests(), is_ok());
  ASSERT_THAT(world->send_requests(), is_ok());
  EXPECT_THAT(world->vendor.request_words, ElementsAre("failed-update 2"));
  const ServiceRequest sent =
      parse_service_request(dsse::parse(world->vendor.requests.begin()->second)->payload).value();
  EXPECT_EQ(sent.failed->version.str(), "1.1");
  EXPECT_THAT(sent.failed->error, HasSubstr("5432"));
  EXPECT_FALSE(world->update(true).has_value());  // the same version fails again
  ASSERT_THAT(world->send_requests(), is_ok());
  EXPECT_EQ(world->vendor.request_words.size(), 1U);
  world->vendor.release("1.2", kNewForms);
  EXPECT_FALSE(world->update().has_value());
  ASSERT_THAT(world->send_requests(), is_ok());
  EXPECT_THAT(world->vendor.request_words, ElementsAre("failed-update 2", "failed-update 2"));
}

TEST(FailedUpdateRequest, IsNotMadeWhereTheAdministratorSaysSo) {
  const auto world = world_with_a_version_taken_back();
  ASSERT_THAT(world->send_requests(false), is_ok());
  EXPECT_THAT(world->vendor.request_words, IsEmpty());
}

TEST(FailedUpdateRequest, IsKeptWithoutNetworkAndIsOneRequest) {
  const auto world = world_with_a_version_taken_back();
  world->vendor.down = true;
  for (int i = 0; i < 3; ++i)
    ASSERT_THAT(world->send_requests(), is_ok());
  EXPECT_EQ(world->store.requests()->size(), 1U);
  world->vendor.down = false;
  EXPECT_EQ(world->send_requests()->answered.size(), 1U);
}

TEST(FailedUpdateRequest, IsNotMadeOfASuccessNorOfTroubleOnTheWay) {
  const auto world = world_with_old_forms();
  ASSERT_THAT(world->send_requests(), is_ok());
  world->vendor.release("1.1", kNewForms);
  world->vendor.cuts.assign(50, 5);
  EXPECT_THAT(world->update(), fails_with(ErrorCode::network));
  world->vendor.cuts.clear();
  ASSERT_THAT(world->send_requests(), is_ok());
  ASSERT_THAT(world->update(), is_ok());
  ASSERT_THAT(world->send_requests(), is_ok());
  EXPECT_THAT(world->vendor.request_words, IsEmpty());
}

struct EndOfAttempt {
  const char* name;
  Attempt attempt;
  std::vector<std::string> words;
};

class FailedUpdateGrade : public ::testing::TestWithParam<EndOfAttempt> {};

Attempt ended(Phase phase, std::optional<InstallState> failure, Move move = Move::install) {
  Attempt out{.move = move, .target = Target{Version::parse("1.1").value(), sha256("m")}, .phase = phase};
  if (failure) out.failure = ReportedFailure{*failure, "the reason\x07 with \xff in it"};
  return out;
}

TEST_P(FailedUpdateGrade, IsThatOfWhatHasBecomeOfTheMachine) {
  const auto world = enrolled_world();
  State state = world->store.load().value();
  state.attempt = GetParam().attempt;
  ASSERT_THAT(world->store.save(state, {}), is_ok());
  ASSERT_THAT(world->send_requests(), is_ok());
  EXPECT_EQ(world->vendor.request_words, GetParam().words);
}

INSTANTIATE_TEST_SUITE_P(
    Table, FailedUpdateGrade,
    ::testing::Values(
        EndOfAttempt{"Held", ended(Phase::held, InstallState::held), {"failed-update 1"}},
        EndOfAttempt{"HeldByARollback", ended(Phase::held, InstallState::held, Move::rollback), {"failed-update 1"}},
        EndOfAttempt{"TakenBack", ended(Phase::reverted, InstallState::failed), {"failed-update 2"}},
        EndOfAttempt{"NothingChanged", ended(Phase::downloaded, InstallState::failed), {"failed-update 3"}},
        EndOfAttempt{"Rejected", ended(Phase::idle, InstallState::rejected), {"failed-update 3"}},
        EndOfAttempt{"OnItsWayBack", ended(Phase::reverting, InstallState::failed), {}},
        EndOfAttempt{"RollbackTakenBack", ended(Phase::reverted, InstallState::failed, Move::rollback), {}},
        EndOfAttempt{"Confirmed", ended(Phase::confirmed, std::nullopt), {}}, EndOfAttempt{"None", Attempt{}, {}}),
    [](const auto& row) { return row.param.name; });

TEST(FailedUpdateRequest, ComesOnceMoreWhereTheInstallIsHeldInTheEnd) {
  const auto world = enrolled_world();
  for (const Phase phase : {Phase::downloaded, Phase::reverted, Phase::held, Phase::held, Phase::reverted}) {
    State state = world->store.load().value();
    state.attempt = ended(phase, InstallState::failed);
    ASSERT_THAT(world->store.save(state, {}), is_ok());
    ASSERT_THAT(world->send_requests(), is_ok());
  }
  EXPECT_THAT(world->vendor.request_words, ElementsAre("failed-update 3", "failed-update 1"));
}

}  // namespace
}  // namespace kip::updater
