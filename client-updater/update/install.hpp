#pragma once

#include <client-updater/update/customer_database.hpp>
#include <client-updater/update/kept_manifests.hpp>
#include <client-updater/update/layout.hpp>
#include <client-updater/update/local_machine.hpp>
#include <client-updater/update/state_store.hpp>
#include <signing/crypto/random.hpp>
#include <signing/fetch/http_client.hpp>
#include <signing/keys/key.hpp>
#include <signing/storage/file_system.hpp>

namespace kip::updater {

/// The world outside, as the updater sees it. What is referred to must outlive every user.
struct Ports {
  FileSystem& files;
  HttpClient& http;
  StateStore& store;
  const Clock& clock;
  RandomSource& random;
  DatabaseEngine& databases;
  LocalMachine& machine;
  std::filesystem::path hooks_file;  ///< of the machine's administrator
  /// Where a bundle stands in for the vendor: when an officer saw the roles of online keys as they are in it.
  std::optional<Instant> vouched_at = {};
  bool automatic_support = true;  ///< a failed update asks the vendor for help
};

/// What is to be told to the server.
struct Report {
  InstallState state = InstallState::failed;
  Target about;
  std::string detail;                      ///< cut where it is longer than a receipt may hold
  std::optional<Sha256Digest> basis = {};  ///< set by Install::save()
  std::optional<SeenHead> seen = {};       ///< the same
};

/// An enrolled install, opened for work: its memory, its key and where things lie. The caller holds the lock.
/// Not thread-safe.
class Install {
 public:
  /// The layout's root is what counts; its kind is that of the enrolment. Errors: not_found where nothing is enrolled
  /// here; those of the store and of the key file.
  static Result<Install> open(const Ports& ports, const Layout& layout);

  /// The updater's own versions as another install below this one: `product` under the same enrolment, its state in the
  /// store of these ports. What happens to it is reported nowhere.
  Result<Install> beside(const Ports& ports, const ProductId& product) const;

  /// Versions that are not to be forgotten, besides the one in use and the one before it.
  void keep(std::vector<Target> versions) { kept_ = std::move(versions); }
  const std::vector<Target>& kept() const { return kept_; }

  KeptManifests& manifests() const { return *manifests_; }

  const Ports& ports() const { return ports_; }
  const Layout& layout() const { return layout_; }
  const State& state() const { return state_; }
  const Enrolment& enrolment() const { return *state_.enrolment; }
  const Signer& signer() const { return signer_; }
  /// "URL/t/TENANT/..." of the vendor's repository.
  std::string repository_url(std::string_view rest) const;
  /// "URL/v1/tenants/TENANT/..." of the vendor's server.
  std::string server_url(std::string_view rest) const;

  /// Whether what happens to it is told to the vendor.
  bool reports() const { return reports_; }

  /// Makes this the state and, in the same transaction, adds the signed receipt to the outbox, if this install reports.
  /// The receipt names the newest time stamp and the newest head of the vendor's log that the state knows.
  Result<void> save(State next, const std::optional<Report>& report);

  /// What is signed from now on is signed with this key.
  void take_signer(Signer signer) { signer_ = std::move(signer); }

  /// Begins a new chain of receipts under a new random incarnation. To be called where the server proves that the
  /// present one went on without this install: it is a copy, or was restored from an image; or where receipts of it are
  /// signed with a key that was given up. What was not acknowledged is written anew in the new chain, in the same
  /// transaction.
  Result<void> begin_incarnation();

 private:
  Install(const Ports& ports, Layout layout, State state, Signer signer)
      : ports_(ports),
        layout_(std::move(layout)),
        state_(std::move(state)),
        signer_(std::move(signer)),
        manifests_(std::make_unique<KeptManifests>(ports.files, layout_)) {}

  Ports ports_;
  Layout layout_;
  State state_;
  Signer signer_;
  bool reports_ = true;
  std::vector<Target> kept_;
  std::unique_ptr<KeptManifests> manifests_;
};

/// Random, for a new chain of receipts.
std::string new_incarnation(RandomSource& random);

/// The next receipt of the chain, signed. Pure but for the signature.
Result<OutboxEntry> make_receipt(const Enrolment& enrolment, const Signer& signer, const ChainHead& head,
                                 const Report& report, Instant now);

}  // namespace kip::updater
