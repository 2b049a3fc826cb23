#pragma once

#include <string>

#include <manifests/core/bytes.hpp>
#include <manifests/core/result.hpp>

namespace kip {

/// What a mail server says has become of one mail to one recipient.
struct DeliveryReport {
  std::string message_id;  ///< of the mail that it is about, without angle brackets
  std::string action;      ///< "failed", "delayed", "delivered", "relayed" or "expanded"
  std::string status;      ///< enhanced status code: "5.1.1"

  bool operator==(const DeliveryReport&) const = default;
};

inline constexpr std::size_t kMaxDeliveryReport = 512U << 10U;

/// Reads a delivery status notification that came back: a mail of type multipart/report with report-type
/// delivery-status, whose second part is message/delivery-status with exactly one recipient and whose third part is the
/// mail itself or its headers. Line ends are CRLF or LF. Strict and bounded: at most 512 KiB, 20 parts, 300 headers of
/// at most 16 KiB each per part; nothing encoded, nothing nested is looked into. What it says is only a claim of
/// whoever wrote the mail. Errors: malformed, too_large. Source: RFC 3464 2, RFC 6522 3, RFC 3463 2, RFC 2046 5.1.1
Result<DeliveryReport> parse_delivery_report(BytesView mail);

}  // namespace kip
