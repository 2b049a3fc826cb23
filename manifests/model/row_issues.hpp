#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <manifests/core/result.hpp>

namespace kip {

/// Something about one row of a list that a person wrote. Rows count from 1 as an editor or spreadsheet shows them, the
/// header included; in JSON the first item is 1.
struct RowIssue {
  std::size_t row = 0;
  std::string message;

  bool operator==(const RowIssue&) const = default;
};

/// A code for programs and a sentence in English for people.
struct Warning {
  std::string code;
  std::string message;

  bool operator==(const Warning&) const = default;
};

struct RowWarning {
  std::size_t row = 0;
  Warning warning;

  bool operator==(const RowWarning&) const = default;
};

/// What reading a list gave. There is one only where no row is wrong, so that a caller cannot import half a list.
template <class T>
struct Imported {
  std::vector<T> items;
  std::vector<RowIssue> skipped;  ///< left out because the caller allowed it
  std::vector<RowWarning> warnings;
};

/// One error whose message has a line for each row, in the order of rows: at most 1,000 lines, then how many more.
/// `nouns` names the list: "acts".
Unexpected fail_rows(std::string_view nouns, std::size_t row_count, std::vector<RowIssue> issues);

}  // namespace kip
