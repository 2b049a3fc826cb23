#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <manifests/codec/json.hpp>
#include <manifests/core/digest.hpp>
#include <manifests/core/ids.hpp>
#include <manifests/core/version.hpp>

namespace kip {

/// What an install reports about one release.
enum class InstallState {
  offered,
  deferred,        ///< a person has put it off
  waiting_window,  ///< for the time at which the machine's administrator lets it be installed
  downloaded,
  verified,
  applying,
  installed,
  installed_with_exceptions,  ///< in use, but files that the customer has edited stayed as they were
  already_installed,
  failed,
  rejected,  ///< refused before anything was changed: signature, hash, floor
  rolled_back,
  held,  ///< neither the new version nor the one before could be made whole: a person has to look at it
};

std::string_view to_string(InstallState state);
/// Whether the version is there whole: what an obligation to install waits for.
bool stops_clock(InstallState state);
/// Whether the version is in use, be it with exceptions.
bool is_in_use(InstallState state);
/// Errors: malformed.
Result<InstallState> parse_install_state(std::string_view text);

/// A head of the vendor's log O that an install has seen signed. Nothing here says that it is the log's: the install
/// keeps the signed note.
struct SeenHead {
  std::string origin;
  std::int64_t size = 0;
  Sha256Digest root;

  bool operator==(const SeenHead&) const = default;
};

json::Value to_json(const SeenHead& head);
/// Errors: malformed.
Result<SeenHead> parse_seen_head(const json::Value& value);

/// One report of one install, signed by its key. The receipts of an incarnation form a chain: sequence counts from 1
/// without gaps and `previous` is the digest of the envelope before. Format: docs/formats/receipt.md, "kip.receipt/1".
struct Receipt {
  TenantId tenant;
  InstallId install;
  std::string incarnation;  ///< 32 hexadecimal digits, random; new when an install finds itself cloned or restored
  std::int64_t sequence = 1;
  std::optional<Sha256Digest> previous;  ///< of the envelope's bytes; absent for sequence 1
  Instant claimed_time;                  ///< by the install's own clock
  InstallState state = InstallState::offered;
  ProductId product;
  Version version;
  std::optional<Sha256Digest> manifest;  ///< identity of the package, once it is known
  std::string detail;                    ///< for people; empty where there is nothing to say
  /// The time stamp that the install knew of when it made the receipt, by the SHA-256 of the token's signature value:
  /// it was made after that.
  std::optional<Sha256Digest> basis = {};
  /// The newest head of O that the install knew of: what it was shown of the log.
  std::optional<SeenHead> seen = {};

  bool operator==(const Receipt&) const = default;
};

/// Errors: malformed.
Result<Receipt> parse_receipt(BytesView payload);
json::Value to_json(const Receipt& receipt);

/// The most receipts that one request brings, one event holds and one acknowledgement names. All are of one install.
inline constexpr std::size_t kMaxReceiptsAtOnce = 100;

/// Where a receipt stands in history.
struct AcknowledgedReceipt {
  std::string incarnation;
  std::int64_t sequence = 1;
  Sha256Digest receipt;          ///< of its envelope
  std::int64_t event_index = 1;  ///< place of its event in the tenant's append-only table, from 1
  Instant recorded_time;         ///< of that event, by the server's own clock

  bool operator==(const AcknowledgedReceipt&) const = default;
};

/// The server's signed word that receipts are durable and have their places. Format: "kip.acknowledgement/1".
struct Acknowledgement {
  TenantId tenant;
  InstallId install;
  std::vector<AcknowledgedReceipt> receipts;  ///< 1 to kMaxReceiptsAtOnce, none twice, in the order of the request
  /// The newest time stamp in O when this was signed, by the SHA-256 of the token's signature value. What the install
  /// does once it knows it is done after that.
  std::optional<Sha256Digest> basis = {};

  bool operator==(const Acknowledgement&) const = default;
};

/// Errors: malformed, also for no receipt or one that stands there twice; too_large for more than kMaxReceiptsAtOnce.
Result<Acknowledgement> parse_acknowledgement(BytesView payload);
json::Value to_json(const Acknowledgement& acknowledgement);

}  // namespace kip
