#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <manifests/core/digest.hpp>
#include <manifests/model/act.hpp>
#include <manifests/model/act_history.hpp>
#include <manifests/model/commitment.hpp>
#include <manifests/model/coverage.hpp>
#include <manifests/model/customer.hpp>
#include <manifests/model/event.hpp>
#include <manifests/model/receipt.hpp>
#include <manifests/model/release.hpp>
#include <server/domain/admission_records.hpp>
#include <server/domain/rollout_records.hpp>
#include <signing/keys/key.hpp>

namespace kip::server {

/// An event as it is kept: the signed envelope is the truth, the rest is read from it.
struct StoredEvent {
  std::int64_t index = 0;  ///< place in the tenant's log, from 1 without gaps
  EventId id;
  std::string type;
  Bytes envelope;
  Instant recorded;  ///< the event's claimed time

  /// Its envelope was destroyed: nobody can tell what it said.
  bool is_erased() const { return envelope.empty(); }
  bool operator==(const StoredEvent&) const = default;
};

enum class Standing {
  active,
  held,     ///< two machines used one enrolment code; counts for nothing until a person has decided
  retired,  ///< gone; nothing is taken from it any more
};

std::string_view to_string(Standing standing);
/// Errors: malformed.
Result<Standing> parse_standing(std::string_view text);

/// What an install said last.
struct LastReport {
  InstallState state = InstallState::offered;
  Version version;
  Instant received;

  bool operator==(const LastReport&) const = default;
};

struct InstallRecord {
  InstallId id;
  Key key;
  TaxCode customer;
  ProductId product;
  std::string label;
  Sha256Digest code;  ///< of the secret that admitted it
  Instant enrolled;
  Standing standing = Standing::active;
  bool disputed = false;           ///< its receipts contradict each other; counts for nothing
  std::string incarnation = {};    ///< of the last receipt; empty before the first
  std::int64_t last_sequence = 0;  ///< the highest of that incarnation
  std::int64_t missing = 0;        ///< receipts below it that have not come
  std::optional<LastReport> report = {};
  std::optional<InstallId> replaced_by = {};  ///< the install that took its place and retired it
  Labels labels = {};                         ///< by which a rollout counts it

  bool counts() const { return standing == Standing::active && !disputed; }
  bool operator==(const InstallRecord&) const = default;
};

/// What a computer is told whose install is retired: whether another one has its place, and what to do. The reason that
/// the vendor has given is not for its eyes.
std::string_view retired_words(const InstallRecord& install);

struct ReceiptKey {
  InstallId install;
  std::string incarnation;
  std::int64_t sequence = 0;
  Sha256Digest digest;  ///< of the envelope: two with the same sequence are both kept

  auto operator<=>(const ReceiptKey&) const = default;
};

struct ReceiptRecord {
  ReceiptKey key;
  std::optional<Sha256Digest> previous = {};  ///< what it says of the receipt before it
  InstallState state = InstallState::offered;
  Version version;
  std::int64_t event_index = 0;
  std::int64_t place = 1;  ///< among the receipts of that event
  Instant recorded;

  bool operator==(const ReceiptRecord&) const = default;
};

/// The first receipt by which an install said that it has a version.
struct InstallationRecord {
  InstallId install;
  Version version;
  Instant installed_at;  ///< when the receipt was recorded

  bool operator==(const InstallationRecord&) const = default;
};

struct PublicationRecord {
  ProductId product;
  Version version;
  Sha256Digest manifest;
  std::vector<std::string> acts;
  Instant published_at;  ///< by this server's clock, after the new timestamp metadata was durable
  std::int64_t event_index = 0;

  bool operator==(const PublicationRecord&) const = default;
};

/// The first receipt by which the person at an install put a version off.
struct DeferralRecord {
  InstallId install;
  Version version;
  Instant deferred_at;  ///< when the receipt was recorded

  bool operator==(const DeferralRecord&) const = default;
};

/// The keys of the tables, by which they are found and sorted (texts by their bytes).
using CustomerKey = std::pair<TaxCode, ProductId>;
using InstallationKey = std::pair<InstallId, std::string>;  ///< install, version
using PublicationKey = std::pair<ProductId, std::string>;   ///< product, version

inline std::string key_of(const Act& act) {
  return act.key.str();
}
inline std::string key_of(const ActHistory& history) {
  return history.act();
}
inline InstallationKey key_of(const DeferralRecord& deferral) {
  return {deferral.install, deferral.version.str()};
}
inline std::string key_of(const Coverage& coverage) {
  return coverage.series().str();
}
inline CommitmentId key_of(const Commitment& commitment) {
  return commitment.id;
}
inline CustomerKey key_of(const Customer& customer) {
  return {customer.tax_code, customer.product};
}
inline InstallId key_of(const InstallRecord& install) {
  return install.id;
}
inline ReceiptKey key_of(const ReceiptRecord& receipt) {
  return receipt.key;
}
inline InstallationKey key_of(const InstallationRecord& installation) {
  return {installation.install, installation.version.str()};
}
inline PublicationKey key_of(const PublicationRecord& publication) {
  return {publication.product, publication.version.str()};
}

}  // namespace kip::server
