#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <manifests/core/safe_path.hpp>

namespace kip {

/// A pattern over whole relative paths: `?` is one character and `*` any number of them within a component, a component
/// `**` is any number of components, also none. Compared in normalisation form C, case counts.
class PathPattern {
 public:
  /// Errors: malformed where no SafeRelativePath could match, or `**` is part of a component.
  static Result<PathPattern> parse(std::string_view text);

  bool matches(const SafeRelativePath& path) const;

  const std::string& str() const { return text_; }

 private:
  PathPattern(std::string text, std::vector<std::string> components)
      : text_(std::move(text)), components_(std::move(components)) {}

  std::string text_;
  std::vector<std::string> components_;  // in normalisation form C
};

}  // namespace kip
