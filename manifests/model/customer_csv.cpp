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

enum class Column {
  tax_code,
  name,
  email,
  phone,
  language,
  product,
  contract_start,
  start_event,
  periods,
  obligations_from,
  commitments,
  by_the_hour,
  may_postpone,
  force_allowed,
  seats,
  regime,
  vat_method,
  trade
};
constexpr std::size_t kColumns = 18;

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
     {Column::phone, "phone", false, {"phone", "điện thoại", ""}},
     {Column::language, "language", false, {"language", "ngôn ngữ", ""}},
     {Column::product, "product", true, {"product", "sản phẩm", ""}},
     {Column::contract_start, "contract start", true, {"contract start", "ngày hợp đồng", ""}},
     {Column::start_event, "start event", false, {"start event", "tính từ", ""}},
     {Column::periods, "periods", true, {"periods", "kỳ hạn", ""}},
     {Column::obligations_from, "obligations from", false, {"obligations from", "nghĩa vụ từ ngày", ""}},
     {Column::commitments, "commitments", false, {"commitments", "cam kết", ""}},
     {Column::by_the_hour, "by the hour", false, {"by the hour", "tính theo giờ", ""}},
     {Column::may_postpone, "may postpone", false, {"may postpone", "được hoãn", ""}},
     {Column::force_allowed, "force allowed", false, {"force allowed", "cho phép bắt buộc", ""}},
     {Column::seats, "seats", true, {"seats", "số máy", ""}},
     {Column::regime, "regime", false, {"regime", "chế độ", ""}},
     {Column::vat_method, "VAT method", false, {"vat method", "phương pháp thuế gtgt", ""}},
     {Column::trade, "trade", false, {"trade", "ngành nghề", ""}}}};

Result<bool> parse_yes_or_no(std::string_view text) {
  const auto key = collision_key(trim(text));
  for (const std::string_view yes : {"yes", "có", "1"}) {
    if (key && *key == collision_key(yes).value()) return true;
  }
  for (const std::string_view no : {"no", "không", "0"}) {
    if (key && *key == collision_key(no).value()) return false;
  }
  return fail(ErrorCode::malformed, fmt::format("\"{}\" is neither yes nor no", text.substr(0, 40)));
}

/// Ids between commas.
Result<std::set<std::string>> parse_commitments_cell(std::string_view text) {
  std::set<std::string> out;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    if (trim(part).empty()) continue;
    KIP_TRY(std::string id, parse_line(part, true));
    out.insert(std::move(id));
  }
  return out;
}

std::map<CustomerAttribute, std::string> attributes_of(
    std::initializer_list<std::pair<CustomerAttribute, std::optional<std::string>>> cells) {
  std::map<CustomerAttribute, std::string> out;
  for (const auto& [attribute, text] : cells) {
    if (text && !text->empty()) out.emplace(attribute, *text);
  }
  return out;
}

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
    const auto line = [](std::string_view text) { return parse_line(text, false); };
    const auto phone = take(Column::phone, line);
    const auto language = take_given(Column::language, parse_language);
    const auto start_event = take_given(Column::start_event, parse_contract_start);
    const auto obligations_from = take_given(Column::obligations_from, parse_human_date);
    const auto commitments = take(Column::commitments, parse_commitments_cell);
    const auto by_the_hour = take_given(Column::by_the_hour, parse_yes_or_no);
    const auto may_postpone = take_given(Column::may_postpone, parse_yes_or_no);
    const auto force_allowed = take_given(Column::force_allowed, parse_yes_or_no);
    auto attributes = attributes_of({{CustomerAttribute::regime, take(Column::regime, line)},
                                     {CustomerAttribute::vat_method, take(Column::vat_method, line)},
                                     {CustomerAttribute::trade, take(Column::trade, line)}});
    if (!issues_.empty()) return std::nullopt;
    return Customer{.tax_code = *tax_code,
                    .name = *name,
                    .email = *email,
                    .product = *product,
                    .contract_start = *contract_start,
                    .periods = *std::move(periods),
                    .seats = *seats,
                    .attributes = std::move(attributes),
                    .start_event = start_event.value_or(ContractStart::signing),
                    .obligations_from = obligations_from,
                    .commitments = *commitments,
                    .by_the_hour = by_the_hour.value_or(false),
                    .may_postpone = may_postpone.value_or(true),
                    .force_allowed = force_allowed.value_or(false),
                    .language = language,
                    .phone = *phone};
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

  std::string_view field(Column column) const {
    const auto place = layout_.places.find(column);
    const bool given = place != layout_.places.end() && place->second < row_.fields.size();
    return given ? std::string_view(row_.fields[place->second]) : std::string_view();
  }

  /// None where the field is empty.
  template <class Parser>
  auto take_given(Column column, Parser&& parser)
      -> std::optional<typename decltype(parser(std::string_view()))::value_type> {
    if (trim(field(column)).empty()) return std::nullopt;
    return take(column, parser);
  }

  template <class Parser>
  auto take(Column column, Parser&& parser)
      -> std::optional<typename decltype(parser(std::string_view()))::value_type> {
    auto parsed = parser(field(column));
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
