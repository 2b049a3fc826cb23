#include <algorithm>

#include <fmt/format.h>

#include <manifests/model/row_issues.hpp>

namespace kip {

Unexpected fail_rows(std::string_view nouns, std::size_t row_count, std::vector<RowIssue> issues) {
  constexpr std::size_t kMostLines = 1000;
  std::stable_sort(issues.begin(), issues.end(), [](const RowIssue& a, const RowIssue& b) { return a.row < b.row; });
  std::size_t bad_rows = 0;
  for (std::size_t i = 0; i < issues.size(); ++i) {
    if (i == 0 || issues[i].row != issues[i - 1].row) ++bad_rows;
  }
  std::string message =
      fmt::format("nothing was taken in: {} of {} rows of {} cannot be used", bad_rows, row_count, nouns);
  for (std::size_t i = 0; i < std::min(issues.size(), kMostLines); ++i) {
    message += fmt::format("\n  row {}: {}", issues[i].row, issues[i].message);
  }
  if (issues.size() > kMostLines) message += fmt::format("\n  and {} more", issues.size() - kMostLines);
  return fail(ErrorCode::malformed, std::move(message));
}

}  // namespace kip
