#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <manifests/model/receipt.hpp>
#include <server/domain/receipt_projection.hpp>
#include <server/domain/unit_of_work.hpp>

namespace kip::server {

/// What is recorded of an install around the receipts of one request, and what of these is added to it. A value.
class ReceiptChain {
 public:
  /// The index of the event that a request makes is not known before it is recorded.
  static constexpr std::int64_t kThisEvent = 0;

  /// What is there beside a receipt, under its number and those before and after it.
  struct Neighbours {
    const AcknowledgedReceipt* same = nullptr;  ///< it is there itself
    /// One that it cannot stand beside: it has the same number, or a link does not fit.
    const AcknowledgedReceipt* contradicted = nullptr;
    bool has_number = false;  ///< some receipt has its number
  };

  /// Errors: those of the table.
  static Result<ReceiptChain> read(ReceiptTable& table, const ReceivedReceipts& request);

  Neighbours around(const ReceivedReceipt& received) const;
  bool has(const std::string& incarnation, std::int64_t sequence) const;
  void add(const ReceivedReceipt& received);

 private:
  struct Link {
    AcknowledgedReceipt receipt;
    std::optional<Sha256Digest> previous;
  };

  const std::vector<Link>* at(const std::string& incarnation, std::int64_t sequence) const;
  void insert(Link link);

  std::map<std::pair<std::string, std::int64_t>, std::vector<Link>> links_;  ///< of one number ascending by digest
};

/// The incarnations of an install as a request goes on with them. Reads the table at most once.
class Incarnations {
 public:
  Incarnations(const InstallRecord& install, ReceiptTable& table)
      : install_(install.id), table_(table), present_(install.incarnation) {}

  /// Whether the receipt continues an incarnation after a later one began. One copy of an install never does that.
  /// Errors: those of the table.
  Result<bool> is_earlier(const Receipt& receipt);
  /// It is recorded; `has_number`: another one with its number was before it.
  void add(const Receipt& receipt, bool has_number);

 private:
  InstallId install_;
  ReceiptTable& table_;
  std::string present_;  ///< empty before the first receipt
  std::optional<std::set<std::string>> recorded_ = {};
  std::set<std::string> added_ = {};
};

}  // namespace kip::server
