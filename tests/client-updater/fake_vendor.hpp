#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <manifests/model/enrolment.hpp>
#include <manifests/model/key_rotation.hpp>
#include <manifests/model/package_upkeep.hpp>
#include <manifests/model/postponement.hpp>
#include <manifests/model/receipt.hpp>
#include <manifests/model/service_request.hpp>
#include <signing/fetch/http_client.hpp>
#include <testing/tuf_repository.hpp>

namespace kip::updater {

/// Files of a version: path -> content. In packages, names that end in ".ini" are editable, and "sql/KIND/N.sql" is
/// migration N of that kind of database.
using Content = std::map<std::string, std::string>;

struct TestPackage {
  Bytes bytes;
  Release release;
};

/// Packs the content as `product` `version`, with the real packer. `from_versions`: as in a description.
TestPackage make_package(const ProductId& product, std::string_view version, const Content& content,
                         const std::vector<Version>& from_versions = {}, const std::vector<PackageProbe>& probes = {});

/// The delta between two of these packages, with the real maker.
Bytes make_delta(const TestPackage& from, const TestPackage& to);

/// A vendor's server and repository behind the HTTP port, in memory: the routes of docs/formats, and on demand their
/// failures. It keeps receipts as a server does and checks what it is sent. Not thread-safe.
class FakeVendor final : public HttpClient {
 public:
  explicit FakeVendor(Instant now);

  Result<HttpResponse> send(const HttpRequest& request) override;
  Result<HttpResponse> download(const HttpDownload& request, BodySink& sink) override;

  /// Packs, lists, rolls out and publishes a version.
  Release release(std::string_view version, const Content& content);
  std::vector<PackageProbe> probes = {};  ///< of the releases that are packed next
  /// Lists a delta between two of its versions and publishes. Returns its target path.
  std::string add_delta(std::string_view from, const Content& before, std::string_view to, const Content& after);
  /// Names a listed version in the rollout and publishes.
  void roll_out(const Release& release, std::int64_t percent = 100, bool paused = false);

  EnrolmentCode code;
  testing::TufRepository repository;
  Instant now;

  bool down = false;                ///< nothing can be reached
  bool always_missing = false;      ///< it says that it has lost all receipts, whatever it has
  bool receipts_down = false;       ///< only the repository can be reached
  std::string retry_after;          ///< where not empty, receipts are answered 503 with this header
  std::vector<std::uint64_t> cuts;  ///< each of the next downloads but of the rollout breaks off after so many octets
  bool knows_range = true;
  bool held = false;                          ///< the install is held
  Postponement contract;                      ///< `said_at` apart, what it says about putting updates off
  std::optional<Instant> contract_said_at;    ///< where not now
  bool disputed = false;                      ///< two incarnations of the install alternate
  std::optional<json::Object> replaces = {};  ///< what its code replaces, as the answer to the enrolment tells
  std::function<void(const std::string& path)> before_request = [](const std::string&) {};
  std::function<void(Acknowledgement&)> forge = [](Acknowledgement&) {};
  std::optional<Signer> other_log_key;  ///< signs acknowledgements instead of the right one

  struct Kept {
    Receipt receipt;
    std::int64_t event_index = 0;
    Sha256Digest digest;
    Instant recorded = {};
  };
  std::map<RequestId, Bytes> requests;     ///< for service, envelopes as they came
  std::vector<std::string> request_words;  ///< kind and grade of each, in the order in which they first came
  std::optional<int> refuses_requests;     ///< with this status
  bool resolved = false;                   ///< all of them
  std::optional<int> refuses_keys;         ///< with this status
  std::string loses_answer_of;             ///< a path whose end this is: done, and the answer does not come
  std::int64_t rotations = 0;              ///< that were recorded
  std::function<void(KeyRotationAnswer&)> forge_key_answer = [](KeyRotationAnswer&) {};
  std::function<void(ServiceAnswer&)> forge_answer = [](ServiceAnswer&) {};

  std::map<std::pair<std::string, std::int64_t>, Kept> receipts;  ///< by incarnation and sequence
  std::vector<std::string> incarnations;                          ///< in the order in which they began
  std::vector<std::string> paths;                                 ///< of every request that got through
  std::map<std::string, InstallId> installs;                      ///< by key id

  /// What the server makes of a file of receipts: a file of acknowledgements.
  Bytes answer_file(BytesView receipts_file);

  /// The key that the install has here.
  const PublicKey& install_key() const { return *install_key_; }
  /// As after it was restored from a backup of when the install had that key.
  void restore_key(const PublicKey& key) { install_key_ = key; }

  /// States that were reported on a version, in the order of the chain.
  std::vector<std::string> reported(std::string_view version) const;

 private:
  HttpResponse take_enrolment(const HttpRequest& request);
  HttpResponse take_rotation(const HttpRequest& request);
  bool may_come(const Bytes& envelope_bytes, std::string_view type, bool is_known) const;
  HttpResponse answer(const HttpRequest& request, const std::string& path);
  HttpResponse take_receipts(const HttpRequest& request);
  void tell_missing(const Receipt& receipt, json::Object& answer) const;
  HttpResponse tell_postponement(const HttpRequest& request);
  bool is_signed(const HttpRequest& request) const;
  HttpResponse take_request(const HttpRequest& request);
  HttpResponse serve_file(std::string_view path) const;
  std::int64_t next_event() const;
  const Kept& keep(const Bytes& envelope_bytes, std::int64_t event_index);
  std::string signed_word(const std::vector<const Kept*>& kept);
  const Kept* find_fork(const Bytes& envelope_bytes) const;

  Signer log_key_;
  std::optional<PublicKey> install_key_;
};

}  // namespace kip::updater
