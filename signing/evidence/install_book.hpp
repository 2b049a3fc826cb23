#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <manifests/model/receipt.hpp>
#include <signing/evidence/install_events.hpp>
#include <signing/evidence/private_log.hpp>

namespace kip {

/// One receipt, signed by the install's own key.
struct LoggedReceipt {
  Receipt receipt;
  Sha256Digest digest;      ///< of its envelope
  std::uint64_t place = 0;  ///< in R, of the event that holds it, maybe with others
  Instant received;         ///< by the server's clock
  bool after_gap = false;   ///< receipts before it are missing
};

struct LoggedInstall {
  EnrolledInstall install;  ///< with the key that it has after the last entry that is shown
  std::uint64_t place = 0;
  std::vector<Key> earlier_keys = {};        ///< that it has given up, in that order
  std::vector<LoggedReceipt> receipts = {};  ///< in the order in which it made them
  std::optional<std::uint64_t> retired = {};
  bool contradicted = false;  ///< two receipts cannot stand beside each other, or two machines used one code
};

/// What R shows of customers, their installs and their receipts. A value.
class InstallBook {
 public:
  /// Each receipt is checked by the key that its install had at the receipt's place. Errors: signature for a receipt or
  /// a rotation that is not signed by it; denied, integrity, malformed.
  static Result<InstallBook> read(const PrivateLog& log);

  /// As they were registered last.
  const std::map<std::pair<TaxCode, ProductId>, Customer>& customers() const { return customers_; }
  const std::map<InstallId, LoggedInstall>& installs() const { return installs_; }
  /// Of the site or computer for which an enrolment code was made; empty where that is not shown.
  std::string site_of(const LoggedInstall& install) const;
  std::size_t receipts() const { return receipts_; }

 private:
  Result<void> take(const ShownEvent& shown);
  Result<void> take_receipts(const ShownEvent& shown);
  Result<void> take_rotation(const Event& event);
  Result<void> take_code(const Event& event);
  Result<void> take_alarm(const Event& event);
  void order_receipts();

  std::map<std::pair<TaxCode, ProductId>, Customer> customers_;
  std::map<InstallId, LoggedInstall> installs_;
  std::map<Sha256Digest, std::string> sites_;  ///< by the digest of the code's secret
  std::size_t receipts_ = 0;
};

}  // namespace kip
