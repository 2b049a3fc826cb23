#include <gmock/gmock.h>

#include <testing/matchers.hpp>
#include <testing/tuf_simulator.hpp>

namespace kip::tuf {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::fails_with;
using testing::is_ok;
using ::testing::Key;
using ::testing::Not;

/// A client with a folder of its own, against a repository that the test changes.
class TufClient : public ::testing::Test {
 protected:
  TufClient() { store_.files["root"] = repository_.roots.front(); }

  Result<void> refresh(const Limits& limits = {}) {
    repository_.requests.clear();
    KIP_TRY(Client client, Client::open(repository_, store_, now_, limits));
    return client.refresh();
  }
  std::int64_t version(std::string_view role) {
    const auto found = store_.files.find(role);
    if (found == store_.files.end()) return 0;
    return *parse_document(found->second, 10'000'000)->body.find("version")->as_integer();
  }
  /// What is kept stays as it is where a refresh fails.
  void expect_failure_keeps_all(ErrorCode code, std::string_view part = "") {
    const auto before = store_.files;
    EXPECT_THAT(refresh(), fails_with(code, std::string(part)));
    EXPECT_EQ(store_.files, before);
  }

  Instant now_ = *parse_instant("2026-11-25T00:00:00Z");
  testing::TufSimulator repository_{now_};
  testing::MemoryMetadataStore store_;
};

TEST_F(TufClient, KeepsTheExactBytesOfEachRole) {
  ASSERT_THAT(refresh(), is_ok());
  EXPECT_THAT(repository_.requests, ElementsAre("2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"));
  EXPECT_EQ(store_.files.size(), 4U);
  EXPECT_EQ(store_.files.at("timestamp"), repository_.serve("timestamp.json"));
  EXPECT_EQ(store_.files.at("snapshot"), repository_.serve("1.snapshot.json"));
  EXPECT_EQ(store_.files.at("targets"), repository_.serve("1.targets.json"));
}

TEST_F(TufClient, AsksForUnversionedFilesWithoutConsistentSnapshots) {
  repository_.root.consistent_snapshot = false;
  repository_.publish_root();
  ASSERT_THAT(refresh(), is_ok());
  EXPECT_THAT(repository_.requests,
              ElementsAre("2.root.json", "3.root.json", "timestamp.json", "snapshot.json", "targets.json"));
}

// --- 5.3 root ---

TEST_F(TufClient, WalksEachRootAndKeepsTheLast) {
  for (int i = 0; i < 5; ++i)
    repository_.rotate("root");
  ASSERT_THAT(refresh(), is_ok());
  EXPECT_EQ(store_.files.at("root"), repository_.roots.back());
}

TEST_F(TufClient, WalksOverAnExpiredRootButNotToOne) {
  const Instant expires = repository_.root.header.expires;
  repository_.root.header.expires = now_;
  repository_.publish_root();
  EXPECT_THAT(refresh(), fails_with(ErrorCode::expired, "root"));
  EXPECT_EQ(version("root"), 2) << "it is trusted all the same";
  repository_.root.header.expires = expires;
  repository_.publish_root();
  EXPECT_THAT(refresh(), is_ok());
}

TEST_F(TufClient, RefusesARootThatTheLastOnesKeysHaveNotSigned) {
  const Signer thief = testing::new_signer();
  repository_.root.keys.emplace(thief.key_id, kip::Key::of(thief.key.public_key()));
  repository_.root.roles["root"] = Role{{thief.key_id}, 1};
  repository_.root.header.version = 2;
  repository_.signers["root"] = {thief};
  repository_.instead["2.root.json"] = repository_.sign(to_json(repository_.root), "root");
  expect_failure_keeps_all(ErrorCode::signature, "by the keys of the last one");
}

TEST_F(TufClient, RefusesARootThatItsOwnKeysHaveNotSigned) {
  const Signer other = testing::new_signer();
  repository_.root.keys.emplace(other.key_id, kip::Key::of(other.key.public_key()));
  repository_.root.roles["root"] = Role{{other.key_id}, 1};
  repository_.root.header.version = 2;
  repository_.instead["2.root.json"] = repository_.sign(to_json(repository_.root), "root");
  expect_failure_keeps_all(ErrorCode::signature, "by its own keys");
}

TEST_F(TufClient, RefusesARootOfAnotherVersionThanAskedFor) {
  for (const std::int64_t wrong : {1, 3}) {
    repository_.root.header.version = wrong;
    repository_.instead["2.root.json"] = repository_.sign(to_json(repository_.root), "root");
    expect_failure_keeps_all(ErrorCode::rollback, "root has version");
  }
}

TEST_F(TufClient, TakesABoundedNumberOfRootsAndGoesOnInTheNextRun) {
  for (int i = 0; i < 10; ++i)
    repository_.publish_root();
  const Limits limits{.new_roots = 4};
  for (const std::int64_t expected : {5, 9, 11}) {
    EXPECT_THAT(refresh(limits), is_ok());
    EXPECT_EQ(version("root"), expected);
  }
}

// --- 5.3.11 and rollback of timestamp and snapshot ---

TEST_F(TufClient, RefusesAnOlderTimestamp) {
  repository_.timestamp.header.version = 5;
  ASSERT_THAT(refresh(), is_ok());
  repository_.timestamp.header.version = 4;
  expect_failure_keeps_all(ErrorCode::rollback, "timestamp");
}

TEST_F(TufClient, RefusesATimestampThatNamesAnOlderSnapshot) {
  repository_.snapshot.header.version = 5;
  repository_.update_timestamp();
  ASSERT_THAT(refresh(), is_ok());
  repository_.snapshot.header.version = 4;
  repository_.update_timestamp();
  expect_failure_keeps_all(ErrorCode::rollback, "snapshot");
}

TEST_F(TufClient, KeepsTheTimestampItHasWhereTheVersionIsTheSame) {
  ASSERT_THAT(refresh(), is_ok());
  const auto before = store_.files;
  repository_.timestamp.snapshot.version = 9;
  EXPECT_THAT(refresh(), is_ok());
  EXPECT_EQ(store_.files, before);
}

TEST_F(TufClient, RefusesASnapshotThatListsAnOlderOrNoTargets) {
  repository_.update_targets();
  ASSERT_THAT(refresh(), is_ok());
  repository_.targets["targets"].header.version = 1;
  repository_.update_snapshot();
  EXPECT_THAT(refresh(), fails_with(ErrorCode::rollback, "targets.json"));
  EXPECT_EQ(version("snapshot"), 2);
  EXPECT_EQ(version("targets"), 2);
}

TEST_F(TufClient, RefusesASnapshotThatDropsARole) {
  repository_.delegate("targets", {"forms", {}, {"forms/*"}, false, {}});
  repository_.update_targets();
  ASSERT_THAT(refresh(), is_ok());
  repository_.targets.erase("forms");
  repository_.snapshot.meta.erase("forms.json");
  repository_.update_snapshot();
  EXPECT_THAT(refresh(), fails_with(ErrorCode::rollback, "forms.json"));
}

struct FastForward {
  const char* name;
  std::vector<std::string> rotated;
};

class TufClientFastForward : public TufClient, public ::testing::WithParamInterface<FastForward> {};

TEST_P(TufClientFastForward, IsEndedByNewOnlineKeys) {
  repository_.timestamp.header.version = 99'998;
  repository_.snapshot.header.version = 99'998;
  repository_.update_snapshot();
  ASSERT_THAT(refresh(), is_ok());
  repository_.timestamp.header.version = repository_.snapshot.header.version = 1;
  repository_.update_snapshot();
  EXPECT_THAT(refresh(), fails_with(ErrorCode::rollback)) << "the old keys bind";
  for (const std::string& role : GetParam().rotated)
    repository_.rotate(role);
  EXPECT_THAT(refresh(), is_ok());
  EXPECT_EQ(version("timestamp"), 2);
  EXPECT_EQ(version("snapshot"), 2);
}

INSTANTIATE_TEST_SUITE_P(Keys, TufClientFastForward,
                         ::testing::Values(FastForward{"timestamp", {"timestamp"}},
                                           FastForward{"snapshot", {"snapshot"}},
                                           FastForward{"both", {"timestamp", "snapshot"}}),
                         [](const auto& row) { return row.param.name; });

TEST_F(TufClient, RecoversFromAFastForwardAlsoWhereOneOfTwoKeysIsTakenAway) {
  // The versions that the lost key drove up were signed by the good one as well, so that they still verify.
  const Signer lost = testing::new_signer();
  repository_.signers["timestamp"].push_back(lost);
  repository_.root.keys.emplace(lost.key_id, kip::Key::of(lost.key.public_key()));
  repository_.root.roles["timestamp"].key_ids.push_back(lost.key_id);
  repository_.publish_root();
  repository_.timestamp.header.version = 99'999;
  ASSERT_THAT(refresh(), is_ok());
  repository_.timestamp.header.version = 2;
  repository_.signers["timestamp"].pop_back();
  repository_.root.roles["timestamp"].key_ids.pop_back();
  repository_.publish_root();
  EXPECT_THAT(refresh(), is_ok());
  EXPECT_EQ(version("timestamp"), 2);
}

// --- expiry: one instant ---

TEST_F(TufClient, RefusesExpiredMetadataOfEachRole) {
  ASSERT_THAT(refresh(), is_ok());
  for (Header* header :
       {&repository_.timestamp.header, &repository_.snapshot.header, &repository_.targets["targets"].header}) {
    const Instant valid = header->expires;
    header->expires = now_;
    repository_.update_targets();
    EXPECT_THAT(refresh(), fails_with(ErrorCode::expired));
    header->expires = valid;
    repository_.update_targets();
    EXPECT_THAT(refresh(), is_ok());
  }
}

TEST_F(TufClient, AnExpiredTimestampStillBindsTheNextOne) {
  repository_.timestamp.header = {7, now_ + std::chrono::days(1)};
  ASSERT_THAT(refresh(), is_ok());
  now_ += std::chrono::days(2);
  repository_.timestamp.header = {6, now_ + std::chrono::days(1)};
  expect_failure_keeps_all(ErrorCode::rollback, "timestamp");
}

// --- hashes, lengths, versions ---

TEST_F(TufClient, RefusesASnapshotOrTargetsOtherThanNamed) {
  repository_.with_hashes = true;
  repository_.update_targets();
  for (const char* name : {"2.snapshot.json", "2.targets.json"}) {
    Bytes changed = *repository_.serve(name);
    changed.replace(changed.find("{"), 1, "{ ");
    changed.pop_back();
    repository_.instead[name] = changed + "}";
    EXPECT_FALSE(refresh()) << name;
    repository_.instead.clear();
  }
  EXPECT_THAT(refresh(), is_ok());
}

TEST_F(TufClient, RefusesARoleOfAnotherVersionThanNamed) {
  repository_.snapshot.header.version = 2;
  repository_.instead["1.snapshot.json"] = repository_.sign(to_json(repository_.snapshot), "snapshot");
  EXPECT_THAT(refresh(), fails_with(ErrorCode::rollback, "the timestamp names 1"));
  EXPECT_THAT(store_.files, Not(Contains(Key("snapshot"))));
}

TEST_F(TufClient, AsksForNoMoreThanTheBoundOfEachRole) {
  for (const char* name : {"2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"}) {
    repository_.instead[name] = Bytes(6'000'000, ' ');
    EXPECT_THAT(refresh(), fails_with(ErrorCode::too_large)) << name;
    repository_.instead.clear();
  }
  EXPECT_THAT(refresh(), is_ok());
}

TEST_F(TufClient, AsksForNoMoreThanTheLengthThatWasNamed) {
  repository_.with_hashes = true;
  repository_.update_targets();
  for (const char* name : {"2.snapshot.json", "2.targets.json"}) {
    repository_.instead[name] = *repository_.serve(name) + " ";
    EXPECT_THAT(refresh(), fails_with(ErrorCode::too_large)) << name;
    repository_.instead.clear();
  }
}

// --- a failure at any step ---

TEST_F(TufClient, GoesOnAfterAFailureAtAnyStep) {
  for (const char* name : {"timestamp.json", "2.snapshot.json", "2.targets.json", "2.root.json"}) {
    testing::MemoryMetadataStore fresh;
    fresh.files["root"] = repository_.roots.front();
    testing::TufSimulator repository = repository_;
    repository.rotate("timestamp");
    repository.update_targets();
    repository.instead[name] = "not JSON";
    auto failing = Client::open(repository, fresh, now_);
    EXPECT_THAT(failing->refresh(), fails_with(ErrorCode::malformed)) << name;
    repository.instead.clear();
    auto repaired = Client::open(repository, fresh, now_);
    EXPECT_THAT(repaired->refresh(), is_ok()) << name;
  }
}

}  // namespace
}  // namespace kip::tuf
