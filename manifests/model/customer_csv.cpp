#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <span>

#include <fmt/format.h>

#include <manifests/core/unicode.hpp>
#include <manifests/model/customer_csv.hpp>
#include <manifests/model/delimited.hpp>

namespace kip {
namespace {

enum class Column { tax_code, name, email, product, contract_start, periods, seats, regime };
constexpr std::size_t kColumns = 8;

struct Header {
  Column column;
  std::string_view label;  ///< for messages
  bool needed;
  std::array<std::string_view, 3> names;
};

constexpr std::array<Header, kColumns> kHeaders = {
    {{Column::tax_code, "tax code", true, {"tax code", "mst", "mã số thuế"}},
     {Column::name, "name", true, {"name", "tên", ""}},
     {Column::email, "e-mail", false, {"e-mail", "email", ""}},
     {Column::product, "product", true, {"product", "sản phẩm", ""}},
     {Column::contract_start, "contract start", true, {"contract start", "ngày hợp đồng", ""}},
     {Column::periods, "periods", true, {"periods", "kỳ hạn", ""}},
     {Column::seats, "seats", true, {"seats", "số máy", ""}},
     {Column::regime, "regime", false, {"regime", "chế độ", ""}}}};

const Header* find_header(std::string_view field) {
  auto key = collision_key(field);
  if (!key) return nullptr;
  std::replace(key->begin(), key->end(), '_', ' ');
  for (const Header& header : kHeaders) {
    for (const std::string_view name : header.names) {
      // The table's names are folded as well: this file may be stored in any normalisation.
      if (!name.empty() && collision_key(name).value() == *key) return &header;
    }
  }
  return nullptr;
}

/// Where each column stands.
struct Layout {
  std::map<Column, std::size_t> places;
  std::size_t width = 0;
  std::vector<RowWarning> warnings;
};

Result<Layout> read_header(const TableRow& row) {
  Layout layout;
  layout.width = row.fields.size();
  for (std::size_t i = 0; i < row.fields.size(); ++i) {
    const std::string& field = row.fields[i];
    const Header* header = find_header(field);
    if (header == nullptr) {
      if (!field.empty()) {
        layout.warnings.push_back(
            {row.number, {"unknown-column", fmt::format("the column \"{}\" is not used", field)}});
      }
    } else if (!layout.places.emplace(header->column, i).second) {
      return fail(ErrorCode::malformed,
                  fmt::format("row {}: two columns are the {}; keep one of them", row.number, header->label));
    }
  }
  std::string missing;
  for (const Header& header : kHeaders) {
    if (header.needed && !layout.places.contains(header.column)) {
      missing += fmt::format("{}{}", missing.empty() ? "" : ", ", header.label);
    }
  }
  if (missing.empty()) return layout;
  return fail(ErrorCode::malformed,
              fmt::format("row {}: columns are missing: {}; the first row names the columns", row.number, missing));
}

Result<int> parse_seats(std::string_view text) {
  int seats = 0;
  const auto end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, seats);
  if (parsed.ec == std::errc() && parsed.ptr == end && seats >= 1 && seats <= kMaxSeats) return seats;
  return fail(ErrorCode::malformed,
              fmt::format("\"{}\" is not a number of computers from 1 to {}", text.substr(0, 40), kMaxSeats));
}

/// Reads the fields of one row; goes on after a fault, so that a person sees all of them at once.
class RowReader {
 public:
  RowReader(const Layout& layout, const TableRow& row) : layout_(layout), row_(row) {}

  /// None where any field is wrong; then issues() has them.
  std::optional<Customer> read() {
    check_width();
    const auto tax_code = take(Column::tax_code, TaxCode::parse);
    const auto name = take(Column::name, [](std::string_view text) { return parse_line(text, true); });
    const auto email = take(Column::email, [](std::string_view text) { return parse_line(text, false); });
    const auto product = take(Column::product, ProductId::parse);
    const auto contract_start = take(Column::contract_start, parse_human_date);
    auto periods = take(Column::periods, ContractPeriods::parse);
    const auto seats = take(Column::seats, parse_seats);
    auto regime = take(Column::regime, [](std::string_view text) { return parse_line(text, false); });
    if (!issues_.empty()) return std::nullopt;
    if (regime->empty()) regime.reset();
    return Customer{.tax_code = *tax_code,
                    .name = *name,
                    .email = *email,
                    .product = *product,
                    .contract_start = *contract_start,
                    .periods = *std::move(periods),
                    .seats = *seats,
                    .regime = std::move(regime)};
  }

  std::vector<RowIssue> issues() && { return std::move(issues_); }

 private:
  /// Text beyond the last column means that a delimiter stands unquoted in a field and all behind it is shifted.
  void check_width() {
    const auto surplus = std::span(row_.fields).subspan(std::min(layout_.width, row_.fields.size()));
    if (std::all_of(surplus.begin(), surplus.end(), [](const std::string& field) { return field.empty(); })) return;
    issues_.push_back({row_.number, fmt::format("{} fields for {} columns; write a field that holds the delimiter in "
                                                "quotes",
                                                row_.fields.size(), layout_.width)});
  }

  template <class Parser>
  auto take(Column column, Parser&& parser)
      -> std::optional<typename decltype(parser(std::string_view()))::value_type> {
    const auto place = layout_.places.find(column);
    const bool given = place != layout_.places.end() && place->second < row_.fields.size();
    auto parsed = parser(given ? std::string_view(row_.fields[place->second]) : std::string_view());
    if (parsed) return *std::move(parsed);
    const auto header = std::find_if(kHeaders.begin(), kHeaders.end(),
                                     [column](const Header& candidate) { return candidate.column == column; });
    issues_.push_back({row_.number, fmt::format("{}: {}", header->label, parsed.error().message)});
    return std::nullopt;
  }

  const Layout& layout_;
  const TableRow& row_;
  std::vector<RowIssue> issues_;
};

class CustomerCollector {
 public:
  explicit CustomerCollector(std::vector<RowWarning> warnings) { out_.warnings = std::move(warnings); }

  void add(std::size_t row, Customer customer) {
    const auto [known, is_new] =
        known_.emplace(std::pair(customer.tax_code, customer.product), Place{row, out_.items.size()});
    if (!is_new) {
      compare_with(known->second, row, customer);
      return;
    }
    for (Warning& warning : check_customer(customer))
      out_.warnings.push_back({row, std::move(warning)});
    out_.items.push_back(std::move(customer));
  }

  void add(std::vector<RowIssue> issues) {
    issues_.insert(issues_.end(), std::make_move_iterator(issues.begin()), std::make_move_iterator(issues.end()));
  }

  Result<Imported<Customer>> finish(std::size_t row_count) && {
    if (!issues_.empty()) return fail_rows("customers", row_count, std::move(issues_));
    return std::move(out_);
  }

 private:
  struct Place {
    std::size_t row;
    std::size_t index;
  };

  void compare_with(const Place& first, std::size_t row, const Customer& customer) {
    if (out_.items[first.index] == customer) return;
    const std::string what = fmt::format("{} with product {}", customer.tax_code.str(), customer.product.str());
    issues_.push_back({first.row, fmt::format("{} stands again in row {} with other content", what, row)});
    issues_.push_back({row, fmt::format("{} stands already in row {} with other content", what, first.row)});
  }

  Imported<Customer> out_;
  std::vector<RowIssue> issues_;
  std::map<std::pair<TaxCode, ProductId>, Place> known_;
};

}  // namespace

Result<Imported<Customer>> import_customers_csv(BytesView bytes) {
  const TableLimits limits;
  KIP_TRY(const std::string_view text, exported_text(bytes, limits));
  KIP_TRY(const std::vector<TableRow> rows, parse_csv(text, limits));
  if (rows.empty()) return fail(ErrorCode::malformed, "the customer list is empty; its first row names the columns");
  KIP_TRY(Layout layout, read_header(rows.front()));
  if (rows.size() == 1)
    return fail(ErrorCode::malformed, "the customer list has a row of column names and no customer");
  CustomerCollector collector(std::move(layout.warnings));
  for (const TableRow& row : std::span(rows).subspan(1)) {
    RowReader reader(layout, row);
    if (auto customer = reader.read()) {
      collector.add(row.number, *std::move(customer));
    } else {
      collector.add(std::move(reader).issues());
    }
  }
  return std::move(collector).finish(rows.size() - 1);
}

}  // namespace kip
