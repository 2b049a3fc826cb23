#include <algorithm>

#include <fmt/format.h>

#include <manifests/core/printable.hpp>
#include <manifests/deadline/explain.hpp>
#include <server/http/api_json.hpp>
#include <server/http/rollout_json.hpp>

namespace kip::server {
namespace {

json::Array lines(std::vector<std::string> texts) {
  return {texts.begin(), texts.end()};
}

/// Every language, so that whoever shows it chooses.
void put_explanation(json::Object& out, const ObligationView& view) {
  if (!view.due) return;
  json::Object explanation;
  json::Object warnings;
  for (const Language language : kLanguages) {
    explanation.emplace(to_string(language), lines(explain(*view.due, language)));
    warnings.emplace(to_string(language), lines(explain_warnings(*view.due, language)));
  }
  out["explanation"] = std::move(explanation);
  out["warnings"] = std::move(warnings);
}

json::Object versions_json(const RoleVersions& versions) {
  json::Object out;
  for (const auto& [role, version] : versions)
    out[role] = version;
  return out;
}

}  // namespace

Result<json::Value> read_members(const Call& call, std::initializer_list<std::string_view> members) {
  KIP_TRY(json::Value body, json::parse(call.body));
  const json::Object* object = body.as_object();
  if (object == nullptr) return fail(ErrorCode::malformed, "the body is not a JSON object");
  for (const auto& [name, value] : *object) {
    if (std::find(members.begin(), members.end(), name) == members.end()) {
      return fail(ErrorCode::malformed,
                  fmt::format("\"{}\" is not one of {}", printable_line(name.substr(0, 60)), fmt::join(members, ", ")));
    }
  }
  return body;
}

json::Value obligation_json(const BoardEntry& entry) {
  json::Value out = to_json(entry.view);
  put_explanation(*out.as_object(), entry.view);
  return out;
}

json::Value brief_obligation_json(const BoardEntry& entry) {
  const ObligationView& view = entry.view;
  json::Object out{{"number", view.number},
                   {"commitment", view.commitment.str()},
                   {"product", view.product.str()},
                   {"milestone", to_string(view.milestone)},
                   {"state", to_string(view.state)}};
  if (!view.reason.empty()) out["reason"] = view.reason;
  if (view.target) out["target"] = format_date(*view.target);
  if (view.due) {
    out["due"] = format_instant(view.due->due);
    out["last_day"] = format_date(view.due->last_day);
  }
  put_explanation(out, view);
  return out;
}

json::Value warnings_json(const std::vector<Warning>& warnings) {
  json::Array out;
  for (const Warning& warning : warnings)
    out.push_back(json::Object{{"code", warning.code}, {"message", warning.message}});
  return out;
}

json::Value act_json(const RegisteredAct& registered) {
  json::Array obligations;
  for (const BoardEntry& entry : registered.obligations)
    obligations.push_back(brief_obligation_json(entry));
  return json::Object{{"act", to_json(registered.act)},
                      {"created", registered.created},
                      {"warnings", warnings_json(registered.warnings)},
                      {"obligations", std::move(obligations)}};
}

json::Value install_json(const InstallRecord& install) {
  json::Object out{{"install", install.id.str()},
                   {"tax_code", install.customer.str()},
                   {"product", install.product.str()},
                   {"label", install.label},
                   {"standing", to_string(install.standing)},
                   {"disputed", install.disputed},
                   {"enrolled", format_instant(install.enrolled)},
                   {"key_id", install.key.id()},
                   {"last_sequence", install.last_sequence},
                   {"missing_receipts", install.missing}};
  if (!install.labels.empty()) out["labels"] = to_json(install.labels);
  if (install.replaced_by) out["replaced_by"] = install.replaced_by->str();
  if (install.report) {
    out["state"] = to_string(install.report->state);
    out["version"] = install.report->version.str();
    out["reported_at"] = format_instant(install.report->received);
  }
  return out;
}

json::Value waiting_json(const WaitingInstall& install) {
  return json::Object{
      {"install", install.id.str()}, {"tax_code", install.customer.str()},     {"product", install.product.str()},
      {"label", install.label},      {"asked", format_instant(install.asked)}, {"key_id", install.key.id()}};
}

json::Value published_json(const Published& published) {
  json::Array releases;
  for (const PublicationRecord& release : published.releases) {
    releases.push_back(json::Object{{"product", release.product.str()},
                                    {"version", release.version.str()},
                                    {"published_at", format_instant(release.published_at)}});
  }
  json::Array rollouts;
  for (const Rollout& rollout : published.rollouts)
    rollouts.push_back(to_json(rollout));
  json::Object out{{"published", std::move(releases)},
                   {"versions", versions_json(published.versions)},
                   {"rollouts", std::move(rollouts)}};
  add_warnings(out, published.warnings);
  return out;
}

json::Value state_json(const RepositoryState& state) {
  json::Array roots;
  for (const Bytes& root : state.roots)
    roots.push_back(to_base64(root));
  json::Object documents{{"root", std::move(roots)}};
  if (state.targets) documents["targets"] = to_base64(*state.targets);
  for (const auto& [role, bytes] : state.delegated)
    documents[role] = to_base64(bytes);
  return json::Object{{"documents", std::move(documents)}, {"versions", versions_json(state.versions)}};
}

}  // namespace kip::server
