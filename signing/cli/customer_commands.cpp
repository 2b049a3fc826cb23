#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <manifests/model/customer_csv.hpp>
#include <signing/cli/commands.hpp>
#include <signing/cli/render.hpp>
#include <signing/cli/server_options.hpp>

namespace kip::cli {
namespace {

constexpr std::uint64_t kMaxInput = 64U << 20U;

struct CustomerOptions {
  ServerOptions server;
  std::string file;
  bool dry_run = false;
  std::string tax_code;
  std::string product;
  std::string on;
  bool ending = false;
};

Result<void> customer_import(Context& context, const CustomerOptions& options) {
  KIP_TRY(const Bytes bytes, read_file(context.files, options.file, kMaxInput, Links::follow));
  auto imported = import_customers_csv(bytes);
  if (!imported) return fail_while(options.file, std::move(imported).error());
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  json::Array customers;
  for (const Customer& customer : imported->items)
    customers.push_back(to_json(customer));
  KIP_TRY(const json::Value answer, api.post("/customers/import", json::Object{{"customers", std::move(customers)},
                                                                               {"dry_run", options.dry_run}}));
  std::vector<std::string> lines;
  json::Array warnings;
  for (const RowWarning& row : imported->warnings) {
    lines.push_back(fmt::format("row {}: warning: {}", row.row, row.warning.message));
    warnings.push_back(json::Object{{"row", static_cast<std::int64_t>(row.row)}, {"message", row.warning.message}});
  }
  for (const json::Value& warning : list_of(answer, "warnings")) {
    const auto code = text_of(warning, "code");
    if (code == "tax-code-check-digit" || code == "email-unusable") continue;  // told above, with the row
    lines.push_back(fmt::format("customer {}: warning: {}", text_of(warning, "tax_code"), text_of(warning, "message")));
  }
  lines.push_back(fmt::format("{}{} customers: {} new, {} changed, {} as before.",
                              options.dry_run ? "Dry run, nothing changed: " : "", imported->items.size(),
                              number_of(answer, "added"), number_of(answer, "changed"),
                              number_of(answer, "unchanged")));
  json::Value value = answer;
  if (json::Object* members = value.as_object()) (*members)["rows"] = std::move(warnings);
  context.print(lines, value);
  return {};
}

Result<void> customer_list(Context& context, const CustomerOptions& options) {
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.get_list("/customers", "customers"));
  std::vector<std::string> lines;
  for (const json::Value& item : list_of(answer, "customers")) {
    lines.push_back(fmt::format("{:<14} {:<10} {} seat(s) from {}  {}", text_of(item, "tax_code"),
                                text_of(item, "product"), number_of(item, "seats"), text_of(item, "contract_start"),
                                text_of(item, "name")));
  }
  context.print(lines, answer);
  return {};
}

std::string joined_texts(const json::Array& texts) {
  std::string out;
  for (const json::Value& text : texts)
    out += (out.empty() ? "" : ", ") + (text.as_text() != nullptr ? *text.as_text() : std::string());
  return out;
}

std::vector<std::string> entitlement_lines(const json::Value& one) {
  const auto state = text_of(one, "state");
  std::string line = fmt::format("{:<14} {:<10} {}", text_of(one, "tax_code"), text_of(one, "product"), state);
  if (const auto since = text_of(one, "since"); !since.empty())
    line += fmt::format(" {} {}", state == "ended" ? "since" : "until", since);
  if (const auto last = text_of(one, "last_day"); !last.empty()) line += fmt::format(" up to {}", last);
  if (const auto days = number_of(one, "ends_within_days"); days > 0)
    line += fmt::format(" (ENDS WITHIN {} DAYS)", days);
  if (one.find("by_the_hour") != nullptr && *one.find("by_the_hour") == json::Value(true)) line += ", work by the hour";
  std::vector<std::string> out = {line + "  " + std::string(text_of(one, "name"))};
  if (const auto newest = text_of(one, "newest"); !newest.empty())
    out.push_back(fmt::format("    newest release inside the contract: {}", newest));
  if (const auto owed = joined_texts(list_of(one, "still_owed")); !owed.empty())
    out.push_back(fmt::format("    still owed, for acts that arose while entitled: {}", owed));
  if (const auto beyond = joined_texts(list_of(one, "beyond")); !beyond.empty())
    out.push_back(fmt::format("    beyond the contract: {}", beyond));
  return out;
}

Result<void> customer_entitlement(Context& context, const CustomerOptions& options) {
  std::string query;
  const auto add = [&query](std::string_view name, const std::string& value) {
    if (!value.empty()) query += fmt::format("{}{}={}", query.empty() ? '?' : '&', name, encode_url_path(value));
  };
  add("tax_code", options.tax_code);
  add("product", options.product);
  if (!options.on.empty()) {
    KIP_TRY(const LegalDate on, parse_human_date(options.on));
    add("on", format_date(on));
  }
  if (options.ending) add("ending", "true");
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.get_list("/entitlements" + query, "entitlements"));
  std::vector<std::string> lines;
  for (const json::Value& one : list_of(answer, "entitlements")) {
    const auto some = entitlement_lines(one);
    lines.insert(lines.end(), some.begin(), some.end());
  }
  if (lines.empty()) lines.emplace_back("No customer.");
  context.print(lines, answer);
  return {};
}

}  // namespace

void add_customer_commands(CLI::App& app, Context& context) {
  const auto options = std::make_shared<CustomerOptions>();
  const auto command = [&context, options](CLI::App* parent, const char* name, const char* help,
                                           Result<void> (*run)(Context&, const CustomerOptions&)) {
    CLI::App* made = parent->add_subcommand(name, help);
    add_server_options(made, options->server);
    made->callback([&context, options, run] { context.finish(run(context, *options)); });
    return made;
  };
  CLI::App* customer = app.add_subcommand("customer", "Customers and what they are entitled to");
  customer->require_subcommand(1);
  CLI::App* import =
      command(customer, "import", "Take in a customer list, all rows or none; may be repeated", customer_import);
  import->add_option("file", options->file, "CSV in UTF-8")->required();
  import->add_flag("--dry-run", options->dry_run, "Check everything, change nothing");
  command(customer, "list", "List customers", customer_list);
  CLI::App* entitlement = command(customer, "entitlement",
                                  "What customers are entitled to: until when, up to which release, what lies beyond",
                                  customer_entitlement);
  entitlement->add_option("tax-code", options->tax_code, "Only this customer");
  entitlement->add_option("--product", options->product, "Only this product");
  entitlement->add_option("--on", options->on, "On this day (today)");
  entitlement->add_flag("--ending", options->ending, "Only those that end within 60 days, the next first");
}

}  // namespace kip::cli
