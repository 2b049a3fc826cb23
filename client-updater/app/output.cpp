#include <fmt/format.h>

#include <client-updater/app/output.hpp>
#include <manifests/core/printable.hpp>
#include <manifests/core/unicode.hpp>

namespace kip::updater {
namespace {

std::string version_or(const std::optional<Target>& target, std::string_view otherwise) {
  return target ? target->version.str() : std::string(otherwise);
}

std::string reason_of(const std::optional<Rollout>& rollout) {
  return !rollout || rollout->reason.empty() ? std::string() : fmt::format(" ({})", printable_line(rollout->reason));
}

std::string offer_line(const CheckResult& result) {
  const std::string version = result.release ? result.release->version.str() : "";
  const std::string in_use = version_or(result.current, "none");
  switch (result.kind) {
    case OfferKind::nothing_published:
      return "the vendor has not rolled out any release yet";
    case OfferKind::up_to_date:
      return fmt::format("up to date: version {} is in use", version);
    case OfferKind::older:
      return fmt::format("the vendor rolls out version {} now, version {} is in use; to go back: kip-updater rollback",
                         version, in_use);
    case OfferKind::paused:
      return fmt::format("the vendor has paused version {}{}; version {} stays in use", version,
                         reason_of(result.rollout), in_use);
    case OfferKind::not_yet:
      if (!result.from) return fmt::format("version {} goes to other installs first; this one is to wait", version);
      return fmt::format("version {} goes to other installs first; it comes to this one on {}", version,
                         format_instant(*result.from));
    case OfferKind::not_for_us:
      return fmt::format("version {} is meant for other installs; version {} stays in use", version, in_use);
    case OfferKind::skipped:
      return fmt::format(
          "version {} was left by a rollback: it is not installed again by itself, a newer one will be; "
          "to install it after all: kip-updater update --again",
          version);
    case OfferKind::available:
      return fmt::format("version {} is available, version {} is in use; to install it: kip-updater update", version,
                         in_use);
  }
  return {};
}

void add_offer(Output& out, const CheckResult& result) {
  if (result.release) {
    out.value["offered"] = to_json(Target{result.release->version, result.release->manifest});
    out.value["notes"] = json::Object(result.release->notes.begin(), result.release->notes.end());
    out.value["acts"] = json::Array(result.release->acts.begin(), result.release->acts.end());
  }
  if (result.from) out.value["from"] = format_instant(*result.from);
  if (result.current) out.value["in_use"] = to_json(*result.current);
  add_log(out, result.log);
  if (result.warning.empty()) return;
  out.value["warning"] = result.warning;
  out.lines.push_back("warning: " + result.warning);
}

std::string_view waiting_words(Waiting waiting) {
  switch (waiting) {
    case Waiting::window:
      return "for the next maintenance window (schedule.windows)";
    case Waiting::filing_day:
      return "for the end of filing days (schedule.filing_days)";
    case Waiting::deferred:
      return "it was put off (kip-updater defer --cancel takes that back)";
    case Waiting::vendors_window:
      return "for the next window of the vendor's rollout";
    case Waiting::nothing:
      break;
  }
  return {};
}

void add_notes(Output& out, const Release& release) {
  for (const auto& [language, note] : release.notes)
    out.lines.push_back(fmt::format("  {}: {}", language, note));
}

std::string how_fetched(const std::optional<Fetched>& fetched) {
  if (!fetched) return {};
  return fmt::format("; {} of {} bytes", fetched->by_delta ? "by a delta" : "by its package", fetched->octets);
}

void add_fetched(Output& out, const std::optional<Fetched>& fetched) {
  if (!fetched) return;
  out.value["downloaded"] = json::Object{{"what", fetched->by_delta ? "delta" : "package"},
                                         {"bytes", static_cast<std::int64_t>(fetched->octets)}};
}

void add_exceptions(Output& out, const std::vector<std::string>& kept_edited) {
  if (kept_edited.empty()) return;
  out.value["exceptions"] = json::Array(kept_edited.begin(), kept_edited.end());
  for (const std::string& path : kept_edited)
    out.lines.push_back(
        printable_line(fmt::format("edited here, so it stays: {}; the vendor's new one is beside it, as {}{}", path,
                                   path, PackageManifest::kBesideEnding)));
}

}  // namespace

Output describe(const EnrolResult& result) {
  const Enrolment& enrolment = result.enrolment;
  Output out;
  out.lines.push_back(fmt::format("{} with {} for {}, as install {}", result.already ? "enrolled before" : "enrolled",
                                  enrolment.tenant.str(), enrolment.product.str(), enrolment.install.str()));
  out.value = {{"result", result.already ? "already-enrolled" : "enrolled"},
               {"install", enrolment.install.str()},
               {"tenant", enrolment.tenant.str()},
               {"product", enrolment.product.str()},
               {"customer", enrolment.customer},
               {"label", enrolment.label}};
  return out;
}

void add_adopted(Output& output, const std::optional<Target>& adopted, const std::filesystem::path& folder) {
  if (adopted) {
    output.lines.push_back(
        fmt::format("{} holds version {}, whole: it is in use from now on", folder.string(), adopted->version.str()));
    output.value["adopted"] = to_json(*adopted);
    return;
  }
  output.lines.push_back(
      fmt::format("{} holds no version of the vendor's whole; the first update puts one there, and "
                  "keeps files that it replaces as NAME.kip-old",
                  folder.string()));
}

Output describe(const RestoreResult& result, const EnrolResult& enrolled) {
  Output out = describe(enrolled);
  const std::string replaced = result.replaced ? result.replaced->id.str() : "";
  if (result.replaced) {
    out.lines.push_back(fmt::format("it takes the place of install {}, whose key counts no more", replaced));
    out.value["replaced"] = replaced;
    if (result.replaced->in_use) out.value["recorded"] = to_json(*result.replaced->in_use);
  }
  if (!result.reason.empty()) out.value["reason"] = result.reason;
  if (!result.current) {
    out.value["result"] = to_string(result.offer->kind);
    out.lines.push_back(fmt::format("no version was restored: {}", result.reason));
    out.lines.push_back("instead of it: " + offer_line(*result.offer));
    return out;
  }
  const std::string version = result.current->version.str();
  out.value["in_use"] = to_json(*result.current);
  add_fetched(out, result.fetched);
  if (result.reason.empty()) {
    out.value["result"] = "restored";
    out.lines.push_back(
        fmt::format("version {} is in use {}, as it was there{}; to look for a newer one: kip-updater "
                    "check",
                    version, result.before ? "already" : "again", how_fetched(result.fetched)));
    return out;
  }
  out.value["result"] = result.before ? "in-use" : "installed";
  out.lines.push_back(fmt::format("version {} is in use{}, and not what is recorded: {}", version,
                                  how_fetched(result.fetched), result.reason));
  return out;
}

Output describe(const CheckResult& result) {
  Output out;
  out.value["result"] = to_string(result.kind);
  out.lines.push_back(offer_line(result));
  if (result.kind == OfferKind::available) add_notes(out, *result.release);
  add_offer(out, result);
  return out;
}

Output describe(const UpdateResult& result) {
  Output out;
  const CheckResult& offer = result.offer;
  if (result.installed) {
    const Release& release = *offer.release;
    out.lines.push_back(fmt::format("version {} is installed and in use (before: {}{})", release.version.str(),
                                    version_or(offer.current, "none"), how_fetched(result.fetched)));
    add_exceptions(out, result.kept_edited);
    add_notes(out, release);
    out.value["result"] = result.kept_edited.empty() ? "installed" : "installed_with_exceptions";
    out.value["in_use"] = to_json(Target{release.version, release.manifest});
    add_fetched(out, result.fetched);
    if (offer.current) out.value["before"] = to_json(*offer.current);
    add_log(out, offer.log);
    return out;
  }
  if (result.waiting != Waiting::nothing) {
    out = describe(offer);
    out.value["waiting"] = to_string(result.waiting);
    out.lines.push_back(fmt::format("it waits: {}", waiting_words(result.waiting)));
    return out;
  }
  if (!result.stopped_by_vendor) return describe(offer);
  out.lines.push_back(fmt::format("the vendor stopped version {} just before it was put in use; version {} stays",
                                  offer.release->version.str(), version_or(offer.current, "none")));
  out.value["result"] = "stopped";
  add_offer(out, offer);
  return out;
}

Output describe(const RollbackResult& result) {
  Output out;
  out.lines.push_back(
      fmt::format("version {} is in use again; version {} is not installed by itself until a newer "
                  "release comes (kip-updater update --again installs it)",
                  result.current.version.str(), result.left.version.str()));
  out.value = {{"result", "rolled-back"}, {"in_use", to_json(result.current)}, {"left", to_json(result.left)}};
  return out;
}

Output describe(const AuditResult& result) {
  Output out;
  json::Array findings;
  for (const AuditFinding& finding : result.findings) {
    const std::string shown = printable_line(finding.path);
    out.lines.push_back(
        fmt::format("{:<10} {}{}", to_string(finding.verdict), shown, finding.repaired ? " (repaired)" : ""));
    findings.push_back(json::Object{{"path", is_utf8(finding.path) ? finding.path : shown},
                                    {"verdict", to_string(finding.verdict)},
                                    {"repaired", finding.repaired}});
  }
  json::Object counts;
  std::string summary;
  for (std::size_t index = 0; index < kFileVerdicts; ++index) {
    const auto name = to_string(static_cast<FileVerdict>(index));
    counts.emplace(name, static_cast<std::int64_t>(result.counts.at(index)));
    summary += fmt::format("{}{} {}", summary.empty() ? "" : ", ", result.counts.at(index), name);
  }
  out.lines.push_back(fmt::format("version {} in {}: {}{}", result.version.version.str(), result.tree.string(), summary,
                                  result.repaired == 0 ? "" : fmt::format("; {} repaired", result.repaired)));
  out.value = {{"result", result.damaged() == 0 ? "whole" : "damaged"},
               {"version", to_json(result.version)},
               {"tree", result.tree.string()},
               {"counts", std::move(counts)},
               {"findings", std::move(findings)},
               {"repaired", static_cast<std::int64_t>(result.repaired)}};
  return out;
}

Output describe(const ResumeResult& result) {
  Output out;
  out.lines.push_back(fmt::format("this install is no longer held; in use: {}", version_or(result.current, "none")));
  out.value["result"] = "resumed";
  if (result.current) out.value["in_use"] = to_json(*result.current);
  return out;
}

Output describe(const DeferResult& result) {
  const auto& [version, until, reason] = result.deferral;
  Output out;
  out.value = {
      {"result", "deferred"}, {"version", version.str()}, {"until", format_instant(until)}, {"reason", reason}};
  out.lines.push_back(
      fmt::format("version {} is put off until {}; a person can install it before by kip-updater update", version.str(),
                  format_instant(until)));
  return out;
}

Output describe(const UndeferResult& result) {
  return {{result.was_deferred ? "nothing is put off any more" : "nothing was put off"},
          {{"result", result.was_deferred ? "no-longer-deferred" : "not-deferred"}}};
}

Output describe(const AttachResult& result) {
  const auto& [kind, location, attached_at, make] = result.database;
  Output out;
  out.value = to_json(result.database);
  out.value["result"] = result.repeated ? "already-attached" : "attached";
  out.value["migration"] = result.level;
  out.value["caught_up"] = result.caught_up;
  out.lines.push_back(
      fmt::format("the {} database {} is attached{}", kind, location, result.repeated ? ", and was so before" : ""));
  if (result.caught_up > 0) {
    out.lines.push_back(fmt::format("{} migration{} of the version in use {} caught up on; it is at migration {} now",
                                    result.caught_up, result.caught_up == 1 ? "" : "s",
                                    result.caught_up == 1 ? "was" : "were", result.level));
  }
  return out;
}

Output describe(const DetachResult& result) {
  Output out;
  out.value = to_json(result.database);
  out.value["result"] = "detached";
  out.lines.push_back(fmt::format("the {} database {} is no longer attached; its content is as it was",
                                  result.database.kind, result.database.location));
  return out;
}

Output describe(const std::vector<DatabaseStatus>& databases) {
  Output out;
  json::Array list;
  for (const DatabaseStatus& status : databases) {
    json::Object item = to_json(status.database);
    std::string state = status.failure;
    if (status.level) {
      item["migration"] = *status.level;
      state = *status.level == 0 ? "no migration yet" : fmt::format("migration {}", *status.level);
    } else {
      item["failure"] = status.failure;
    }
    list.push_back(std::move(item));
    out.lines.push_back(fmt::format("{}  {}  {}", status.database.kind, status.database.location, state));
  }
  if (databases.empty()) out.lines.emplace_back("no database is attached (kip-updater database attach KIND FILE)");
  out.value["databases"] = std::move(list);
  return out;
}

}  // namespace kip::updater
