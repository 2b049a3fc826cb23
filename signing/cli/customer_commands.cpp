#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <manifests/model/customer_csv.hpp>
#include <signing/cli/commands.hpp>
#include <signing/cli/render.hpp>
#include <signing/cli/server_options.hpp>
#include <signing/storage/atomic_file.hpp>

namespace kip::cli {
namespace {

constexpr std::uint64_t kMaxInput = 64U << 20U;
constexpr unsigned kSecretMode = 0600;

struct CustomerOptions {
  ServerOptions server;
  std::string file;
  bool dry_run = false;
  std::string tax_code;
  std::string product;
  std::string replaces;
  std::int64_t count = 1;
  std::string output;
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
  KIP_TRY(const json::Value answer, api.get("/customers"));
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
  KIP_TRY(const json::Value answer, api.get("/entitlements" + query));
  std::vector<std::string> lines;
  for (const json::Value& one : list_of(answer, "entitlements")) {
    const auto some = entitlement_lines(one);
    lines.insert(lines.end(), some.begin(), some.end());
  }
  if (lines.empty()) lines.emplace_back("No customer.");
  context.print(lines, answer);
  return {};
}

/// A new file that is open for writing before the server is asked: codes that it has made must not be lost.
Result<std::unique_ptr<AtomicFile>> reserve(Context& context, const std::string& path) {
  KIP_TRY(const bool taken, path_exists(context.files, path));
  if (taken) return fail(ErrorCode::conflict, path + " exists already; choose another --out");
  return AtomicFile::create(context.files, path, kSecretMode);
}

/// What the server is asked for: codes for a customer, or one that replaces an install.
Result<json::Object> code_request(const CustomerOptions& options) {
  const bool for_customer = !options.tax_code.empty() && !options.product.empty();
  if (options.replaces.empty() && for_customer) {
    return json::Object{{"tax_code", options.tax_code}, {"product", options.product}, {"count", options.count}};
  }
  const bool only_replaces = options.tax_code.empty() && options.product.empty() && options.count == 1;
  if (!options.replaces.empty() && only_replaces) return json::Object{{"replaces", options.replaces}};
  return fail(ErrorCode::usage,
              "name --customer and --product for new computers, or --replaces INSTALL-ID alone for one that takes the "
              "place of another");
}

/// Whose code it is, since that was not asked for.
std::vector<std::string> replacement_lines(const json::Value& answer) {
  const json::Value* replaced = answer.find("replaces");
  if (replaced == nullptr) return {};
  return {fmt::format("The code is for customer {}, product {}. Once it is used, install {} ({}) is retired.",
                      text_of(*replaced, "tax_code"), text_of(*replaced, "product"), text_of(*replaced, "install"),
                      text_of(*replaced, "label"))};
}

Result<void> code_create(Context& context, const CustomerOptions& options) {
  KIP_TRY(json::Object request, code_request(options));
  std::unique_ptr<AtomicFile> file;
  if (!options.output.empty()) {
    KIP_TRY(file, reserve(context, options.output));
  }
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.post("/enrolment-codes", std::move(request)));
  std::vector<std::string> codes;
  for (const json::Value& code : list_of(answer, "codes")) {
    if (code.as_text() != nullptr) codes.push_back(*code.as_text());
  }
  std::vector<std::string> lines = replacement_lines(answer);
  if (file == nullptr) {
    lines.insert(lines.end(), codes.begin(), codes.end());
    const auto handed = context.hand_out(lines, answer);
    if (handed) return {};
    return fail_while(fmt::format("handing over {} code(s), which are made and which nobody has now; make others, with "
                                  "--out FILE where they are to be kept",
                                  codes.size()),
                      handed.error());
  }
  std::string text;
  for (const std::string& code : codes)
    text += code + "\n";
  KIP_TRY_VOID(file->write(text));
  KIP_TRY_VOID(file->finish());
  KIP_TRY_VOID(file->commit());
  lines.push_back(
      fmt::format("Wrote {} code(s) to {}: one per computer, each is a secret.", codes.size(), options.output));
  json::Object value{{"file", options.output}, {"count", static_cast<std::int64_t>(codes.size())}};
  if (const json::Value* replaced = answer.find("replaces")) value["replaces"] = *replaced;
  context.print(lines, std::move(value));
  return {};
}

std::string remark_on(const json::Value& install) {
  const json::Value* disputed = install.find("disputed");
  if (!text_of(install, "replaced_by").empty())
    return fmt::format(" (replaced by {})", text_of(install, "replaced_by"));
  return disputed != nullptr && *disputed == json::Value(true) ? " (disputed)" : "";
}

Result<void> install_list(Context& context, const CustomerOptions& options) {
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.get("/installs"));
  std::vector<std::string> lines;
  for (const json::Value& item : list_of(answer, "installs")) {
    const std::string last = text_of(item, "state").empty()
                                 ? "nothing reported"
                                 : fmt::format("{} {}", text_of(item, "state"), text_of(item, "version"));
    lines.push_back(fmt::format("{}  {:<14} {:<9} {:<8} {:<24} {}{}", text_of(item, "install"),
                                text_of(item, "tax_code"), text_of(item, "product"), text_of(item, "standing"), last,
                                text_of(item, "label"), remark_on(item)));
  }
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

  CLI::App* install = app.add_subcommand("install", "Customers' computers");
  install->require_subcommand(1);
  CLI::App* code = command(install, "code", "Make enrolment codes, one for each computer", code_create);
  code->add_option("--customer", options->tax_code, "Tax code");
  code->add_option("--product", options->product, "The product");
  code->add_option("--replaces", options->replaces,
                   "Instead of these: the install that ends once the code is used, and whose seat it takes");
  code->add_option("--count", options->count, "How many, 1 to 1000 (1)")->check(CLI::Range(1, 1000));
  code->add_option("--out", options->output, "Write them to this file (0600) instead of the screen");
  command(install, "list", "List enrolled computers and what they have", install_list);
}

}  // namespace kip::cli
