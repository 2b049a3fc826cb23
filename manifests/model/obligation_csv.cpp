#include <algorithm>
#include <array>

#include <manifests/model/obligation_export.hpp>

namespace kip {
namespace {

constexpr std::string_view kMark = "\xEF\xBB\xBF";
constexpr std::array kColumns = {"number",
                                 "act",
                                 "act_title",
                                 "commitment",
                                 "promise",
                                 "product",
                                 "milestone",
                                 "state",
                                 "reason",
                                 "last_day",
                                 "due",
                                 "target",
                                 "published_at",
                                 "completed_at",
                                 "late_by_seconds",
                                 "installed",
                                 "seats",
                                 "proven",
                                 "tax_code",
                                 "customer",
                                 "applicability",
                                 "customer_state",
                                 "customer_reason",
                                 "customer_installed",
                                 "customer_seats",
                                 "never_enrolled",
                                 "missing",
                                 "confirmed",
                                 "phone",
                                 "deferred_at",
                                 "last_heard_of"};

bool would_run(std::string_view text) {
  return !text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos;
}

/// The cells of one line.
class Row {
 public:
  Row& text(std::string_view value) {
    std::string cell = would_run(value) ? "'" + std::string(value) : std::string(value);
    if (cell.find_first_of(",\"\r\n") != std::string::npos) cell = quoted(cell);
    return raw(cell);
  }
  Row& number(std::int64_t value) { return raw(std::to_string(value)); }
  Row& instant(const std::optional<Instant>& value) { return raw(value ? format_instant(*value) : ""); }
  Row& nothing() { return raw(""); }
  Bytes finish() && { return std::move(line_) + "\r\n"; }

 private:
  static std::string quoted(std::string_view cell) {
    std::string out = "\"";
    for (const char c : cell)
      out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + '"';
  }
  Row& raw(std::string_view cell) {
    if (begun_) line_ += ',';
    begun_ = true;
    line_ += cell;
    return *this;
  }

  Bytes line_;
  bool begun_ = false;
};

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts)
    out += (out.empty() ? "" : "; ") + text;
  return out;
}

Row obligation_cells(const ExportedObligation& one) {
  const ObligationView& view = one.view;
  Row row;
  row.number(view.number).text(view.act.str()).text(one.act_title).text(view.commitment.str()).text(one.promise);
  row.text(view.product.str()).text(to_string(view.milestone)).text(to_string(view.state)).text(view.reason);
  row.text(view.due && !view.due->by_clock ? format_date(view.due->last_day) : "");
  row.instant(view.due ? std::optional(view.due->due) : std::nullopt);
  row.text(view.target ? format_date(*view.target) : "").instant(view.published_at).instant(view.completed_at);
  if (view.late_by) {
    row.number(std::chrono::duration_cast<std::chrono::seconds>(*view.late_by).count());
  } else {
    row.nothing();
  }
  if (view.milestone == Milestone::installed) {
    row.number(view.tally.installed).number(view.tally.seats);
  } else {
    row.nothing().nothing();
  }
  return std::move(row.text(view.proven ? "yes" : "no"));
}

std::vector<std::string> missing_of(const CustomerRow& customer) {
  std::vector<std::string> out = customer.missing;
  for (const std::string& label : customer.retired_without)
    out.push_back(label + " (retired)");
  return out;
}

Bytes customer_row(const ExportedObligation& one, const CustomerRow& customer) {
  Row row = obligation_cells(one);
  row.text(customer.tax_code.str()).text(customer.name).text(to_string(customer.applicability));
  row.text(to_string(customer.state))
      .text(joined(customer.detail.empty() ? std::vector{customer.reason}
                                           : std::vector{customer.reason, customer.detail}));
  row.number(customer.installed)
      .number(customer.seats)
      .number(customer.never_enrolled)
      .text(joined(missing_of(customer)));
  row.text(one.view.confirmed ? "yes" : "no").text(customer.phone).instant(customer.deferred_at);
  row.instant(customer.silent_since);
  return std::move(row).finish();
}

Bytes row_without_customer(const ExportedObligation& one) {
  constexpr int kOfCustomer = 9;
  Row row = obligation_cells(one);
  for (int column = 0; column < kOfCustomer; ++column)
    row.nothing();
  row.text(one.view.confirmed ? "yes" : "no").nothing().nothing().nothing();
  return std::move(row).finish();
}

}  // namespace

Bytes to_csv(const std::vector<ExportedObligation>& obligations) {
  Row head;
  for (const char* const name : kColumns)
    head.text(name);
  Bytes out = Bytes(kMark) + std::move(head).finish();
  for (const ExportedObligation& one : obligations) {
    for (const CustomerRow& customer : one.view.customers)
      out += customer_row(one, customer);
    if (one.view.customers.empty()) out += row_without_customer(one);
  }
  return out;
}

}  // namespace kip
