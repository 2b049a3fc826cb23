#include <manifests/codec/choice.hpp>
#include <manifests/codec/reader.hpp>
#include <server/domain/rollout_records.hpp>

namespace kip::server {
namespace {

constexpr std::size_t kMaxReason = 1000;
constexpr Choices<ProposalState, 5> kStates{{{ProposalState::waiting, "waiting"},
                                             {ProposalState::approved, "approved"},
                                             {ProposalState::published, "published"},
                                             {ProposalState::declined, "declined"},
                                             {ProposalState::withdrawn, "withdrawn"}}};

Result<ProposedRelease> read_release(const json::Value& value) {
  json::ObjectReader in(value, "release");
  auto product = in.parsed("product", ProductId::parse);
  auto version = in.parsed("version", Version::parse);
  const bool is_new = in.boolean("new");
  KIP_TRY_VOID(in.finish());
  return ProposedRelease{*std::move(product), *std::move(version), is_new};
}

json::Array rollouts_json(const std::vector<Rollout>& rollouts) {
  json::Array out;
  for (const Rollout& rollout : rollouts)
    out.push_back(to_json(rollout));
  return out;
}

}  // namespace

std::string_view to_string(ProposalState state) {
  return choice_text(kStates, state);
}

Result<ProposalState> parse_proposal_state(std::string_view text) {
  return parse_choice(kStates, "a state of a proposal", text);
}

bool speaks_against(InstallState state) {
  return state == InstallState::failed || state == InstallState::rejected || state == InstallState::rolled_back ||
         state == InstallState::held;
}

bool ProgressRecord::is_done() const {
  return is_in_use(state);
}

bool ProgressRecord::is_under_way() const {
  return state == InstallState::downloaded || state == InstallState::verified || state == InstallState::applying;
}

json::Value proposal_made_body(const Proposal& proposal) {
  json::Array releases;
  for (const ProposedRelease& one : proposal.releases) {
    releases.push_back(
        json::Object{{"product", one.product.str()}, {"version", one.version.str()}, {"new", one.is_new}});
  }
  json::Object out{{"proposal", proposal.id.str()},
                   {"reason", proposal.reason},
                   {"releases", std::move(releases)},
                   {"rollouts", rollouts_json(proposal.rollouts)},
                   {"instead_of", rollouts_json(proposal.instead_of)}};
  if (proposal.content) out["content"] = proposal.content->hex();
  return out;
}

Result<Proposal> read_proposal_made(const json::Value& body, std::string made_by, Instant made_at) {
  json::ObjectReader in(body, "proposal");
  auto id = in.parsed("proposal", ProposalId::parse);
  std::string reason = in.text("reason", kMaxReason);
  const auto content = in.optional_parsed("content", Sha256Digest::parse);
  auto releases = in.each("releases", read_release);
  auto rollouts = in.each("rollouts", read_rollout);
  auto instead_of = in.each("instead_of", read_rollout);
  KIP_TRY_VOID(in.finish());
  return Proposal{*std::move(id),      std::move(made_by),   made_at, std::move(reason), content, std::move(releases),
                  std::move(rollouts), std::move(instead_of)};
}

json::Value proposal_decided_body(const ProposalDecision& decision) {
  return json::Object{
      {"proposal", decision.proposal.str()}, {"decision", to_string(decision.state)}, {"reason", decision.reason}};
}

Result<ProposalDecision> read_proposal_decided(const json::Value& body) {
  json::ObjectReader in(body, "decision");
  auto id = in.parsed("proposal", ProposalId::parse);
  const auto state = in.parsed("decision", parse_proposal_state);
  std::string reason = in.text("reason", kMaxReason);
  KIP_TRY_VOID(in.finish());
  return ProposalDecision{*std::move(id), *state, std::move(reason)};
}

json::Value install_labelled_body(const InstallLabels& labels) {
  return json::Object{{"install", labels.install.str()}, {"labels", to_json(labels.labels)}};
}

Result<InstallLabels> read_install_labelled(const json::Value& body) {
  json::ObjectReader in(body, "labels of an install");
  auto install = in.parsed("install", InstallId::parse);
  auto labels = read_labels(in.array("labels"));
  if (!labels) in.refuse("labels", labels.error().message);
  KIP_TRY_VOID(in.finish());
  return InstallLabels{*std::move(install), *std::move(labels)};
}

json::Value to_json(const Proposal& proposal) {
  json::Value out = proposal_made_body(proposal);
  json::Object& members = *out.as_object();
  members["made_by"] = proposal.made_by;
  members["made_at"] = format_instant(proposal.made_at);
  members["state"] = to_string(proposal.state);
  if (!proposal.decided_at) return out;
  members["decided_by"] = proposal.decided_by;
  members["decided_at"] = format_instant(*proposal.decided_at);
  members["decision_reason"] = proposal.decision_reason;
  return out;
}

Result<Proposal> read_proposal(const json::Value& value) {
  json::ObjectReader in(value, "proposal");
  std::string made_by = in.text("made_by");
  const auto made_at = in.parsed("made_at", parse_instant);
  const auto state = in.parsed("state", parse_proposal_state);
  std::string decided_by = in.optional_text("decided_by").value_or("");
  const auto decided_at = in.optional_parsed("decided_at", parse_instant);
  std::string decision_reason = in.optional_text("decision_reason", kMaxReason).value_or("");
  KIP_TRY_VOID(in.finish());
  KIP_TRY(Proposal out, read_proposal_made(value, std::move(made_by), *made_at));
  out.state = *state;
  out.decided_by = std::move(decided_by);
  out.decided_at = decided_at;
  out.decision_reason = std::move(decision_reason);
  return out;
}

}  // namespace kip::server
