#include <algorithm>

#include <gtest/gtest.h>

#include <signing/tuf/client.hpp>
#include <testing/memory_metadata_store.hpp>

#include "../world.hpp"

namespace kip::server::testing {
namespace {

/// A TUF client over the repository folder, as an install is one.
class FolderFetcher final : public tuf::MetadataFetcher {
 public:
  explicit FolderFetcher(FileSystem& files) : files_(files) {}

  Result<std::optional<Bytes>> fetch(std::string_view name, std::size_t max_bytes) override {
    auto bytes = read_file(files_, std::filesystem::path("/repository/metadata") / name, max_bytes);
    if (bytes) return std::optional<Bytes>(*std::move(bytes));
    if (bytes.error().code == ErrorCode::not_found) return std::optional<Bytes>();
    return Unexpected(bytes.error());
  }
  Result<tuf::Fetched> fetch_unless(std::string_view name, std::size_t max_bytes, const tuf::Validators&) override {
    KIP_TRY(std::optional<Bytes> bytes, fetch(name, max_bytes));
    return tuf::Fetched{std::move(bytes), {}};
  }

 private:
  FileSystem& files_;
};

Rollout rollout_of(World& world, std::string_view version, std::int64_t percent = 100, bool paused = false) {
  return {world.product, Version::parse(version).value(), percent, paused};
}

std::vector<std::string> versions_of(const Published& published) {
  std::vector<std::string> out;
  for (const PublicationRecord& release : published.releases)
    out.push_back(release.version.str());
  return out;
}

TEST(Publisher, WhatIsPublishedIsWhatATufClientFinds) {
  World world;
  const Published published = world.publish({"1.0", "1.1"}).value();
  EXPECT_EQ(versions_of(published), (std::vector<std::string>{"1.0", "1.1"}));
  ASSERT_EQ(published.rollouts.size(), 1U);
  EXPECT_EQ(published.rollouts[0], rollout_of(world, "1.1"));

  FolderFetcher fetcher(world.files);
  kip::testing::MemoryMetadataStore store;
  store.files["root"] = world.publication({}).roots.front();
  auto client = tuf::Client::open(fetcher, store, world.clock.now()).value();
  ASSERT_THAT(client.refresh(), is_ok());
  const auto package = client.find("forms/forms-1.1.kpk").value();
  ASSERT_TRUE(package.has_value());
  EXPECT_EQ(world.repository->read_target(package->location).value(), "package 1.1");
  const auto choice = client.find("rollouts/forms.json").value();
  ASSERT_TRUE(choice.has_value());
  EXPECT_EQ(parse_rollout(world.repository->read_target(choice->location).value()).value(), rollout_of(world, "1.1"));
}

TEST(Publisher, HandingInTheSameOnceMoreWritesNothing) {
  World world;
  const tuf::Publication publication = world.publication({"1.0"});
  const Published first = world.publisher.publish("staff:an", {publication}).value();
  const auto events = world.event_types();
  world.clock.advance(std::chrono::hours(1));
  const auto writes = world.files.mutations();
  const Published again = world.publisher.publish("staff:an", {publication}).value();
  EXPECT_TRUE(again.releases.empty());
  EXPECT_EQ(again.versions, first.versions);
  EXPECT_EQ(world.event_types(), events);
  EXPECT_LE(world.files.mutations() - writes, 8U);  // the rollout's target is written again, the same bytes
}

TEST(Publisher, ATargetThatWasNotUploadedIsNamedAndNothingIsPublished) {
  World world;
  const tuf::Publication publication = world.publication({"1.0"});
  ASSERT_THAT(world.files.remove("/repository/incoming/" + sha256("package 1.0").hex()), is_ok());
  EXPECT_THAT(world.publisher.publish("staff:an", {publication}), fails_with(ErrorCode::not_found, "forms-1.0.kpk"));
  EXPECT_THAT(world.publisher.state(), fails_with(ErrorCode::not_found));
}

TEST(Publisher, OneOfficerIsNotEnough) {
  World world;
  tuf::Publication publication = world.publication({"1.0"});
  const auto document = tuf::parse_document(publication.delegated.at("product-forms"), 1U << 20U).value();
  publication.delegated["product-forms"] = tuf::to_bytes(document.body, {document.signatures[0]});
  EXPECT_THAT(world.publisher.publish("staff:an", {publication}), fails_with(ErrorCode::signature));
}

TEST(Publisher, AStopLastsUntilANewReleaseComes) {
  World world;
  ASSERT_THAT(world.publish({"1.0", "1.1"}), is_ok());
  const auto stopped = world.publisher.publish("staff:an", {{}, {rollout_of(world, "1.0", 50, true)}}).value();
  EXPECT_EQ(stopped.rollouts.at(0), rollout_of(world, "1.0", 50, true));
  EXPECT_EQ(world.publisher.publish("staff:an", {}).value().rollouts.at(0), rollout_of(world, "1.0", 50, true));
  EXPECT_EQ(world.publish({"1.0", "1.1", "1.2"}).value().rollouts.at(0), rollout_of(world, "1.2"));
}

TEST(Publisher, ARolloutNamesAReleaseThatOfficersSigned) {
  World world;
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  EXPECT_THAT(world.publisher.publish("staff:an", {{}, {rollout_of(world, "9.9")}}),
              fails_with(ErrorCode::not_found, "forms 9.9"));
}

TEST(Publisher, PublishedAtIsTheTimeAfterTheTimestampWasDurable) {
  World world;
  const Published published = world.publish({"1.0"}).value();
  EXPECT_EQ(published.releases.at(0).published_at, world.clock.now());
  EXPECT_EQ(published.releases.at(0).acts, std::vector<std::string>{"BTC:99/2025/TT-BTC:2025"});
}

TEST(Publisher, RenewalSignsWhereHalfALifeIsOver) {
  World world;
  const auto first = world.publish({"1.0"}).value().versions;
  EXPECT_FALSE(world.publisher.renew().value());
  world.clock.advance(std::chrono::hours(24 * 8));
  EXPECT_TRUE(world.publisher.renew().value());
  EXPECT_FALSE(world.publisher.renew().value());
  const auto second = world.publisher.state().value().versions;
  EXPECT_EQ(second.at("timestamp"), first.at("timestamp") + 1);
  EXPECT_EQ(second.at("snapshot"), first.at("snapshot"));
  world.clock.advance(std::chrono::hours(24 * 8));
  EXPECT_TRUE(world.publisher.renew().value());
  const auto third = world.publisher.state().value().versions;
  EXPECT_EQ(third.at("snapshot"), first.at("snapshot") + 1);
  EXPECT_EQ(third.at("rollouts"), first.at("rollouts") + 1);
}

TEST(Publisher, NothingIsRenewedBeforeTheFirstPublication) {
  World world;
  EXPECT_FALSE(world.publisher.renew().value());
  EXPECT_EQ(world.publisher.reconcile().value(), 0U);
  EXPECT_THAT(world.publisher.first_root(), fails_with(ErrorCode::conflict, "publish first"));
}

TEST(Publisher, SomebodyElsePublishingIsBusy) {
  World world;
  const auto lock = world.repository->lock().value();
  EXPECT_THAT(world.publish({"1.0"}), fails_with(ErrorCode::busy));
}

TEST(Publisher, AServerWithOtherKeysThanTheRootNamesIsToldSo) {
  World world;
  const tuf::Publication publication = world.publication({"1.0"});
  world.keys.timestamp = Signer::of(PrivateKey::generate(KeyType::ed25519).value());
  EXPECT_THAT(world.publisher.publish("staff:an", {publication}), fails_with(ErrorCode::conflict, "online-keys.json"));
  EXPECT_EQ(world.repository->roots().value().size(), 0U);
}

/// A deliberately broken repository: it writes what clients look at first before what that leads to.
class TimestampFirst final : public RepositoryStore {
 public:
  explicit TimestampFirst(RepositoryStore& inner) : inner_(inner) {}

  Result<Bytes> read_manifest(std::string_view location) override { return inner_.read_manifest(location); }
  Result<std::vector<tuf::NamedFile>> all_metadata() override { return inner_.all_metadata(); }

  Result<void> write_metadata(const std::vector<tuf::NamedFile>& files) override {
    return inner_.write_metadata({files.rbegin(), files.rend()});
  }
  Result<std::unique_ptr<FileLock>> lock() override { return inner_.lock(); }
  Result<tuf::RepositoryFiles> current() override { return inner_.current(); }
  Result<std::vector<Bytes>> roots() override { return inner_.roots(); }
  Result<std::unique_ptr<TargetUpload>> begin_upload(const Sha256Digest& digest) override {
    return inner_.begin_upload(digest);
  }
  Result<std::optional<std::uint64_t>> find_target(const Sha256Digest& digest) override {
    return inner_.find_target(digest);
  }
  Result<Bytes> read_upload(const Sha256Digest& digest, std::uint64_t max_bytes) override {
    return inner_.read_upload(digest, max_bytes);
  }
  Result<Bytes> read_manifest_of(const Sha256Digest& digest) override { return inner_.read_manifest_of(digest); }
  Result<void> place_target(std::string_view location, const Sha256Digest& digest, std::int64_t length) override {
    return inner_.place_target(location, digest, length);
  }
  Result<void> write_target(std::string_view location, BytesView bytes) override {
    return inner_.write_target(location, bytes);
  }
  Result<Bytes> read_target(std::string_view location) override { return inner_.read_target(location); }

 private:
  RepositoryStore& inner_;
};

/// Cuts the second publication off at its step number `step` (0: never) with the power, and says what is wrong then:
/// clients must see the state before it or the one after it, the one after it if publish() said so, and a retry must
/// complete it.
std::string fault_at(std::uint64_t step, bool broken, std::uint64_t& steps) {
  World world;
  KIP_CHECK(world.publish({"1.0"}).has_value());
  const tuf::Publication next = world.publication({"1.0", "1.1"});
  TimestampFirst reversed(*world.repository);
  Publisher other(*world.store, reversed, world.recorder, world.keys, {}, {});
  Publisher& publisher = broken ? other : world.publisher;
  const auto before = world.files.mutations();
  if (step > 0) world.files.fail_from(step, ErrorCode::storage);
  const auto result = publisher.publish("staff:an", {next, {}});
  steps = world.files.mutations() - before;
  world.files.lose_power(MemoryFileSystem::Loss::everything_unsynced);

  FolderFetcher fetcher(world.files);
  kip::testing::MemoryMetadataStore store;
  store.files["root"] = next.roots.front();
  auto client = tuf::Client::open(fetcher, store, world.clock.now()).value();
  if (const auto seen = client.refresh(); !seen) return "a client fails: " + seen.error().message;
  const auto found = client.find("forms/forms-1.1.kpk");
  if (!found) return "a client fails: " + found.error().message;
  if (result && !found->has_value()) return "what was said to be published is gone";
  if (!world.publisher.reconcile()) return "it cannot be reconciled";
  if (!world.publisher.publish("staff:an", {next, {}})) return "a retry fails";
  const auto events = world.event_types();
  return std::count(events.begin(), events.end(), "release.published") == 2 ? "" : "a release has no event, or two";
}

TEST(Publisher, CutOffAnywhereClientsSeeOldOrNewAndARetryCompletes) {
  std::uint64_t steps = 0;
  ASSERT_EQ(fault_at(0, false, steps), "");
  ASSERT_GT(steps, 10U);
  for (std::uint64_t step = 1, ignored = 0; step <= steps; ++step)
    EXPECT_EQ(fault_at(step, false, ignored), "") << "step " << step;
}

TEST(Publisher, ThatTestCatchesARepositoryThatWritesInTheWrongOrder) {
  std::uint64_t steps = 0;
  ASSERT_EQ(fault_at(0, true, steps), "");
  int caught = 0;
  for (std::uint64_t step = 1, ignored = 0; step <= steps; ++step)
    caught += fault_at(step, true, ignored).empty() ? 0 : 1;
  EXPECT_GT(caught, 0);
}

}  // namespace
}  // namespace kip::server::testing
