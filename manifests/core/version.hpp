#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <manifests/core/result.hpp>

namespace kip {

/// A release's version: one to four decimal numbers with dots, compared number by number; a missing number counts as
/// zero, so that 1.0 and 1.0.0 are the same version.
class Version {
 public:
  /// Errors: malformed on anything else, also on leading zeros or a number above 999,999,999.
  static Result<Version> parse(std::string_view text);

  const std::string& str() const { return text_; }

  std::strong_ordering operator<=>(const Version& other) const;
  bool operator==(const Version& other) const { return (*this <=> other) == std::strong_ordering::equal; }

 private:
  Version(std::string text, std::vector<std::uint32_t> numbers)
      : text_(std::move(text)), numbers_(std::move(numbers)) {}

  std::string text_;
  std::vector<std::uint32_t> numbers_;
};

}  // namespace kip
