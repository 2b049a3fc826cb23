#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <manifests/model/obligation.hpp>

namespace kip::server {

// The words of the status page. Plain text: the page escapes it.

/// "MISSED · trễ hạn"
std::string state_words(ObligationState state);
std::string milestone_words(Milestone milestone);
/// A sentence for a reason code of an obligation or of a customer's row; the code itself where it is not known.
std::string reason_words(std::string_view reason, std::string_view detail);
/// "2 days 3 h", "45 min"
std::string length_words(std::chrono::milliseconds length);
/// "2025-11-03 17:00:00 UTC"
std::string utc_words(Instant instant);
/// Local time at that offset from UTC: "2025-11-04 00:00 (UTC+07:00)"
std::string local_words(Instant instant, std::chrono::seconds utc_offset);

}  // namespace kip::server
