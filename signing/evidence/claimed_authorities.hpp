#pragma once

#include <vector>

#include <signing/evidence/trust_policy.hpp>

namespace kip {

/// Whom the maker of a bundle believes of time. Nobody else has to: it makes its pages comparable.
inline constexpr std::string_view kClaimedAuthoritiesFile = "claims/authorities.json";

/// Format: docs/formats/evidence.md, "kip.evidence-authorities/1".
Bytes claimed_authorities_text(const std::vector<tsp::Authority>& authorities);
/// Errors: malformed, too_large.
Result<std::vector<tsp::Authority>> parse_claimed_authorities(BytesView text);

}  // namespace kip
