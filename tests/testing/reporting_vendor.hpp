#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <manifests/model/enrolment.hpp>
#include <manifests/model/receipt.hpp>
#include <signing/fetch/http_client.hpp>
#include <signing/keys/key.hpp>
#include <signing/log/checkpoint.hpp>
#include <signing/log/head_change.hpp>
#include <signing/log/log_files.hpp>
#include <signing/storage/posix_file_system.hpp>
#include <testing/server_process.hpp>

namespace kip::testing {

/// Digest of a receipt's envelope -> the place of its event in history.
using ReceiptPlaces = std::map<Sha256Digest, std::int64_t>;

/// An install that only reports. Not thread-safe.
class ReportingInstall {
 public:
  ReportingInstall(EnrolmentCode code, InstallId id, Signer signer)
      : code_(std::move(code)), id_(std::move(id)), signer_(std::move(signer)) {}

  const InstallId& id() const { return id_; }
  const PublicKey& public_key() const { return signer_.key.public_key(); }
  /// The next one of its chain.
  Bytes next_receipt(InstallState state, std::string_view version);
  /// A signed request that brings those receipts to POST `url`.
  HttpRequest delivery(const std::string& url, const std::vector<Bytes>& receipts) const;
  /// What the server's answer acknowledges; every signature is checked. Errors: malformed, signature.
  Result<ReceiptPlaces> acknowledged(BytesView answer) const;

 private:
  EnrolmentCode code_;
  InstallId id_;
  Signer signer_;
  std::int64_t sequence_ = 0;
  std::optional<Sha256Digest> previous_;
};

/// The vendor "acme" of a kip-server that runs, with the product "forms", one customer, and installs that only report.
/// Calls that the server refuses end the program.
class ReportingVendor {
 public:
  explicit ReportingVendor(const ServerProcess& server);

  const std::string& base() const { return base_; }
  std::string receipts_url() const { return base_ + "/receipts"; }
  ReportingInstall enrol(const std::string& label) const;
  /// The receipts among the server's events. Errors: conflict where one stands there twice.
  Result<ReceiptPlaces> recorded() const;
  /// How many of the server's events stand in the log of receipts.
  std::int64_t private_events() const;
  /// What that log's newest checkpoint says. Its signature is not checked.
  tlog::Checkpoint checkpoint() const;
  /// How the log as it is published now stands to an earlier head of it; every tile on the way is checked.
  Result<tlog::HeadChange> change_since(const tlog::TreeHead& earlier) const;

 private:
  json::Value call(const std::string& method, const std::string& route, const json::Value& body) const;
  void publish() const;
  Result<void> each_event(const std::function<Result<void>(std::int64_t, const json::Value&)>& visit) const;
  tlog::LogFileReader log_files() const;

  const ServerProcess& server_;
  std::string base_;
  std::optional<EnrolmentCode> code_;
  mutable PosixFileSystem files_;
};

}  // namespace kip::testing
