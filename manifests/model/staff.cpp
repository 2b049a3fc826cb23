#include <algorithm>

#include <manifests/codec/choice.hpp>
#include <manifests/model/staff.hpp>

namespace kip {
namespace {

constexpr Choices<StaffRole, 6> kRoles{{{StaffRole::publisher, "publisher"},
                                        {StaffRole::approver, "approver"},
                                        {StaffRole::compliance, "compliance"},
                                        {StaffRole::auditor, "auditor"},
                                        {StaffRole::support, "support"},
                                        {StaffRole::administrator, "administrator"}}};

std::vector<ActionRule> make_rules() {
  using enum StaffRole;
  const StaffRoles everybody{publisher, approver, compliance, auditor, support, administrator};
  return {
      {StaffAction::read, "read", "see every list and page of the vendor, and the record of events", everybody},
      {StaffAction::evidence_export, "evidence.export", "export evidence bundles", {compliance, auditor}},
      {StaffAction::acts_register,
       "acts.register",
       "register acts, say their dates and what became of them, dispose of numbers that are none",
       {publisher, compliance}},
      {StaffAction::acts_confirm,
       "acts.confirm",
       "confirm dates and decisions that another person has stated",
       {approver, compliance}},
      {StaffAction::promises_register, "promises.register", "register commitments and terms", {compliance}},
      {StaffAction::circumstances_record,
       "circumstances.record",
       "ask that an obligation be waived; say what an authority has not delivered",
       {compliance}},
      {StaffAction::waivers_approve, "waivers.approve", "approve what another person has asked for", {approver}},
      {StaffAction::releases_publish,
       "releases.publish",
       "upload packages, hand in what officers signed and how it is rolled out",
       {publisher}},
      {StaffAction::releases_approve,
       "releases.approve",
       "approve what another person has handed in, so that it is published; resume what was stopped",
       {approver}},
      {StaffAction::rollouts_stop,
       "rollouts.stop",
       "stop a rollout, alone and at once; decline what was handed in",
       {publisher, approver, compliance, support}},
      {StaffAction::customers_import,
       "customers.import",
       "import customers and their contracts",
       {compliance, support}},
      {StaffAction::installs_admit,
       "installs.admit",
       "make enrolment codes, replace and label installs, take in receipts that came as a file",
       {support}},
      {StaffAction::service_record,
       "service.record",
       "record calls, answers, visits, inspections and mail that came back",
       {support}},
      {StaffAction::alerts_manage,
       "alerts.manage",
       "send a test alert, have a dead delivery tried again",
       {compliance, administrator}},
      {StaffAction::people_manage, "people.manage", "add, change and remove people, end their tokens", {administrator}},
      {StaffAction::own, "own", "one's own password, sessions and tokens", everybody},
  };
}

}  // namespace

const std::vector<ActionRule>& action_rules() {
  static const std::vector<ActionRule> rules = make_rules();
  return rules;
}

const std::vector<StaffRole>& staff_roles() {
  static const std::vector<StaffRole> roles = [] {
    std::vector<StaffRole> out;
    for (const auto& row : kRoles)
      out.push_back(row.value);
    return out;
  }();
  return roles;
}

StaffRoles every_role() {
  return {staff_roles().begin(), staff_roles().end()};
}

std::string_view to_string(StaffRole role) {
  return choice_text(kRoles, role);
}

std::string_view to_string(StaffAction action) {
  const auto& rules = action_rules();
  const auto found =
      std::find_if(rules.begin(), rules.end(), [&](const ActionRule& rule) { return rule.action == action; });
  KIP_CHECK(found != rules.end());
  return found->name;
}

Result<StaffRole> parse_staff_role(std::string_view text) {
  return parse_choice(kRoles, "a role", text);
}

Result<StaffAction> parse_staff_action(std::string_view text) {
  std::string allowed;
  for (const ActionRule& rule : action_rules()) {
    if (rule.name == text) return rule.action;
    allowed += (allowed.empty() ? "" : ", ") + std::string(rule.name);
  }
  return fail(ErrorCode::malformed,
              "\"" + std::string(text.substr(0, 40)) + "\" is not an action of staff; use one of " + allowed);
}

StaffActions actions_of(const StaffRoles& roles) {
  StaffActions out;
  for (const ActionRule& rule : action_rules()) {
    const bool one = std::any_of(roles.begin(), roles.end(), [&](StaffRole role) { return rule.roles.contains(role); });
    if (one) out.insert(rule.action);
  }
  return out;
}

std::string staff_actor(const PersonName& name) {
  return "staff:" + name.str();
}

}  // namespace kip
