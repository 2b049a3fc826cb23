#include <functional>

#include <gtest/gtest.h>

#include <client-updater/update/metadata.hpp>
#include <signing/storage/memory_file_system.hpp>
#include <signing/tuf/repository.hpp>
#include <testing/matchers.hpp>
#include <testing/tuf_simulator.hpp>

namespace kip::updater {
namespace {

using testing::is_ok;
using Loss = MemoryFileSystem::Loss;

constexpr const char* kFolder = "/m";
constexpr const char* kTarget = "forms/x";

/// Writes in place: what a careful store must not do. Negative control.
class CarelessStore final : public tuf::MetadataStore {
 public:
  explicit CarelessStore(FileSystem& files) : files_(files), careful_(files, kFolder) {}

  Result<std::optional<Bytes>> load(std::string_view role) override { return careful_.load(role); }
  Result<std::optional<Sha256Digest>> digest(std::string_view role) override { return careful_.digest(role); }
  Result<void> save(std::string_view role, BytesView bytes) override {
    const auto path = std::filesystem::path(kFolder) / (std::string(role) + ".json");
    KIP_TRY_VOID(files_.remove_tree(path));
    KIP_TRY(const auto output, files_.open_output(path, OutputMode::create_new, 0600));
    KIP_TRY_VOID(output->write(bytes));
    return output->close();
  }
  Result<void> remove(std::string_view role) override { return careful_.remove(role); }
  Result<std::optional<Bytes>> recall() override { return careful_.recall(); }
  Result<void> remember(BytesView note) override { return careful_.remember(note); }

 private:
  FileSystem& files_;
  FileMetadataStore careful_;
};

template <class Store>
Store store_on(FileSystem& files) {
  if constexpr (std::is_same_v<Store, CarelessStore>) {
    return Store(files);
  } else {
    return Store(files, kFolder);
  }
}

/// A repository that has moved on by everything there is since the client last looked: roots, an online key, targets
/// and a delegated role.
class MetadataCrash : public ::testing::Test {
 protected:
  void SetUp() override {
    repository_.delegate("targets", {"forms", {}, {"forms/*"}, false, {}});
    repository_.update_targets();
    before_ = repository_;
    repository_.targets["forms"].targets[kTarget] = tuf::target_of("x");
    repository_.update_targets("forms");
    repository_.update_targets();
    repository_.rotate("root");
    repository_.rotate("timestamp");
    repository_.rotate("targets");
  }

  template <class Store>
  Result<void> check(FileSystem& files, testing::TufSimulator& repository) {
    auto store = store_on<Store>(files);
    KIP_TRY(tuf::Client client, tuf::Client::open(repository, store, now_));
    KIP_TRY_VOID(client.refresh());
    KIP_TRY(const auto found, client.find(kTarget));
    return {};
  }

  std::unique_ptr<MemoryFileSystem> enrolled() {
    auto files = std::make_unique<MemoryFileSystem>();
    EXPECT_THAT(files->make_directory(kFolder, 0700), is_ok());
    EXPECT_THAT(files->sync_directory("/"), is_ok());
    FileMetadataStore store(*files, kFolder);
    EXPECT_THAT(store.save(tuf::kRoot, repository_.roots.front()), is_ok());
    EXPECT_THAT(check<FileMetadataStore>(*files, before_), is_ok());
    return files;
  }

  /// Stops a check at each mutating call; returns after how many of these the next check failed or ended otherwise
  /// than an undisturbed one.
  template <class Store>
  int broken_points(const std::function<void(MemoryFileSystem&)>& crash) {
    const auto undisturbed = enrolled();
    const auto start = undisturbed->mutations();
    EXPECT_THAT(check<Store>(*undisturbed, repository_), is_ok());
    const auto points = undisturbed->mutations() - start;
    EXPECT_GT(points, 20U);
    int broken = 0;
    for (std::uint64_t point = 1; point <= points + 1; ++point) {
      const auto files = enrolled();
      files->fail_from(point, ErrorCode::storage);
      static_cast<void>(check<Store>(*files, repository_));
      crash(*files);
      const bool goes_on = check<FileMetadataStore>(*files, repository_).has_value();
      if (!goes_on || contents(*files) != contents(*undisturbed)) ++broken;
    }
    return broken;
  }

  static std::map<std::string, Bytes> contents(FileSystem& files) {
    std::map<std::string, Bytes> out;
    for (const std::string& name : *files.list_directory(kFolder))
      out[name] = *read_file(files, std::filesystem::path(kFolder) / name, 1 << 20);
    return out;
  }

  Instant now_ = *parse_instant("2026-11-25T00:00:00Z");
  testing::TufSimulator repository_{now_};
  testing::TufSimulator before_{now_};
};

TEST_F(MetadataCrash, AKillAtAnyPointLeavesWhatTheNextCheckAccepts) {
  EXPECT_EQ(broken_points<FileMetadataStore>([](MemoryFileSystem& files) { files.restart(); }), 0);
}

TEST_F(MetadataCrash, SoDoesAPowerCut) {
  for (const Loss loss : {Loss::everything_unsynced, Loss::unsynced_contents})
    EXPECT_EQ(broken_points<FileMetadataStore>([=](MemoryFileSystem& files) { files.lose_power(loss); }), 0);
}

TEST_F(MetadataCrash, NegativeControlAStoreThatWritesInPlaceIsCaught) {
  EXPECT_GT(broken_points<CarelessStore>([](MemoryFileSystem& files) { files.restart(); }), 0);
  EXPECT_GT(broken_points<CarelessStore>([](MemoryFileSystem& files) { files.lose_power(Loss::unsynced_contents); }),
            0);
}

TEST_F(MetadataCrash, AFullDiskAtAnyPointIsNoObstacleOnceThereIsRoom) {
  const auto counted = enrolled();
  const auto start = counted->mutations();
  ASSERT_THAT(check<FileMetadataStore>(*counted, repository_), is_ok());
  const auto points = counted->mutations() - start;
  for (std::uint64_t point = 1; point <= points; ++point) {
    const auto files = enrolled();
    files->fail_once(point, ErrorCode::disk_full);
    static_cast<void>(check<FileMetadataStore>(*files, repository_));
    EXPECT_THAT(check<FileMetadataStore>(*files, repository_), is_ok()) << point;
    EXPECT_EQ(contents(*files), contents(*counted)) << point;
  }
}

}  // namespace
}  // namespace kip::updater
