#include <set>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <manifests/model/act_import.hpp>
#include <manifests/model/commitment.hpp>
#include <manifests/model/terms.hpp>
#include <signing/cli/commands.hpp>
#include <signing/cli/render.hpp>
#include <signing/cli/server_options.hpp>

namespace kip::cli {
namespace {

constexpr std::uint64_t kMaxInput = 16U << 20U;

struct ActOptions {
  ServerOptions server;
  std::string file;
  std::string country = "VN";
  std::string issuer;
  std::string number;
  std::optional<int> year;
  std::string kind = "circular";
  std::string signed_on;
  std::string gazetted_on;
  std::string effective_on;
  std::vector<std::string> changes;
  std::vector<std::string> forms;
  std::vector<std::string> replaces;
  std::vector<std::string> products;
  std::vector<std::string> regimes;
  std::vector<std::string> vat_methods;
  std::vector<std::string> trades;
  std::vector<std::string> parts;
  std::vector<std::string> amends;
  std::string aware_on;
  std::string title;
  std::string note;
  std::string source;
  bool dry_run = false;
  bool confirm = false;
  bool skip_undated = false;
};

json::Value texts(const std::vector<std::string>& list) {
  return json::Array(list.begin(), list.end());
}

Result<json::Value> date_json(const std::string& text) {
  KIP_TRY(const LegalDate date, parse_human_date(text));
  return json::Value(format_date(date));
}

/// Builds the same JSON that a file would hold, so that one reader judges both.
Result<Act> act_from_options(const ActOptions& options) {
  if (options.signed_on.empty()) {
    return fail(ErrorCode::usage,
                "when was the act signed? every time limit starts there: give --signed-on YYYY-MM-DD or dd/mm/yyyy");
  }
  if (options.issuer.empty() || options.number.empty() || options.changes.empty()) {
    return fail(ErrorCode::usage, "give the act's --issuer, --number and what it --changes, or a file with --file");
  }
  json::Object act{{"format", "kip.act/1.1"},  {"country", options.country}, {"issuer", options.issuer},
                   {"number", options.number}, {"kind", options.kind},       {"changes", texts(options.changes)}};
  KIP_TRY(act["signed_on"], date_json(options.signed_on));
  act["year"] = options.year.value_or(std::stoi(act["signed_on"].as_text()->substr(0, 4)));
  if (!options.gazetted_on.empty()) {
    KIP_TRY(act["gazetted_on"], date_json(options.gazetted_on));
  }
  if (!options.effective_on.empty()) {
    KIP_TRY(act["effective_on"], date_json(options.effective_on));
  }
  if (!options.title.empty()) act["title"] = options.title;
  if (!options.note.empty()) act["note"] = options.note;
  if (!options.source.empty()) act["confidence"] = options.source;
  if (!options.forms.empty()) act["forms"] = texts(options.forms);
  if (!options.replaces.empty()) act["replaces"] = texts(options.replaces);
  if (!options.aware_on.empty()) {
    KIP_TRY(act["aware_on"], date_json(options.aware_on));
  }
  if (!options.parts.empty()) act["parts"] = texts(options.parts);
  if (!options.amends.empty()) act["amends"] = texts(options.amends);
  act["applies_to"] = json::Object{{"products", texts(options.products)},
                                   {"regimes", texts(options.regimes)},
                                   {"vat_methods", texts(options.vat_methods)},
                                   {"trades", texts(options.trades)}};
  return read_act(std::move(act));
}

Result<void> act_add(Context& context, const ActOptions& options) {
  std::optional<Act> act;
  if (options.file.empty()) {
    KIP_TRY(act, act_from_options(options));
  } else {
    KIP_TRY(const Bytes bytes, read_file(context.files, options.file, kMaxInput, Links::follow));
    auto parsed = parse_act(bytes);
    if (!parsed) return fail_while(options.file, std::move(parsed).error());
    act = *std::move(parsed);
  }
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.post("/acts", to_json(*act)));
  const json::Value* created = answer.find("created");
  const bool is_new = created == nullptr || created->as_bool() == nullptr || *created->as_bool();
  std::vector<std::string> lines = {fmt::format(
      "{} {}, signed {}.", is_new ? "Registered" : "Known already:", act->key.str(), format_date(act->signed_on))};
  for (const json::Value& warning : list_of(answer, "warnings"))
    lines.push_back(fmt::format("warning: {}", text_of(warning, "message")));
  const json::Value obligations(list_of(answer, "obligations"));
  const auto deadlines = render_deadlines(obligations);
  lines.insert(lines.end(), deadlines.begin(), deadlines.end());
  if (deadlines.empty()) lines.emplace_back("  No commitment covers it: no time limit runs.");
  context.print(lines, answer);
  return {};
}

/// A second person's list: what agrees is confirmed by it.
Result<void> compare_acts(Context& context, ApiClient& api, json::Array acts) {
  const std::size_t count = acts.size();
  KIP_TRY(const json::Value answer, api.post("/acts/comparison", json::Object{{"acts", std::move(acts)}}));
  std::vector<std::string> lines;
  for (const json::Value& date : list_of(answer, "disputed")) {
    lines.push_back(fmt::format("disputed: {} {} on {} by this list; see kip act show, and confirm one of the days",
                                text_of(date, "act"), text_of(date, "date"), text_of(date, "day")));
  }
  lines.push_back(fmt::format("{} acts compared: {} dates confirmed, {} confirmed before, {} disputed.", count,
                              number_of(answer, "confirmed"), number_of(answer, "confirmed_before"),
                              list_of(answer, "disputed").size()));
  if (const auto own = number_of(answer, "own"); own > 0) {
    lines.push_back(fmt::format("{} dates were stated by yourself: another person has to confirm them.", own));
  }
  if (const auto stated = number_of(answer, "stated"); stated > 0) {
    lines.push_back(fmt::format("{} dates were stated by nobody before: another person has to confirm them.", stated));
  }
  context.print(lines, answer);
  return {};
}

Result<void> act_import(Context& context, const ActOptions& options) {
  KIP_TRY(const Bytes bytes, read_file(context.files, options.file, kMaxInput, Links::follow));
  const ActImportOptions how{options.skip_undated};
  auto imported = options.file.ends_with(".json") ? import_acts_json(bytes, how) : import_acts_tsv(bytes, how);
  if (!imported) return fail_while(options.file, std::move(imported).error());
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  json::Array acts;
  for (const Act& act : imported->items)
    acts.push_back(to_json(act));
  if (options.confirm) return compare_acts(context, api, std::move(acts));
  KIP_TRY(const json::Value answer,
          api.post("/acts/import", json::Object{{"acts", std::move(acts)}, {"dry_run", options.dry_run}}));
  std::vector<std::string> lines;
  for (const RowWarning& row : imported->warnings)
    lines.push_back(fmt::format("row {}: warning: {}", row.row, row.warning.message));
  for (const RowIssue& row : imported->skipped)
    lines.push_back(fmt::format("row {}: left out: {}", row.row, row.message));
  // What the file alone does not show; once for each issuer.
  std::set<std::string> said;
  for (const json::Value& act : list_of(answer, "acts")) {
    for (const json::Value& warning : list_of(act, "warnings")) {
      if (text_of(warning, "code") == "issuer-unknown" && said.emplace(text_of(warning, "message")).second)
        lines.push_back(fmt::format("warning: {}", text_of(warning, "message")));
    }
  }
  lines.push_back(fmt::format("{}{} acts: {} new, {} known already.",
                              options.dry_run ? "Dry run, nothing changed: " : "", imported->items.size(),
                              number_of(answer, "added"), number_of(answer, "unchanged")));
  context.print(lines, answer);
  return {};
}

Result<void> act_list(Context& context, const ActOptions& options) {
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.get_list("/acts", "acts"));
  std::vector<std::string> lines;
  for (const json::Value& act : list_of(answer, "acts")) {
    lines.push_back(fmt::format("{}:{}:{}  {}  signed {}  effective {}", text_of(act, "issuer"), text_of(act, "number"),
                                number_of(act, "year"), text_of(act, "kind"), text_of(act, "signed_on"),
                                text_of(act, "effective_on").empty() ? "not known" : text_of(act, "effective_on")));
  }
  context.print(lines, answer);
  return {};
}

/// Whether a file names that format.
bool is_terms(const Bytes& bytes) {
  const auto value = json::parse(bytes);
  return value && text_of(*value, "format").starts_with("kip.terms/");
}

Result<void> terms_import(Context& context, const ActOptions& options, const Bytes& bytes) {
  const auto terms = parse_terms(bytes);
  if (!terms) return fail_while(options.file, terms.error());
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.post("/terms", to_json(*terms)));
  context.print({fmt::format("{} commitments: {} new, {} known already.", terms->commitments.size(),
                             number_of(answer, "added"), number_of(answer, "unchanged")),
                 fmt::format("{} promises about service: {} new, {} known already.", terms->service_promises.size(),
                             number_of(answer, "promises_added"), number_of(answer, "promises_unchanged"))},
                answer);
  return {};
}

Result<void> commitment_import(Context& context, const ActOptions& options) {
  KIP_TRY(const Bytes bytes, read_file(context.files, options.file, kMaxInput, Links::follow));
  if (is_terms(bytes)) return terms_import(context, options, bytes);
  auto commitments = parse_commitments(bytes);
  if (!commitments) return fail_while(options.file, std::move(commitments).error());
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.post("/commitments", to_json(*commitments)));
  context.print({fmt::format("{} commitments: {} new, {} known already.", commitments->size(),
                             number_of(answer, "added"), number_of(answer, "unchanged"))},
                answer);
  return {};
}

Result<void> commitment_list(Context& context, const ActOptions& options) {
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.get_list("/commitments", "commitments"));
  std::vector<std::string> lines;
  for (const json::Value& item : list_of(answer, "commitments")) {
    lines.push_back(fmt::format("{}  {}  {}: \"{}\"", text_of(item, "id"), text_of(item, "product"),
                                text_of(item, "milestone"), text_of(item, "clause")));
  }
  context.print(lines, answer);
  return {};
}

void add_act_options(CLI::App* add, const std::shared_ptr<ActOptions>& options) {
  CLI::Option* const file =
      add->add_option("--file", options->file, "The act as kip.act/1 JSON, instead of the options below");
  // What a file says and what options say is not mixed.
  const auto alone = [file](CLI::Option* option) { option->excludes(file); };
  alone(add->add_option("--country", options->country, "VN, HU, CN (VN)")->check(CLI::IsMember({"VN", "HU", "CN"})));
  alone(add->add_option("--issuer", options->issuer, "Issuing body, as BTC"));
  alone(add->add_option("--number", options->number, "Number, as 99/2025/TT-BTC"));
  alone(add->add_option("--year", options->year, "Year of the number (that of signing)"));
  alone(add->add_option("--kind", options->kind, "circular, decision, decree, law, notice or schema (circular)"));
  alone(add->add_option("--signed-on", options->signed_on, "Day of signing"));
  alone(add->add_option("--gazetted-on", options->gazetted_on, "Day of publication in the gazette"));
  alone(add->add_option("--effective-on", options->effective_on, "Day of effect"));
  alone(add->add_option("--changes", options->changes,
                        "report-form, tax-form, accounting-operation, accounting-regime, business-rule")
            ->delimiter(','));
  alone(add->add_option("--form", options->forms, "Code of a form that it changes; may be repeated"));
  alone(add->add_option("--replaces", options->replaces, "An act that it replaces; may be repeated"));
  alone(add->add_option("--product", options->products, "Concerns only this product; may be repeated"));
  alone(add->add_option("--regime", options->regimes, "Concerns only customers of this regime; may be repeated"));
  alone(add->add_option("--vat-method", options->vat_methods,
                        "Concerns only customers of this VAT method; may be repeated"));
  alone(add->add_option("--trade", options->trades, "Concerns only customers of this trade; may be repeated"));
  alone(
      add->add_option("--part", options->parts, "A part that is delivered by itself, as xml-export; may be repeated"));
  alone(add->add_option("--amends", options->amends, "An act that it amends; may be repeated"));
  alone(add->add_option("--aware-on", options->aware_on, "Day on which the vendor learned of it (today)"));
  alone(add->add_option("--title", options->title, "Title"));
  alone(add->add_option("--note", options->note, "Note"));
  alone(add->add_option("--source", options->source, "Where the dates come from"));
}

}  // namespace

void add_act_commands(CLI::App& app, Context& context) {
  const auto options = std::make_shared<ActOptions>();
  const auto command = [&context, options](CLI::App* parent, const char* name, const char* help,
                                           Result<void> (*run)(Context&, const ActOptions&)) {
    CLI::App* made = parent->add_subcommand(name, help);
    add_server_options(made, options->server);
    made->callback([&context, options, run] { context.finish(run(context, *options)); });
    return made;
  };
  CLI::App* act = app.add_subcommand("act", "Register legal acts and see which time limits they start");
  act->require_subcommand(1);
  add_act_options(command(act, "add", "Register one act and explain each deadline", act_add), options);
  CLI::App* import = command(act, "import", "Register the acts of a TSV or JSON file, all or none", act_import);
  import->add_option("file", options->file, "FILE.tsv or FILE.json")->required();
  import->add_flag("--dry-run", options->dry_run, "Check everything, change nothing");
  import->add_flag("--skip-undated", options->skip_undated,
                   "Leave out rows without a day of signing instead of refusing the file");
  import
      ->add_flag("--confirm", options->confirm,
                 "The acts are registered by another person: confirm each date that agrees, and show the others")
      ->excludes("--dry-run");
  command(act, "list", "List the registered acts", act_list);

  CLI::App* commitment = app.add_subcommand("commitment", "The promises of the vendor's service terms");
  commitment->require_subcommand(1);
  command(commitment, "import", "Add the promises of a file", commitment_import)
      ->add_option("file", options->file, "kip.commitments/1 or kip.terms/1 JSON")
      ->required();
  command(commitment, "list", "List them", commitment_list);
}

}  // namespace kip::cli
