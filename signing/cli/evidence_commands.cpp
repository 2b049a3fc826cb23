#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <manifests/evidence/history_text.hpp>
#include <signing/cli/calendar_folder.hpp>
#include <signing/cli/commands.hpp>
#include <signing/cli/context.hpp>
#include <signing/cli/render.hpp>
#include <signing/cli/server_options.hpp>
#include <signing/evidence/certificate.hpp>
#include <signing/evidence/evidence_check.hpp>
#include <signing/storage/atomic_file.hpp>

namespace kip::cli {
namespace {

constexpr std::uint64_t kMaxHistories = 16U << 20U;
constexpr unsigned kPrivateFile = 0600;
/// Nothing comes before the server has checked the whole bundle itself.
constexpr std::chrono::minutes kPatience(15);

struct ExportOptions {
  ServerOptions server;
  std::int64_t obligation = 0;
  std::string customer;
  bool all = false;
  std::string out;
};

struct VerifyOptions {
  std::string bundle;
  std::string policy;
  std::string calendars;
  std::vector<std::string> heads;
  std::string certificate;
  std::string customer;
  std::string language = "vi";
};

Result<std::string> scope_query(const ExportOptions& options) {
  const int given = (options.obligation > 0 ? 1 : 0) + (options.customer.empty() ? 0 : 1) + (options.all ? 1 : 0);
  if (given != 1) return fail(ErrorCode::usage, "give one of --obligation, --customer and --all");
  if (options.all) return std::string("?scope=all");
  if (options.obligation > 0) return fmt::format("?obligation={}", options.obligation);
  KIP_TRY(const TaxCode code, TaxCode::parse(options.customer));
  return "?customer=" + code.str();
}

/// Customers and their computers stand in it: for its owner's eyes until it is handed on.
Result<void> evidence_export(Context& context, const ExportOptions& options) {
  KIP_TRY(const std::string query, scope_query(options));
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server, kPatience));
  KIP_TRY(const Bytes bundle, api.get_file("/evidence" + query, kMaxEvidence));
  KIP_TRY(const EvidenceFiles files, parse_evidence(bundle));
  KIP_TRY_VOID(check_sums(files));
  KIP_TRY_VOID(replace_file(context.files, options.out, bundle, kPrivateFile));
  context.print({fmt::format("Wrote {}: {} files, {} bytes. Check it with \"kip evidence verify {} --trust POLICY\".",
                             options.out, files.size(), bundle.size(), options.out)},
                json::Object{{"bundle", options.out},
                             {"files", static_cast<std::int64_t>(files.size())},
                             {"bytes", static_cast<std::int64_t>(bundle.size())}});
  return {};
}

/// What follows from the bundle to whoever believes the policy, about one customer.
Result<void> write_certificate(Context& context, const VerifyOptions& options, const EvidenceReport& report,
                               const CalendarBook& calendars) {
  KIP_TRY(const TaxCode customer, TaxCode::parse(options.customer));
  KIP_TRY(const Language language, parse_language(options.language));
  KIP_TRY(const Bytes page, make_certificate(report, {customer, language}, calendars));
  return replace_file(context.files, options.certificate, page, kPrivateFile);
}

Result<std::vector<LogHeads>> read_kept_heads(FileSystem& files, const std::vector<std::string>& paths,
                                              const TenantId& tenant) {
  std::vector<LogHeads> out;
  for (const std::string& path : paths) {
    KIP_TRY(const Bytes bytes, read_file(files, path, LogHeads::kMaxBytes, Links::follow));
    auto heads = parse_log_heads(bytes);
    if (!heads) return fail_while(path, heads.error());
    if (heads->tenant != tenant) {
      return fail(ErrorCode::usage, fmt::format("{} is about the logs of {}, and the policy is about {}", path,
                                                heads->tenant.str(), tenant.str()));
    }
    out.push_back(*std::move(heads));
  }
  return out;
}

/// What is wrong with the bundle is an answer; what is wrong with the question is not.
Result<void> evidence_verify(Context& context, const VerifyOptions& options) {
  KIP_TRY(const TrustPolicy policy, read_trust_policy(context.files, options.policy));
  KIP_TRY(const CalendarBook calendars, open_calendars(context.files, options.calendars));
  KIP_TRY(const auto kept, read_kept_heads(context.files, options.heads, policy.tenant));
  const auto zones = system_zone_database();
  const auto files = read_evidence(context.files, options.bundle);
  if (!files && files.error().code != ErrorCode::malformed) return Unexpected(files.error());
  if (!files) {
    context.answer_no(options.bundle, files.error());
    return {};
  }
  const EvidenceReport report = check_evidence(*files, policy, {calendars, *zones, context.clock.now()}, kept);
  if (report.kept_heads && !report.kept_heads->was_compared()) {
    return fail(ErrorCode::usage,
                "no head in what --heads names is signed by a log of this bundle: it was changed, or is of other logs");
  }
  // What could not be judged is told below.
  if (!options.certificate.empty() && report.installs)
    KIP_TRY_VOID(write_certificate(context, options, report, calendars));
  std::vector<std::string> lines = report_lines(report);
  lines.push_back(report.holds() ? "valid: everything that was looked at holds, and the verdicts are as claimed"
                                 : "not valid: see the lines that say WRONG");
  context.print(lines, to_json(report));
  context.no = !report.holds();
  return {};
}

std::vector<std::string> stamp_lines(const json::Value& status) {
  std::vector<std::string> out{fmt::format("O has {} entries", number_of(status, "entries"))};
  const json::Value* last = status.find("last");
  out.push_back(last == nullptr
                    ? "No stamp was asked for yet; are authorities in the server's settings?"
                    : fmt::format("The first {} of them, wanted stamped {}: {}", number_of(*last, "entries"),
                                  text_of(*last, "wanted_at"), text_of(*last, "state")));
  for (const json::Value& one : list_of(status, "newest")) {
    const json::Value* independent = one.find("independent");
    out.push_back(fmt::format("  {}: last stamped {} entries at {}{}", text_of(one, "authority"),
                              number_of(one, "entries"), text_of(one, "time"),
                              independent != nullptr && *independent == json::Value(true) ? "" : ", NOT INDEPENDENT"));
  }
  for (const json::Value& one : list_of(status, "open")) {
    const std::string_view next = text_of(one, "next_at");
    out.push_back(fmt::format("  {}: {}{}{} {}", text_of(one, "authority"), text_of(one, "state"),
                              next.empty() ? "" : ", asked again ", next, text_of(one, "problem")));
  }
  return out;
}

Result<void> evidence_stamps(Context& context, const ServerOptions& server) {
  KIP_TRY(ApiClient api, ApiClient::open(context, server));
  KIP_TRY(const json::Value status, api.get("/stamps"));
  context.print(stamp_lines(status), status);
  return {};
}

Result<void> evidence_judge(Context& context, const std::string& path) {
  KIP_TRY(const Bytes text, read_file(context.files, path, kMaxHistories, Links::follow));
  const auto histories = parse_histories(text);
  if (!histories) return fail_while(path, histories.error());
  std::vector<std::string> lines;
  json::Array values;
  for (const NamedHistory& history : *histories) {
    for (const NamedJudgement& judged : judge_history(history)) {
      lines.push_back(judgement_line(judged));
      values.emplace_back(lines.back());
    }
  }
  context.print(lines, json::Object{{"judgements", std::move(values)}});
  return {};
}

void add_bundle_commands(CLI::App* evidence, Context& context) {
  const auto exporting = std::make_shared<ExportOptions>();
  CLI::App* made = evidence->add_subcommand("export", "Fetch a bundle that proves what can be proven, as one tar file");
  made->add_option("--obligation", exporting->obligation, "About one obligation and every customer of it");
  made->add_option("--customer", exporting->customer, "About one customer, by tax code, and its obligations");
  made->add_flag("--all", exporting->all, "About everything; shows all that was recorded");
  made->add_option("--out", exporting->out, "The bundle")->required();
  add_server_options(made, exporting->server);
  made->callback([&context, exporting] { context.finish(evidence_export(context, *exporting)); });
  const auto verifying = std::make_shared<VerifyOptions>();
  CLI::App* verify =
      evidence->add_subcommand("verify",
                               "Check a bundle by what you believe and nothing else, without a network. Exit status 0 "
                               "where everything holds and "
                               "the verdicts are as claimed, 1 where not; 2 and above where that could not be asked");
  verify->add_option("bundle", verifying->bundle, "The bundle")->required();
  verify->add_option("--trust", verifying->policy, "Whom you believe (docs/formats/trust-policy.md)")->required();
  verify->add_option("--calendars", verifying->calendars,
                     "Folder with calendars to count by, before the built-in ones");
  verify->add_option("--heads", verifying->heads,
                     "What an install has kept of the vendor's log (kip-updater log export); may be given again");
  auto* page = verify->add_option("--certificate", verifying->certificate,
                                  "Write a certificate of timeliness, a page in HTML, by what you believe");
  auto* customer = verify->add_option("--customer", verifying->customer, "For whom, by tax code")->needs(page);
  page->needs(customer);
  verify->add_option("--lang", verifying->language, "en, vi, hu or zh")->needs(page)->capture_default_str();
  verify->callback([&context, verifying] { context.finish(evidence_verify(context, *verifying)); });
}

}  // namespace

void add_evidence_commands(CLI::App& app, Context& context) {
  const auto path = std::make_shared<std::string>();
  CLI::App* evidence = app.add_subcommand("evidence", "Whether limits were kept, by what is proven");
  evidence->require_subcommand(1);
  add_bundle_commands(evidence, context);
  const auto server = std::make_shared<ServerOptions>();
  CLI::App* stamps =
      evidence->add_subcommand("stamps", "How far the log has been stamped, and which authority is silent");
  add_server_options(stamps, *server);
  stamps->callback([&context, server] { context.finish(evidence_stamps(context, *server)); });
  CLI::App* judge = evidence->add_subcommand(
      "judge",
      "Judge histories that are written down as text (docs/formats/verdict.md): what would be proven, if it was so");
  judge->add_option("file", *path, "The histories")->required();
  judge->callback([&context, path] { context.finish(evidence_judge(context, *path)); });
}

}  // namespace kip::cli
