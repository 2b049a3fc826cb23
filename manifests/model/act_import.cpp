#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <span>

#include <fmt/format.h>

#include <manifests/core/printable.hpp>
#include <manifests/core/unicode.hpp>
#include <manifests/deadline/calendar.hpp>
#include <manifests/model/act_import.hpp>
#include <manifests/model/delimited.hpp>

namespace kip {
namespace {

constexpr TableLimits kLimits = {.bytes = 8U << 20U, .rows = 10'000, .field_bytes = 4096, .columns = 40};
constexpr const char* kNoSigningDate =
    "an act without a signing date starts no clock; find the date on the document, or leave such rows out explicitly";

struct Column {
  std::string_view name;
  bool needed;
};

constexpr std::array<Column, 16> kColumns = {{{"country", false},
                                              {"issuer", true},
                                              {"number", true},
                                              {"year", true},
                                              {"kind", true},
                                              {"title", false},
                                              {"signed_on", true},
                                              {"gazetted_on", false},
                                              {"effective_on", false},
                                              {"changes", true},
                                              {"forms_or_note", false},
                                              {"amends", false},
                                              {"replaces", false},
                                              {"parts", false},
                                              {"aware_on", false},
                                              {"confidence", false}}};

/// Collects what rows give, whatever the list is written in.
class ActCollector {
 public:
  explicit ActCollector(const ActImportOptions& options) : options_(options) {}

  void add(std::size_t row, Result<Act> act) {
    if (!act) {
      issues_.push_back({row, act.error().message});
      return;
    }
    const auto [known, is_new] = rows_.emplace(act->key, row);
    if (!is_new) {
      compare_with(known->second, row, *act);
      return;
    }
    for (Warning& warning : check_act(*act))
      out_.warnings.push_back({row, std::move(warning)});
    place_.emplace(row, out_.items.size());
    out_.items.push_back(*std::move(act));
  }

  void add_undated(std::size_t row, std::string_view act) {
    RowIssue issue{row, fmt::format("{}: {}", act, kNoSigningDate)};
    (options_.skip_undated ? out_.skipped : issues_).push_back(std::move(issue));
  }

  Result<Imported<Act>> finish(std::size_t row_count) && {
    if (!issues_.empty()) return fail_rows("acts", row_count, std::move(issues_));
    return std::move(out_);
  }

 private:
  void compare_with(std::size_t first, std::size_t row, const Act& act) {
    if (out_.items[place_.at(first)] == act) return;
    const std::string key = act.key.str();
    issues_.push_back({first, fmt::format("{} stands again in row {} with other content", key, row)});
    issues_.push_back({row, fmt::format("{} stands already in row {} with other content", key, first)});
  }

  ActImportOptions options_;
  Imported<Act> out_;
  std::vector<RowIssue> issues_;
  std::map<ActKey, std::size_t> rows_;
  std::map<std::size_t, std::size_t> place_;  ///< row -> index in items
};

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(separator));
    if (!trim(part).empty()) out.emplace_back(trim(part));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
  }
  return out;
}

bool is_form_code(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto allowed = [&](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '.' || c == '-';
  };
  return std::all_of(text.begin(), text.end(), allowed) && std::any_of(text.begin(), text.end(), is_digit) &&
         text.find("..") == std::string_view::npos;
}

using Fields = std::map<std::string_view, std::string_view>;

/// Column names by position. Errors: malformed for an unknown, repeated or missing column.
Result<std::vector<std::string>> read_header(const TableRow& row) {
  std::vector<std::string> names;
  for (const std::string& field : row.fields) {
    std::string name = to_lower_ascii(field);
    const bool known =
        std::any_of(kColumns.begin(), kColumns.end(), [&](const Column& column) { return column.name == name; });
    if (!known) return fail(ErrorCode::malformed, fmt::format("row {}: unknown column \"{}\"", row.number, field));
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      return fail(ErrorCode::malformed, fmt::format("row {}: the column \"{}\" stands twice", row.number, field));
    }
    names.push_back(std::move(name));
  }
  for (const Column& column : kColumns) {
    if (column.needed && std::find(names.begin(), names.end(), column.name) == names.end()) {
      return fail(ErrorCode::malformed,
                  fmt::format("row {}: the column \"{}\" is missing; the first row names the columns", row.number,
                              column.name));
    }
  }
  return names;
}

Result<Fields> by_name(const std::vector<std::string>& names, const TableRow& row) {
  if (row.fields.size() > names.size()) {
    return fail(ErrorCode::malformed, fmt::format("{} fields for {} columns", row.fields.size(), names.size()));
  }
  Fields out;
  for (const Column& column : kColumns)
    out[column.name] = {};
  for (std::size_t i = 0; i < row.fields.size(); ++i)
    out.find(names[i])->second = row.fields[i];
  return out;
}

Result<std::optional<LegalDate>> optional_date(std::string_view text) {
  if (text.empty()) return std::optional<LegalDate>();
  KIP_TRY(const LegalDate date, parse_human_date(text));
  return std::optional<LegalDate>(date);
}

Result<std::int64_t> parse_year(std::string_view text) {
  std::int64_t year = 0;
  const auto end = text.data() + text.size();
  if (const auto parsed = std::from_chars(text.data(), end, year); parsed.ec != std::errc() || parsed.ptr != end) {
    return fail(ErrorCode::malformed, fmt::format("\"{}\" is not a year", text.substr(0, 40)));
  }
  return year;
}

Result<std::set<ActChange>> parse_changes(std::string_view text) {
  std::set<ActChange> out;
  for (const std::string& part : split(text, ',')) {
    KIP_TRY(const ActChange change, parse_act_change(part));
    out.insert(change);
  }
  if (out.empty()) return fail(ErrorCode::malformed, "changes is empty; say what the act changes, as report-form");
  return out;
}

Result<std::vector<std::string>> parse_parts(std::string_view text) {
  std::vector<std::string> out;
  for (const std::string& part : split(text, ',')) {
    KIP_TRY(out.emplace_back(), parse_act_part(part));
  }
  return out;
}

/// All but the signing date, which the caller has looked at.
Result<Act> read_fields(const Fields& fields) {
  const auto field = [&](std::string_view name) { return fields.at(name); };
  KIP_TRY(const std::int64_t year, parse_year(field("year")));
  KIP_TRY(ActKey key, ActKey::create(field("issuer"), field("number"), year));
  KIP_TRY(std::string country, parse_country_code(field("country").empty() ? "VN" : field("country")));
  KIP_TRY(const ActKind kind, parse_act_kind(field("kind")));
  KIP_TRY(const LegalDate signed_on, parse_human_date(field("signed_on")));
  KIP_TRY(const auto gazetted_on, optional_date(field("gazetted_on")));
  KIP_TRY(const auto effective_on, optional_date(field("effective_on")));
  KIP_TRY(const auto aware_on, optional_date(field("aware_on")));
  KIP_TRY(std::vector<std::string> parts, parse_parts(field("parts")));
  KIP_TRY(std::set<ActChange> changes, parse_changes(field("changes")));
  for (const std::string_view name : {"title", "forms_or_note", "confidence"}) {
    if (!is_printable_line(field(name))) {
      return fail(ErrorCode::malformed, fmt::format("{} has control characters; type it anew", name));
    }
  }
  std::vector<std::string> forms = split(field("forms_or_note"), ',');
  const bool are_codes = std::all_of(forms.begin(), forms.end(), is_form_code);
  if (!are_codes) forms.clear();
  return Act{.key = std::move(key),
             .country = std::move(country),
             .kind = kind,
             .title = std::string(field("title")),
             .note = are_codes ? std::string() : std::string(field("forms_or_note")),
             .signed_on = signed_on,
             .gazetted_on = gazetted_on,
             .effective_on = effective_on,
             .aware_on = aware_on,
             .confidence = std::string(field("confidence")),
             .changes = std::move(changes),
             .forms = std::move(forms),
             .parts = std::move(parts),
             .amends = split(field("amends"), ';'),
             .replaces = split(field("replaces"), ';')};
}

}  // namespace

Result<Imported<Act>> import_acts_tsv(BytesView bytes, const ActImportOptions& options) {
  KIP_TRY(const std::string_view text, exported_text(bytes, kLimits));
  KIP_TRY(const std::vector<TableRow> rows, parse_tsv(text, kLimits));
  if (rows.empty()) return fail(ErrorCode::malformed, "the list of acts is empty; its first row names the columns");
  KIP_TRY(const std::vector<std::string> names, read_header(rows.front()));
  ActCollector collector(options);
  for (const TableRow& row : std::span(rows).subspan(1)) {
    const auto fields = by_name(names, row);
    if (!fields) {
      collector.add(row.number, Unexpected(fields.error()));
    } else if (fields->at("signed_on").empty()) {
      collector.add_undated(row.number, fmt::format("{} {}", fields->at("issuer"), fields->at("number")));
    } else {
      collector.add(row.number, read_fields(*fields));
    }
  }
  return std::move(collector).finish(rows.size() - 1);
}

Result<Imported<Act>> import_acts_json(BytesView bytes, const ActImportOptions& options) {
  KIP_TRY(const json::Value value, json::parse(bytes, {.bytes = kLimits.bytes}));
  const json::Value* list = value.as_array() != nullptr ? &value : value.find("acts");
  const json::Array* items = list == nullptr ? nullptr : list->as_array();
  if (items == nullptr) {
    return fail(ErrorCode::malformed, "the list of acts is neither a JSON list nor an object with the list \"acts\"");
  }
  if (items->size() > kLimits.rows) {
    return fail(ErrorCode::too_large, fmt::format("more than {} acts", kLimits.rows));
  }
  ActCollector collector(options);
  for (std::size_t i = 0; i < items->size(); ++i) {
    const json::Value& item = (*items)[i];
    const json::Value* number = item.find("number");
    const std::string* name = number == nullptr ? nullptr : number->as_text();
    if (item.as_object() != nullptr && item.find("signed_on") == nullptr) {
      collector.add_undated(i + 1, name == nullptr ? std::string_view("?") : std::string_view(*name));
    } else {
      collector.add(i + 1, read_act(item));
    }
  }
  return std::move(collector).finish(items->size());
}

}  // namespace kip
