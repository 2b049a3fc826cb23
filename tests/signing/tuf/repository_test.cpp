#include <map>

#include <gtest/gtest.h>

#include <signing/ceremony/repository_plan.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/tuf/client.hpp>
#include <signing/tuf/repository.hpp>
#include <testing/matchers.hpp>
#include <testing/memory_metadata_store.hpp>

namespace kip::tuf {
namespace {

using testing::fails_with;
using testing::is_ok;

constexpr std::string_view kOnline = "rollouts";

Signer make_signer() {
  return Signer::of(*PrivateKey::generate(KeyType::ed25519));
}

/// What a static web server has: name -> bytes.
class ServedFiles final : public MetadataFetcher {
 public:
  Result<std::optional<Bytes>> fetch(std::string_view name, std::size_t max_bytes) override {
    ++requests;
    const auto found = files.find(name);
    if (found == files.end()) return std::optional<Bytes>();
    if (found->second.size() > max_bytes) return fail(ErrorCode::too_large, "too much");
    return std::optional(found->second);
  }
  Result<Fetched> fetch_unless(std::string_view name, std::size_t max_bytes, const Validators& known) override {
    KIP_TRY(std::optional<Bytes> bytes, fetch(name, max_bytes));
    if (!bytes) return fail(ErrorCode::not_found, "no such file");
    const Validators now{sha256(*bytes).hex(), ""};
    if (known == now) return Fetched{std::nullopt, known};
    return Fetched{std::move(bytes), now};
  }
  std::map<std::string, Bytes, std::less<>> files;
  int requests = 0;
};

/// A vendor with three officers and a server's keys, publishing to a map of files.
class Repository : public ::testing::Test {
 protected:
  void SetUp() override {
    RepositoryPlan plan{{*TenantId::parse("acme"), Key::of(timestamp_.key.public_key()),
                         Key::of(snapshot_.key.public_key()), Key::of(rollouts_.key.public_key())},
                        {{"An", Key::of(an_.key.public_key())},
                         {"Binh", Key::of(binh_.key.public_key())},
                         {"Chi", Key::of(chi_.key.public_key())}},
                        2,
                        {*ProductId::parse("forms")},
                        now_};
    first_ = *first_versions(plan);
    ASSERT_THAT(publish(first_publication()), is_ok());
    kept_.files["root"] = served_.files["1.root.json"];
  }

  Publication first_publication() {
    return {{signed_by(to_json(first_->root))}, signed_by(to_json(first_->targets)), {{"product-forms", forms(1, {})}}};
  }
  Bytes signed_by(const json::Value& body) { return *sign_metadata(body, {&an_, &chi_}); }
  Bytes forms(std::int64_t version, const std::map<std::string, TargetFile, std::less<>>& targets) {
    Targets body;
    body.header = {version, now_ + std::chrono::days(365)};
    body.targets = targets;
    return signed_by(to_json(body));
  }
  Result<void> publish(const Publication& publication) {
    KIP_TRY(Accepted accepted, accept(files_, publication, kOnline, now_));
    KIP_TRY(const auto online,
            seal(accepted.files, kOnline, rollout_targets_, {timestamp_, snapshot_, rollouts_}, {}, now_));
    files_ = accepted.files;
    for (const NamedFile& file : accepted.new_files)
      served_.files[file.name] = file.bytes;
    for (const NamedFile& file : online)
      served_.files[file.name] = file.bytes;
    return {};
  }
  Result<Client> refreshed() {
    KIP_TRY(Client client, Client::open(served_, kept_, now_));
    KIP_TRY_VOID(client.refresh());
    return client;
  }

  Instant now_ = *parse_instant("2026-11-22T00:00:00Z");
  Signer an_ = make_signer();
  Signer binh_ = make_signer();
  Signer chi_ = make_signer();
  Signer timestamp_ = make_signer();
  Signer snapshot_ = make_signer();
  Signer rollouts_ = make_signer();
  std::optional<FirstVersions> first_;
  std::map<std::string, TargetFile, std::less<>> rollout_targets_;
  RepositoryFiles files_;
  ServedFiles served_;
  testing::MemoryMetadataStore kept_;
};

TEST_F(Repository, IsReadByTheClientThroughDelegations) {
  ASSERT_THAT(publish({{}, {}, {{"product-forms", forms(2, {{"forms/a.kpk", target_of("abc")}})}}}), is_ok());
  auto client = refreshed();
  ASSERT_THAT(client, is_ok());
  const auto found = client->find("forms/a.kpk");
  ASSERT_THAT(found, is_ok());
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->role, "product-forms");
  EXPECT_EQ((*found)->file.length, 3);
  EXPECT_EQ(kept_.files.at("product-forms"), served_.files.at("2.product-forms.json"));
  EXPECT_FALSE(client->find("other/a.kpk")->has_value());
}

TEST_F(Repository, UnchangedCheckAsksForTheNextRootAndTheTimestampOnly) {
  ASSERT_THAT(refreshed(), is_ok());
  served_.requests = 0;
  ASSERT_THAT(refreshed(), is_ok());
  EXPECT_EQ(served_.requests, 2);
}

TEST_F(Repository, RefusesAProductSignedByOneOfficer) {
  Targets body;
  body.header = {2, now_ + std::chrono::days(1)};
  const Bytes one = *sign_metadata(to_json(body), {&an_});
  EXPECT_THAT(publish({{}, {}, {{"product-forms", one}}}), fails_with(ErrorCode::signature, "1 of the 2"));
}

TEST_F(Repository, RefusesTheSameVersionWithOtherBytesAndAnOlderOne) {
  ASSERT_THAT(publish({{}, {}, {{"product-forms", forms(3, {})}}}), is_ok());
  EXPECT_THAT(publish({{}, {}, {{"product-forms", forms(3, {{"forms/a", target_of("a")}})}}}),
              fails_with(ErrorCode::conflict));
  EXPECT_THAT(publish({{}, {}, {{"product-forms", forms(2, {})}}}), fails_with(ErrorCode::rollback));
}

TEST_F(Repository, TakesTheSamePublicationTwiceWithoutNewOfflineFiles) {
  const auto again = accept(files_, first_publication(), kOnline, now_);
  // Signatures are deterministic for Ed25519, so that the very same bytes come again.
  ASSERT_THAT(again, is_ok());
  EXPECT_TRUE(again->new_files.empty());
}

TEST_F(Repository, RefusesAPublicationWhoseRootNamesOtherOnlineKeys) {
  timestamp_ = make_signer();
  EXPECT_THAT(publish({}), fails_with(ErrorCode::conflict, "online-keys.json"));
}

TEST_F(Repository, RotatesTheRootOnlyByBothThresholds) {
  Root next = first_->root;
  next.header.version = 2;
  Role& root_role = next.roles.find(kRoot)->second;
  const Signer dung = make_signer();
  root_role.key_ids = {dung.key_id, binh_.key_id, chi_.key_id};
  next.keys.emplace(dung.key_id, Key::of(dung.key.public_key()));
  const Bytes by_new_only = *sign_metadata(to_json(next), {&dung, &binh_});
  EXPECT_THAT(publish({{by_new_only}, {}, {}}), fails_with(ErrorCode::signature));
  const Bytes by_both = *sign_metadata(to_json(next), {&an_, &binh_, &dung});
  EXPECT_THAT(publish({{by_both}, {}, {}}), is_ok());
  const auto client = refreshed();
  ASSERT_THAT(client, is_ok());
  EXPECT_EQ(client->trusted().root().header.version, 2);
  EXPECT_EQ(kept_.files.at("root"), by_both);
}

TEST_F(Repository, ClientRefusesAnOlderTimestampAndKeepsWhatItHad) {
  const Bytes old = served_.files.at("timestamp.json");
  ASSERT_THAT(publish({}), is_ok());
  ASSERT_THAT(refreshed(), is_ok());
  const auto before = kept_.files;
  served_.files["timestamp.json"] = old;
  EXPECT_THAT(refreshed(), fails_with(ErrorCode::rollback));
  EXPECT_EQ(kept_.files, before);
}

TEST_F(Repository, ClientRefusesExpiredMetadata) {
  now_ += std::chrono::days(15);
  EXPECT_THAT(refreshed(), fails_with(ErrorCode::expired, "timestamp"));
  now_ += std::chrono::days(400);
  EXPECT_THAT(refreshed(), fails_with(ErrorCode::expired, "root"));
}

TEST_F(Repository, ClientRefusesChangedBytesInEachFileAndGoesOnOnceTheyAreRight) {
  for (const char* name : {"timestamp.json", "1.snapshot.json", "1.targets.json"}) {
    testing::MemoryMetadataStore fresh;
    fresh.files["root"] = kept_.files.at("root");
    const Bytes good = served_.files.at(name);
    Bytes& served = served_.files.at(name);
    served[served.find("spec_version") + 16] = '1';
    auto broken = Client::open(served_, fresh, now_);
    EXPECT_FALSE(broken->refresh()) << name;
    served = good;
    auto repaired = Client::open(served_, fresh, now_);
    EXPECT_THAT(repaired->refresh(), is_ok()) << name;
  }
}

TEST_F(Repository, RenewalMakesANewTimestampAndKeepsAYoungSnapshot) {
  const Bytes snapshot = *files_.snapshot;
  auto renewed =
      seal(files_, kOnline, rollout_targets_, {timestamp_, snapshot_, rollouts_}, {}, now_ + std::chrono::days(10));
  ASSERT_THAT(renewed, is_ok());
  EXPECT_EQ(renewed->size(), 1U);
  EXPECT_EQ(*files_.snapshot, snapshot);
  renewed =
      seal(files_, kOnline, rollout_targets_, {timestamp_, snapshot_, rollouts_}, {}, now_ + std::chrono::days(20));
  ASSERT_THAT(renewed, is_ok());
  EXPECT_EQ(renewed->size(), 3U) << "rollouts, snapshot and timestamp";
}

}  // namespace
}  // namespace kip::tuf
