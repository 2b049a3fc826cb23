#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <manifests/core/bytes.hpp>

namespace kip {

/// Bounds on a list exported from a spreadsheet.
struct TableLimits {
  std::size_t bytes = 8U << 20U;
  std::size_t rows = 20'000;
  std::size_t field_bytes = 1024;
  std::size_t columns = 100;
};

/// One row, its fields trimmed, and its number: the spreadsheet's row in CSV, the line in tab-separated text.
struct TableRow {
  std::size_t number = 0;
  std::vector<std::string> fields;
};

/// The text of an exported list without its byte order mark.
/// Errors: too_large; malformed for UTF-16, for anything else that is not UTF-8 (Excel's plain "CSV" is in the code
/// page of the machine) and for NUL: the message says how to save it.
Result<std::string_view> exported_text(BytesView bytes, const TableLimits& limits);

/// RFC 4180 with CRLF or LF; ';' or ',' between fields, whichever stands more often in the first row. Empty rows are
/// left out, but counted. Errors: malformed for a quote that is not closed or that stands inside a plain field;
/// too_large.
Result<std::vector<TableRow>> parse_csv(std::string_view text, const TableLimits& limits);

/// One line per row, tabs between fields, no quoting. Lines that begin with '#' and empty lines are left out, but
/// counted. Errors: too_large.
Result<std::vector<TableRow>> parse_tsv(std::string_view text, const TableLimits& limits);

}  // namespace kip
