#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <signing/cli/code_sheet.hpp>
#include <signing/cli/commands.hpp>
#include <signing/cli/render.hpp>
#include <signing/cli/server_options.hpp>
#include <signing/storage/atomic_file.hpp>

namespace kip::cli {
namespace {

constexpr std::uint64_t kMaxInput = 64U << 20U;
constexpr unsigned kSecretMode = 0600;
constexpr std::int64_t kMaxCount = 1000;
constexpr std::int64_t kMaxDays = 366;

struct InstallOptions {
  ServerOptions server;
  std::string tax_code;
  std::string product;
  std::string replaces;
  std::string label;
  std::string sites;
  std::string letters;
  std::string language = "vi";
  std::string output;
  std::string id;
  std::string reason;
  std::int64_t count = 1;
  std::int64_t seats = 1;
  std::int64_t days = 0;
  bool approval = false;
  std::vector<std::string> labels;
};

/// A new file that is open for writing before the server is asked: codes that it has made must not be lost.
Result<std::unique_ptr<AtomicFile>> reserve(Context& context, const std::string& path) {
  KIP_TRY(const bool taken, path_exists(context.files, path));
  if (taken) return fail(ErrorCode::conflict, path + " exists already; choose another --out");
  return AtomicFile::create(context.files, path, kSecretMode);
}

/// What every code of a call has in common.
void add_terms(const InstallOptions& options, json::Object& to) {
  if (options.approval) to["approval"] = true;
  if (options.days > 0) to["days"] = options.days;
}

/// What the server is asked for: codes for a customer, or one that replaces an install.
Result<json::Object> code_request(const InstallOptions& options) {
  const bool for_customer = !options.tax_code.empty() && !options.product.empty();
  if (options.replaces.empty() && for_customer) {
    json::Object out{{"tax_code", options.tax_code}, {"product", options.product}, {"count", options.count}};
    if (!options.label.empty()) out["label"] = options.label;
    if (options.seats > 1) out["seats"] = options.seats;
    add_terms(options, out);
    return out;
  }
  const bool only_replaces = options.tax_code.empty() && options.product.empty() && options.count == 1 &&
                             options.seats == 1 && options.label.empty() && !options.approval && options.days == 0;
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

std::vector<std::string> codes_in(const json::Value& answer) {
  std::vector<std::string> out;
  for (const json::Value& code : list_of(answer, "codes")) {
    if (code.as_text() != nullptr) out.push_back(*code.as_text());
  }
  return out;
}

Result<void> finish(AtomicFile& file, std::string_view text) {
  KIP_TRY_VOID(file.write(text));
  KIP_TRY_VOID(file.finish());
  return file.commit();
}

Result<void> code_create(Context& context, const InstallOptions& options) {
  KIP_TRY(json::Object request, code_request(options));
  std::unique_ptr<AtomicFile> file;
  if (!options.output.empty()) {
    KIP_TRY(file, reserve(context, options.output));
  }
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.post("/enrolment-codes", std::move(request)));
  const std::vector<std::string> codes = codes_in(answer);
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
  KIP_TRY_VOID(finish(*file, text));
  lines.push_back(options.seats > 1 ? fmt::format("Wrote {} code(s) to {}: each lets {} computers in and is a secret.",
                                                  codes.size(), options.output, options.seats)
                                    : fmt::format("Wrote {} code(s) to {}: one per computer, each is a secret.",
                                                  codes.size(), options.output));
  json::Object value{{"file", options.output}, {"count", static_cast<std::int64_t>(codes.size())}};
  if (const json::Value* replaced = answer.find("replaces")) value["replaces"] = *replaced;
  context.print(lines, std::move(value));
  return {};
}

/// One code for each row. Codes that were made before something went wrong are written all the same.
Result<std::vector<SiteCode>> make_codes(ApiClient& api, const InstallOptions& options, std::vector<Site> sites,
                                         Result<void>& failure) {
  std::vector<SiteCode> out;
  for (Site& site : sites) {
    json::Object request{
        {"tax_code", site.tax_code.str()}, {"product", options.product}, {"label", site.name}, {"seats", site.seats}};
    add_terms(options, request);
    const auto answer = api.post("/enrolment-codes", std::move(request));
    if (!answer) {
      failure = fail_while(fmt::format("row {}: {} code(s) were made and are in {}; make the others with the rows from "
                                       "this one on",
                                       site.row, out.size(), options.output),
                           answer.error());
      break;
    }
    const std::vector<std::string> codes = codes_in(*answer);
    if (codes.size() != 1) return fail(ErrorCode::malformed, "the server did not answer with one code");
    out.push_back({std::move(site), codes.front(), std::string(text_of(*answer, "expires"))});
  }
  return out;
}

Result<void> codes_for_sites(Context& context, const InstallOptions& options) {
  KIP_TRY(const Language language, parse_language(options.language));
  KIP_TRY(const Bytes bytes, read_file(context.files, options.sites, kMaxInput, Links::follow));
  auto sites = read_sites(bytes);
  if (!sites) return fail_while(options.sites, sites.error());
  KIP_TRY(const auto table, reserve(context, options.output));
  std::unique_ptr<AtomicFile> letters;
  if (!options.letters.empty()) {
    KIP_TRY(letters, reserve(context, options.letters));
  }
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  Result<void> failure;
  KIP_TRY(const auto codes, make_codes(api, options, *std::move(sites), failure));
  KIP_TRY_VOID(finish(*table, code_table(codes)));
  if (letters) KIP_TRY_VOID(finish(*letters, code_letters(codes, options.product, language)));
  if (!failure) return failure;
  context.print({fmt::format("Wrote {} code(s) to {}{}: each is a secret.", codes.size(), options.output,
                             letters ? " and letters to " + options.letters : "")},
                json::Object{{"file", options.output}, {"count", static_cast<std::int64_t>(codes.size())}});
  return {};
}

std::string remark_on(const json::Value& install) {
  const json::Value* disputed = install.find("disputed");
  if (!text_of(install, "replaced_by").empty())
    return fmt::format(" (replaced by {})", text_of(install, "replaced_by"));
  return disputed != nullptr && *disputed == json::Value(true) ? " (disputed)" : "";
}

Result<void> install_list(Context& context, const InstallOptions& options) {
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.get_list("/installs", "installs"));
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

Result<void> waiting_list(Context& context, const InstallOptions& options) {
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.get_list("/waiting-installs", "waiting"));
  std::vector<std::string> lines;
  for (const json::Value& item : list_of(answer, "waiting")) {
    lines.push_back(fmt::format("{}  {:<14} {:<9} since {}  key {}  {}", text_of(item, "install"),
                                text_of(item, "tax_code"), text_of(item, "product"), text_of(item, "asked"),
                                text_of(item, "key_id").substr(0, 8), text_of(item, "label")));
  }
  if (lines.empty()) lines.emplace_back("No computer waits.");
  context.print(lines, answer);
  return {};
}

Result<void> decide(Context& context, const InstallOptions& options, const std::string& path, json::Object body,
                    std::string_view done) {
  KIP_TRY(const InstallId id, InstallId::parse(options.id));
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.post(fmt::format(fmt::runtime(path), id.str()), std::move(body)));
  context.print({fmt::format("Install {} {}.", id.str(), done)}, answer);
  return {};
}

Result<void> install_approve(Context& context, const InstallOptions& options) {
  return decide(context, options, "/waiting-installs/{}/approval", {}, "is let in");
}

Result<void> install_decline(Context& context, const InstallOptions& options) {
  return decide(context, options, "/waiting-installs/{}/refusal", {{"reason", options.reason}}, "stays out");
}

Result<void> install_retire(Context& context, const InstallOptions& options) {
  return decide(context, options, "/installs/{}/retirement", {{"reason", options.reason}},
                "is retired: nothing is taken from it any more");
}

/// Those of one computer, or of every one that a customer has of a product.
Result<std::vector<std::string>> installs_meant(ApiClient& api, const InstallOptions& options) {
  if (!options.id.empty()) return std::vector<std::string>{options.id};
  if (options.tax_code.empty() || options.product.empty())
    return fail(ErrorCode::usage, "name an install, or --customer and --product for all that a customer has");
  KIP_TRY(const json::Value answer, api.get_list("/installs", "installs"));
  std::vector<std::string> out;
  for (const json::Value& item : list_of(answer, "installs")) {
    const bool is_meant = text_of(item, "tax_code") == options.tax_code &&
                          text_of(item, "product") == options.product && text_of(item, "standing") != "retired";
    if (is_meant) out.emplace_back(text_of(item, "install"));
  }
  if (out.empty()) return fail(ErrorCode::not_found, "this customer has no install of the product");
  return out;
}

Result<void> install_label(Context& context, const InstallOptions& options) {
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const auto installs, installs_meant(api, options));
  const json::Array labels(options.labels.begin(), options.labels.end());
  std::vector<std::string> lines;
  json::Array answers;
  for (const std::string& install : installs) {
    KIP_TRY(const InstallId id, InstallId::parse(install));
    KIP_TRY(json::Value answer,
            api.put(fmt::format("/installs/{}/labels", id.str()), json::to_compact(json::Object{{"labels", labels}})));
    lines.push_back(fmt::format("Install {} has the labels {}.", id.str(),
                                options.labels.empty() ? "none" : fmt::format("{}", fmt::join(options.labels, ", "))));
    answers.push_back(std::move(answer));
  }
  context.print(lines, json::Object{{"installs", std::move(answers)}});
  return {};
}

using Command = std::function<CLI::App*(const char*, const char*, Result<void> (*)(Context&, const InstallOptions&))>;

void add_code_commands(const Command& command, InstallOptions& options) {
  const auto terms = [&options](CLI::App* made) {
    made->add_flag("--approval", options.approval, "Each computer waits until a person lets it in");
    made->add_option("--days", options.days, "How long they are good, 1 to 366 (as the server's settings have it)")
        ->check(CLI::Range(std::int64_t{1}, kMaxDays));
  };
  CLI::App* code =
      command("code", "Make enrolment codes, for one computer each or for the seats of a site", code_create);
  code->add_option("--customer", options.tax_code, "Tax code");
  code->add_option("--product", options.product, "The product");
  code->add_option("--replaces", options.replaces,
                   "Instead of these: the install that ends once the code is used, and whose seat it takes");
  code->add_option("--count", options.count, "How many codes, 1 to 1000 (1)")
      ->check(CLI::Range(std::int64_t{1}, kMaxCount));
  code->add_option("--seats", options.seats, "How many computers each code lets in, 1 to 1000 (1)")
      ->check(CLI::Range(std::int64_t{1}, kMaxCount));
  code->add_option("--label", options.label, "The computer or the site that they are for");
  code->add_option("--out", options.output, "Write them to this file (0600) instead of the screen");
  terms(code);
  CLI::App* codes = command("codes", "Make a code for each site of a list, as a table for mail merge and as letters",
                            codes_for_sites);
  codes->add_option("sites", options.sites, "CSV in UTF-8: columns tax code, site, seats")->required();
  codes->add_option("--product", options.product, "The product")->required();
  codes->add_option("--out", options.output, "The table with the codes, CSV (0600)")->required();
  codes->add_option("--letters", options.letters, "A page in HTML for each, to be printed (0600)");
  codes->add_option("--lang", options.language, "Of the letters: en, vi, hu or zh")->capture_default_str();
  terms(codes);
}

}  // namespace

void add_install_commands(CLI::App& app, Context& context) {
  const auto options = std::make_shared<InstallOptions>();
  CLI::App* install = app.add_subcommand("install", "Customers' computers");
  install->require_subcommand(1);
  const Command command = [&context, options, install](const char* name, const char* help,
                                                       Result<void> (*run)(Context&, const InstallOptions&)) {
    CLI::App* made = install->add_subcommand(name, help);
    add_server_options(made, options->server);
    made->callback([&context, options, run] { context.finish(run(context, *options)); });
    return made;
  };
  add_code_commands(command, *options);
  command("list", "List enrolled computers and what they have", install_list);
  command("waiting", "List computers that wait to be let in", waiting_list);
  const auto about_one = [&](const char* name, const char* help, Result<void> (*run)(Context&, const InstallOptions&)) {
    CLI::App* made = command(name, help, run);
    made->add_option("install", options->id, "Its id")->required();
    return made;
  };
  about_one("approve", "Let a computer in that waits", install_approve);
  about_one("decline", "Keep a computer out that waits", install_decline)
      ->add_option("--reason", options->reason, "Why; it is recorded")
      ->required();
  CLI::App* label =
      command("label", "Say by which labels rollouts count a computer, or all of a customer", install_label);
  label->add_option("install", options->id, "Its id; or --customer and --product");
  label->add_option("--customer", options->tax_code, "Tax code");
  label->add_option("--product", options->product, "The product");
  label->add_option("--set", options->labels, "A label (pilot); once per label. Without any it has none from now on");
  about_one("retire", "End an install without another one in its place", install_retire)
      ->add_option("--reason", options->reason, "Why; it is recorded")
      ->required();
}

}  // namespace kip::cli
