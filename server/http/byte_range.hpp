#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace kip::server {

struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;

  bool operator==(const ByteRange&) const = default;
};

struct RangeDecision {
  enum class Kind {
    whole,          ///< 200: no range asked for, one that must be ignored, or the file is another by now
    part,           ///< 206
    unsatisfiable,  ///< 416
  };

  Kind kind = Kind::whole;
  ByteRange range = {};

  bool operator==(const RangeDecision&) const = default;
};

/// What to send of a file of `size` octets with that strong ETag for these headers (empty where missing). More than one
/// range is answered with the whole file, which the standard allows.
/// Source: RFC 9110, 13.1.5 (If-Range), 14.1.2, 14.2 (Range).
RangeDecision decide_range(std::string_view range, std::string_view if_range, std::uint64_t size,
                           std::string_view etag);

/// Whether an If-None-Match header names this strong ETag. Source: RFC 9110, 13.1.2.
bool matches_etag(std::string_view if_none_match, std::string_view etag);

}  // namespace kip::server
