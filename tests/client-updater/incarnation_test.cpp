// A disk that was copied, and one that was restored from an image: the install notices, and nothing it has to report is
// lost or counted twice.

#include <signing/crypto/sha256.hpp>

#include "world.hpp"

namespace kip::updater {
namespace {

using ::testing::ElementsAre;
using testing::fails_with;
using ::testing::HasSubstr;
using testing::is_ok;

void copy_tree(FileSystem& from, FileSystem& to, const std::filesystem::path& path) {
  const FileStatus status = from.status(path).value();
  if (status.kind == FileKind::symlink) {
    KIP_CHECK(to.write_pointer(path, from.read_pointer(path).value()).has_value());
  } else if (status.kind == FileKind::file) {
    const auto output = to.open_output(path, OutputMode::create_new, status.mode);
    KIP_CHECK(output.has_value() && (*output)->write(read_file(from, path, 1U << 30U).value()).has_value());
  } else {
    KIP_CHECK(make_directories(to, path, status.mode).has_value());
    for (const std::string& name : from.list_directory(path).value())
      copy_tree(from, to, path / name);
  }
}

/// All that lies on the disk of a world's machine, and that machine with it.
struct Copy {
  World& world;
  MemoryFileSystem files;
  MemoryStateStore store = world.store;

  explicit Copy(World& of) : world(of) { copy_tree(of.files, files, "/kip"); }

  Ports ports() { return {files, world.vendor, store, world.clock, world.random, world.databases, world.machine, {}}; }
  Result<Install> open() { return Install::open(ports(), world.layout); }
  Result<UpdateResult> update() {
    KIP_TRY(Install install, open());
    return kip::updater::update(install, world.narrator, false);
  }
  Result<DeliveryResult> deliver() {
    KIP_TRY(Install install, open());
    return kip::updater::deliver(install, Urgency::now);
  }
  std::string incarnation() { return store.load()->enrolment->incarnation; }
};

std::string incarnation_of(World& world) {
  return world.store.load()->enrolment->incarnation;
}

std::vector<std::string> states_of(const World& world, const std::string& incarnation) {
  std::vector<std::string> out;
  for (const auto& [place, kept] : world.vendor.receipts) {
    if (place.first == incarnation) out.emplace_back(to_string(kept.receipt.state));
  }
  return out;
}

/// Version 1.1 was installed and reported after the image was taken.
struct Imaged {
  std::unique_ptr<World> world = world_with_old_forms();
  Copy image{*world};

  Imaged() {
    world->vendor.release("1.1", kNewForms);
    KIP_CHECK(world->update().has_value());
    KIP_CHECK(world->deliver()->kept == 0);
    world->advance(std::chrono::hours(1));  // at the same instant, the same receipts would be written
  }
};

TEST(RestoredImage, GoesOnUnderANewIncarnation) {
  Imaged disk;
  const std::string before = disk.image.incarnation();
  ASSERT_THAT(disk.image.update(), is_ok());
  const auto delivered = disk.image.deliver();
  ASSERT_THAT(delivered, is_ok());
  EXPECT_FALSE(delivered->failure);
  EXPECT_TRUE(delivered->new_incarnation);
  EXPECT_FALSE(delivered->disputed);
  EXPECT_EQ(delivered->kept, 0);
  EXPECT_NE(disk.image.incarnation(), before);
  EXPECT_THAT(states_of(*disk.world, before), ::testing::SizeIs(8));
  EXPECT_THAT(states_of(*disk.world, disk.image.incarnation()),
              ElementsAre("downloaded", "verified", "applying", "installed"));
  EXPECT_FALSE(disk.image.deliver()->new_incarnation);
}

TEST(RestoredImage, SendsWhatWasNotAcknowledgedOnceAndInItsOrder) {
  auto world = std::make_unique<World>();
  ASSERT_THAT(world->enrol(), is_ok());
  world->vendor.release("1.0", kOldForms);
  ASSERT_THAT(world->update(), is_ok());
  Copy image(*world);  // four receipts wait in it, too
  ASSERT_EQ(world->deliver()->kept, 0);
  world->vendor.release("1.1", kNewForms);
  ASSERT_THAT(world->update(), is_ok());
  ASSERT_EQ(world->deliver()->kept, 0);
  world->advance(std::chrono::hours(1));
  ASSERT_THAT(image.update(), is_ok());
  const auto delivered = image.deliver();
  EXPECT_EQ(delivered->delivered, 8);
  EXPECT_EQ(delivered->kept, 0);
  EXPECT_EQ(world->vendor.receipts.size(), 12U) << "the four that the server had are not sent anew";
  EXPECT_THAT(states_of(*world, image.incarnation()), ElementsAre("downloaded", "verified", "applying", "installed"));
}

TEST(RestoredImage, IsOneIncarnationWhereverTheStoreFails) {
  for (int n = 0; n < 8; ++n) {
    Imaged disk;
    ASSERT_THAT(disk.image.update(), is_ok());
    int calls = 0;
    disk.image.store.before_commit = [&] {
      return calls++ == n ? fail(ErrorCode::storage, "the disk failed") : Result<void>();
    };
    static_cast<void>(disk.image.deliver());
    disk.image.store.before_commit = [] { return Result<void>(); };
    ASSERT_EQ(disk.image.deliver()->kept, 0) << n;
    EXPECT_EQ(disk.world->vendor.incarnations.size(), 2U) << n;
    EXPECT_EQ(disk.world->vendor.receipts.size(), 12U) << n;
  }
}

TEST(ClonedDisk, BothCopiesReportAndTheVendorSeesTwo) {
  Imaged disk;
  ASSERT_THAT(disk.image.update(), is_ok());
  ASSERT_TRUE(disk.image.deliver()->new_incarnation);
  disk.world->vendor.release("1.2", kOldForms);
  ASSERT_THAT(disk.world->update(), is_ok());
  const auto first = disk.world->deliver();
  EXPECT_EQ(first->kept, 0);
  EXPECT_FALSE(first->new_incarnation) << "its chain is the one that the server knows";
  EXPECT_TRUE(first->disputed);
  ASSERT_THAT(disk.image.update(), is_ok());
  EXPECT_TRUE(disk.image.deliver()->disputed);
  EXPECT_NE(incarnation_of(*disk.world), disk.image.incarnation());
}

struct ForkForgery {
  const char* name;
  std::function<void(Acknowledgement&)> forge;
};

class ForkIsNotBelieved : public ::testing::TestWithParam<ForkForgery> {};

TEST_P(ForkIsNotBelieved, AndNothingIsLost) {
  Imaged disk;
  ASSERT_THAT(disk.image.update(), is_ok());
  const std::string before = disk.image.incarnation();
  disk.world->vendor.forge = GetParam().forge;
  const auto delivered = disk.image.deliver();
  ASSERT_THAT(delivered, is_ok());
  EXPECT_EQ(delivered->failure->code, ErrorCode::integrity);
  EXPECT_FALSE(delivered->new_incarnation);
  EXPECT_EQ(delivered->kept, 4);
  EXPECT_EQ(disk.image.incarnation(), before);
  disk.world->vendor.forge = [](Acknowledgement&) {};
  const auto again = disk.image.deliver();
  EXPECT_FALSE(again->failure) << again->failure->message;
  EXPECT_TRUE(again->new_incarnation);
}

INSTANTIATE_TEST_SUITE_P(
    Table, ForkIsNotBelieved,
    ::testing::Values(
        ForkForgery{"Tenant", [](Acknowledgement& a) { a.tenant = TenantId::parse("other").value(); }},
        ForkForgery{"Install",
                    [](Acknowledgement& a) { a.install = InstallId::parse("01JD0000000000000000000009").value(); }},
        ForkForgery{"Incarnation", [](Acknowledgement& a) { a.receipts[0].incarnation = std::string(32, '0'); }},
        ForkForgery{"TwoReceipts",
                    [](Acknowledgement& a) {
                      a.receipts.push_back(a.receipts.front());
                      a.receipts.back().receipt = sha256("another");
                    }}),
    [](const auto& row) { return row.param.name; });

TEST(Fork, IsBelievedOnlyWithTheServersSignature) {
  Imaged disk;
  ASSERT_THAT(disk.image.update(), is_ok());
  disk.world->vendor.other_log_key = Signer::of(PrivateKey::generate(KeyType::ed25519).value());
  const auto delivered = disk.image.deliver();
  EXPECT_EQ(delivered->failure->code, ErrorCode::signature);
  EXPECT_THAT(delivered->failure->message, HasSubstr("another copy of this install"));
  EXPECT_FALSE(delivered->new_incarnation);
  EXPECT_EQ(delivered->kept, 4);
}

/// One in the middle may play the server's words again: those on receipts that are here prove nothing.
TEST(Fork, IsNotProvenByAnInstallsOwnReceipt) {
  Imaged disk;
  ASSERT_THAT(disk.image.update(), is_ok());
  const auto own = disk.image.store.pending(1)->at(0);
  disk.world->vendor.forge = [&](Acknowledgement& a) {
    a.receipts[0].sequence = own.sequence;
    a.receipts[0].receipt = own.digest;
  };
  const auto delivered = disk.image.deliver();
  EXPECT_EQ(delivered->failure->code, ErrorCode::integrity);
  EXPECT_FALSE(delivered->new_incarnation);
  EXPECT_EQ(delivered->kept, 4);
}

}  // namespace
}  // namespace kip::updater
