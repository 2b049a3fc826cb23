#pragma once

#include <gtest/gtest.h>

#include <signing/ceremony/changes.hpp>
#include <signing/ceremony/courier.hpp>
#include <signing/ceremony/drill.hpp>
#include <signing/ceremony/summary.hpp>
#include <signing/ceremony/terms_change.hpp>
#include <signing/package/package_writer.hpp>
#include <signing/storage/atomic_file.hpp>
#include <signing/storage/posix_file_system.hpp>
#include <signing/tuf/client.hpp>
#include <signing/tuf/repository.hpp>
#include <testing/fixed_world.hpp>
#include <testing/matchers.hpp>
#include <testing/memory_metadata_store.hpp>
#include <testing/temporary_directory.hpp>

namespace kip::testing {

/// A repository as a web server has it: a folder with metadata/ and targets/.
class ServedFolder final : public tuf::MetadataFetcher {
 public:
  ServedFolder(FileSystem& files, std::filesystem::path folder) : files_(files), folder_(std::move(folder)) {}

  Result<std::optional<Bytes>> fetch(std::string_view name, std::size_t max_bytes) override {
    auto bytes = read_file(files_, folder_ / "metadata" / name, max_bytes);
    if (bytes) return std::optional<Bytes>(*std::move(bytes));
    if (bytes.error().code == ErrorCode::not_found) return std::optional<Bytes>();
    return Unexpected(bytes.error());
  }
  Result<tuf::Fetched> fetch_unless(std::string_view name, std::size_t max_bytes, const tuf::Validators&) override {
    KIP_TRY(std::optional<Bytes> bytes, fetch(name, max_bytes));
    if (!bytes) return fail(ErrorCode::not_found, "no such file");
    return tuf::Fetched{std::move(bytes), {}};
  }

 private:
  FileSystem& files_;
  std::filesystem::path folder_;
};

/// Three officers with their folder, and a server that publishes what they sign into a folder that a client reads.
class Officers : public ::testing::Test {
 protected:
  struct Officer {
    std::string name;
    Signer signer = Signer::of(*PrivateKey::generate(KeyType::ed25519));
    PublicKeyFile half() const { return {name, Key::of(signer.key.public_key())}; }
  };
  struct Online {
    Signer timestamp = Signer::of(*PrivateKey::generate(KeyType::ed25519));
    Signer snapshot = Signer::of(*PrivateKey::generate(KeyType::ed25519));
    Signer rollouts = Signer::of(*PrivateKey::generate(KeyType::ed25519));
    OnlineKeys halves() const {
      return {*TenantId::parse("acme"), Key::of(timestamp.key.public_key()), Key::of(snapshot.key.public_key()),
              Key::of(rollouts.key.public_key())};
    }
  };

  void SetUp() override {
    folder_ = *RepositoryFolder::create(
        files_, directory_.path() / "repo",
        {online_.halves(), {an_.half(), binh_.half(), chi_.half()}, 2, {*ProductId::parse("forms")}, now_});
    sign_all(an_);
    sign_all(chi_);
    ASSERT_THAT(publish(), is_ok());
    client_.files["root"] = *current_.root;
  }

  Result<void> sign_in(RepositoryFolder& folder, const std::string& role, const Signer& signer) {
    KIP_TRY(const Shown shown, describe_staged(files_, folder, role));
    return sign_staged(folder, role, shown.canonical, signer);
  }
  /// Everything that is staged and that this officer may sign.
  void sign_all_in(RepositoryFolder& folder, const Officer& officer) {
    for (const SigningState& state : *signing_states(folder)) {
      const bool allowed = *may_sign(folder, state.role, officer.signer.key_id);
      ASSERT_THAT(allowed ? sign_in(folder, state.role, officer.signer) : Result<void>(), is_ok()) << state.role;
    }
  }
  void sign_all(const Officer& officer) { sign_all_in(*folder_, officer); }

  /// As a server does: verifies, signs the online part, writes in order.
  Result<void> publish() {
    KIP_TRY(const tuf::Publication publication, publication_of(*folder_));
    KIP_TRY(tuf::Accepted accepted, tuf::accept(current_, publication, kRolloutsRole, now_));
    KIP_TRY(const auto sealed, tuf::seal(accepted.files, kRolloutsRole, {},
                                         {online_.timestamp, online_.snapshot, online_.rollouts}, {}, now_));
    KIP_TRY_VOID(make_directories(files_, web_ / "metadata", 0755));
    std::vector<tuf::NamedFile> all = accepted.new_files;
    all.insert(all.end(), sealed.begin(), sealed.end());
    for (const tuf::NamedFile& file : all)
      KIP_TRY_VOID(replace_file(files_, web_ / "metadata" / file.name, file.bytes, 0644));
    std::filesystem::copy(folder_->path() / "targets", web_ / "targets",
                          std::filesystem::copy_options::recursive | std::filesystem::copy_options::skip_existing);
    current_ = accepted.files;
    return folder_->mark_published();
  }
  Result<tuf::Client> refreshed() {
    KIP_TRY(tuf::Client client, tuf::Client::open(served_, client_, now_));
    KIP_TRY_VOID(client.refresh());
    return client;
  }

  /// Packs a folder with one file and stages it.
  Result<StagedRoles> add(const std::string& version, const std::string& content) {
    const auto source = directory_.path() / ("forms-" + version);
    KIP_TRY_VOID(make_directories(files_, source, 0755));
    KIP_TRY_VOID(replace_file(files_, source / "B01 DN.xml", content, 0644));
    const auto package = directory_.path() / (version + ".kpk");
    KIP_TRY(const WrittenPackage written,
            write_package(files_, {source, package, *ProductId::parse("forms"), *Version::parse(version), {}}));
    return add_release(*folder_,
                       {*ProductId::parse("forms"), *Version::parse(version), written.identity, {}, {}, {}, {}, {}},
                       package, now_);
  }

  TemporaryDirectory directory_;
  PosixFileSystem files_;
  Instant now_ = *parse_instant("2026-11-25T00:00:00Z");
  Officer an_{"An"};
  Officer binh_{"Binh"};
  Officer chi_{"Chi"};
  Online online_;
  std::optional<RepositoryFolder> folder_;
  std::filesystem::path web_ = directory_.path() / "web";
  tuf::RepositoryFiles current_;
  ServedFolder served_{files_, web_};
  MemoryMetadataStore client_;
};

}  // namespace kip::testing
