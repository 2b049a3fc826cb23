#include <algorithm>

#include <fmt/format.h>

#include <manifests/core/unicode.hpp>
#include <manifests/model/delimited.hpp>

namespace kip {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// ';' or ',' by the first row, quoted text aside.
char find_delimiter(std::string_view text) {
  std::size_t semicolons = 0;
  std::size_t commas = 0;
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '\n' && semicolons + commas > 0) break;
    if (c == ';') ++semicolons;
    if (c == ',') ++commas;
  }
  return semicolons >= commas ? ';' : ',';
}

bool is_empty(const TableRow& row) {
  return std::all_of(row.fields.begin(), row.fields.end(), [](const std::string& field) { return field.empty(); });
}

/// Gathers fields into rows within the limits.
class TableBuilder {
 public:
  explicit TableBuilder(const TableLimits& limits) : limits_(limits) {}

  std::size_t number() const { return number_; }

  Result<void> field(std::string_view text) {
    const std::string_view trimmed = trim(text);
    if (trimmed.size() > limits_.field_bytes) {
      return fail(ErrorCode::too_large, fmt::format("row {}: a field has {} bytes, allowed are {}", number_,
                                                    trimmed.size(), limits_.field_bytes));
    }
    if (row_.fields.size() == limits_.columns) {
      return fail(ErrorCode::too_large, fmt::format("row {}: more than {} columns", number_, limits_.columns));
    }
    row_.fields.emplace_back(trimmed);
    return {};
  }

  Result<void> end_row() {
    row_.number = number_++;
    TableRow done = std::exchange(row_, {});
    if (is_empty(done)) return {};
    if (rows_.size() > limits_.rows) {  // the first row is the header
      return fail(ErrorCode::too_large, fmt::format("more than {} rows; split it into several files", limits_.rows));
    }
    rows_.push_back(std::move(done));
    return {};
  }

  void skip_row() { ++number_; }

  std::vector<TableRow> finish() && { return std::move(rows_); }

 private:
  const TableLimits& limits_;
  std::size_t number_ = 1;
  TableRow row_;
  std::vector<TableRow> rows_;
};

/// Reads a quoted field whose opening quote is at the front of `rest`; leaves what follows the closing one.
Result<std::string> take_quoted(std::string_view& rest, std::size_t row) {
  rest.remove_prefix(1);
  std::string out;
  while (true) {
    const auto quote = rest.find('"');
    if (quote == std::string_view::npos) {
      return fail(ErrorCode::malformed, fmt::format("row {}: a quoted field does not end", row));
    }
    out += rest.substr(0, quote);
    rest.remove_prefix(quote + 1);
    if (!rest.starts_with('"')) return out;
    out += '"';
    rest.remove_prefix(1);
  }
}

Result<std::string> take_field(std::string_view& rest, char delimiter, std::size_t row) {
  if (rest.starts_with('"')) return take_quoted(rest, row);
  const char ends[] = {delimiter, '\n', '\0'};
  const auto end = std::min(rest.find_first_of(ends), rest.size());
  const std::string_view text = rest.substr(0, end);
  if (text.find('"') != std::string_view::npos) {
    return fail(ErrorCode::malformed,
                fmt::format("row {}: a quote inside a field; write the field in quotes and the quote twice", row));
  }
  rest.remove_prefix(end);
  return std::string(text);
}

}  // namespace

Result<std::string_view> exported_text(BytesView bytes, const TableLimits& limits) {
  constexpr std::string_view kHow = "save it again as \"CSV UTF-8 (comma delimited)\"";
  if (bytes.size() > limits.bytes) {
    return fail(ErrorCode::too_large, fmt::format("the file has {} bytes, allowed are {}", bytes.size(), limits.bytes));
  }
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) {
    return fail(ErrorCode::malformed, fmt::format("the file is in UTF-16 (\"Unicode text\"); {}", kHow));
  }
  if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
  if (bytes.find('\0') != BytesView::npos) {
    return fail(ErrorCode::malformed, fmt::format("the file is no text (perhaps UTF-16 or a workbook); {}", kHow));
  }
  if (bytes.find('\r') != BytesView::npos && bytes.find('\n') == BytesView::npos) {
    return fail(ErrorCode::malformed, fmt::format("the file has the line ends of old Macintosh computers; {}", kHow));
  }
  if (!is_utf8(bytes)) {
    return fail(
        ErrorCode::malformed,
        fmt::format("the file is not in UTF-8 (perhaps Excel's \"ANSI\", so that accents would be lost); {}", kHow));
  }
  return bytes;
}

Result<std::vector<TableRow>> parse_csv(std::string_view text, const TableLimits& limits) {
  const char delimiter = find_delimiter(text);
  TableBuilder table(limits);
  for (std::string_view rest = text; !rest.empty();) {
    KIP_TRY(const std::string field, take_field(rest, delimiter, table.number()));
    KIP_TRY_VOID(table.field(field));
    if (rest.starts_with(delimiter)) {
      rest.remove_prefix(1);
      if (!rest.empty()) continue;
      KIP_TRY_VOID(table.field({}));  // the file ends behind a delimiter: one more, empty field
    }
    if (rest.starts_with("\r\n")) rest.remove_prefix(1);
    if (!rest.empty() && !rest.starts_with('\n')) {
      return fail(ErrorCode::malformed, fmt::format("row {}: text behind a quoted field", table.number()));
    }
    if (!rest.empty()) rest.remove_prefix(1);
    KIP_TRY_VOID(table.end_row());
  }
  return std::move(table).finish();
}

Result<std::vector<TableRow>> parse_tsv(std::string_view text, const TableLimits& limits) {
  TableBuilder table(limits);
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.starts_with('#')) {
      table.skip_row();
      continue;
    }
    while (true) {
      const std::string_view field = line.substr(0, line.find('\t'));
      KIP_TRY_VOID(table.field(field));
      if (field.size() == line.size()) break;
      line.remove_prefix(field.size() + 1);
    }
    KIP_TRY_VOID(table.end_row());
  }
  return std::move(table).finish();
}

}  // namespace kip
