#pragma once

#include <string>
#include <vector>

#include <manifests/core/bytes.hpp>
#include <manifests/core/ids.hpp>

namespace kip {

/// Receipts of one install that travel as a file, "kip.receipts/1", or the acknowledgements that come back,
/// "kip.acknowledgements/1", each for up to kMaxReceiptsAtOnce of them. Each envelope speaks for itself: nothing else
/// in the file is signed. Format: docs/formats/receipt.md
struct ReceiptFile {
  static constexpr std::size_t kMaxBytes = 64U << 20U;
  static constexpr std::size_t kMaxEnvelopes = 10'000;

  TenantId tenant;
  InstallId install;
  std::vector<Bytes> envelopes;  ///< in the order of the chain

  bool operator==(const ReceiptFile&) const = default;
};

/// Which way such a file goes.
enum class ReceiptFileKind { receipts, acknowledgements };

/// Errors: malformed, also for a file of the other kind; too_large.
Result<ReceiptFile> parse_receipt_file(BytesView bytes, ReceiptFileKind kind);
Bytes to_bytes(const ReceiptFile& file, ReceiptFileKind kind);

}  // namespace kip
