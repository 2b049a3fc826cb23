#include <fmt/format.h>

#include <client-updater/app/bundle_commands.hpp>
#include <client-updater/app/running.hpp>
#include <client-updater/update/bundle.hpp>
#include <client-updater/update/receipt_files.hpp>

namespace kip::updater {
namespace {

json::Object to_json_members(const ExportResult& result) {
  return {{"file", result.file.string()}, {"exported", result.exported}, {"left", result.left}};
}

std::string in_words(const ExportResult& result) {
  std::string line =
      fmt::format("{} receipts are written to {}: send that file to the vendor", result.exported, result.file.string());
  if (result.left > 0) line += fmt::format(" ({} more wait until these are acknowledged)", result.left);
  return line;
}

/// Nothing where no receipt waits.
Result<std::optional<ExportResult>> write_receipts(const Arguments& arguments, Install& install) {
  KIP_TRY(const OutboxCounts counts, install.ports().store.counts());
  if (counts.pending == 0) return std::optional<ExportResult>();
  const std::filesystem::path beside = arguments.file.parent_path() / receipts_file_name(install.enrolment());
  KIP_TRY(ExportResult result, export_receipts(install, arguments.receipts.empty() ? beside : arguments.receipts));
  return std::optional(std::move(result));
}

Output describe_applied(const BundleResult& result) {
  Output out = describe(result.update);
  const OfflineStatement& said = result.statement;
  out.value["bundle"] = json::Object{{"version", said.version.str()},
                                     {"created_at", format_instant(said.created_at)},
                                     {"valid_until", format_instant(said.valid_until)}};
  if (result.update.offer.kind == OfferKind::skipped)
    out.lines.emplace_back("with this bundle: kip-updater bundle apply FILE --again");
  return out;
}

Output describe_claims(const BundleClaims& claims) {
  Output out;
  const OfflineStatement& said = claims.statement;
  std::uint64_t octets = 0;
  json::Array entries;
  for (const BundleEntry& entry : claims.index.entries) {
    octets += entry.size;
    entries.push_back(json::Object{{"path", entry.path.str()}, {"size", static_cast<std::int64_t>(entry.size)}});
  }
  out.lines = {fmt::format("an offline bundle of {} for {}: version {}", said.tenant.str(), said.product.str(),
                           said.version.str()),
               fmt::format("made {}, good until {}", format_instant(said.created_at), format_instant(said.valid_until)),
               fmt::format("{} files with {} bytes, whole as its own list says", claims.index.entries.size(), octets),
               "who signed it is not verified here: kip-updater bundle apply does that"};
  out.value = {{"result", "not-verified"},
               {"tenant", said.tenant.str()},
               {"product", said.product.str()},
               {"version", said.version.str()},
               {"manifest", said.manifest.hex()},
               {"created_at", format_instant(said.created_at)},
               {"valid_until", format_instant(said.valid_until)},
               {"entries", std::move(entries)}};
  return out;
}

}  // namespace

Result<void> run_bundle_apply(const Arguments& arguments) {
  KIP_TRY(const auto session, Session::open(arguments, Session::Access::exclusive));
  ProgressBar bar(session->clock());
  const Narrator narrator = narrator_for(arguments, session->settings(), bar);
  const auto applied = apply_bundle(session->ports(), session->layout(), narrator, {arguments.file, arguments.again});
  bar.wipe();
  KIP_TRY(Install install, Install::open(session->ports(), session->layout()));
  const auto receipts = write_receipts(arguments, install);
  if (!applied) {
    if (receipts && *receipts && !arguments.json) print(arguments, {{in_words(**receipts)}, {}});
    return Unexpected(applied.error());
  }
  Output output = describe_applied(*applied);
  if (receipts && *receipts) {
    output.lines.push_back(in_words(**receipts));
    output.value["receipts"] = to_json_members(**receipts);
  }
  print(arguments, output);
  if (receipts) return {};
  return fail_while(
      "the bundle is dealt with, but the file of receipts for the vendor could not be written (kip-updater receipts "
      "export --out FILE writes it elsewhere)",
      receipts.error());
}

Result<void> run_bundle_inspect(const Arguments& arguments) {
  PosixFileSystem files;
  KIP_TRY(const BundleClaims claims, inspect_bundle(files, arguments.file));
  print(arguments, describe_claims(claims));
  return {};
}

Result<void> run_receipts_export(const Arguments& arguments) {
  KIP_TRY(const auto session, Session::open(arguments, Session::Access::exclusive));
  KIP_TRY(Install install, Install::open(session->ports(), session->layout()));
  KIP_TRY(const ExportResult result, export_receipts(install, arguments.file));
  Output output{{in_words(result)}, to_json_members(result)};
  output.value["result"] = "exported";
  print(arguments, output);
  return {};
}

Result<void> run_receipts_acknowledge(const Arguments& arguments) {
  KIP_TRY(const auto session, Session::open(arguments, Session::Access::exclusive));
  KIP_TRY(Install install, Install::open(session->ports(), session->layout()));
  KIP_TRY(const AcknowledgeResult result, take_acknowledgements(install, arguments.file));
  print(arguments, {{fmt::format("{} receipts are acknowledged ({} were before), {} still wait", result.acknowledged,
                                 result.known, result.kept)},
                    {{"result", "acknowledged"},
                     {"acknowledged", result.acknowledged},
                     {"known", result.known},
                     {"kept", result.kept}}});
  return {};
}

}  // namespace kip::updater
