#pragma once

#include <compare>
#include <string>
#include <string_view>

#include <manifests/core/result.hpp>

namespace kip {

/// A relative path that is the same harmless path on POSIX and on Windows: `/` between components, no empty, `.`
/// or `..` component, no drive, stream, control character, mark that turns the direction of writing, reserved device
/// name, trailing dot or blank.
/// Every path that comes from outside becomes one of these before anything is done with it.
class SafeRelativePath {
 public:
  static constexpr std::size_t kMaxBytes = 1024;
  static constexpr std::size_t kMaxComponentBytes = 255;
  static constexpr int kMaxDepth = 32;

  /// Errors: malformed, with the reason and the path.
  static Result<SafeRelativePath> parse(std::string_view text);

  const std::string& str() const { return text_; }
  std::string_view file_name() const;
  /// Equal for two paths that a case-insensitive or normalising file system would take for one.
  std::string collision_key() const;

  auto operator<=>(const SafeRelativePath&) const = default;

 private:
  explicit SafeRelativePath(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

}  // namespace kip
