#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <manifests/core/ids.hpp>

namespace kip {

/// A member of staff of a vendor: a person, never a machine or a team, since two of them have to be two people.
using PersonName = Slug<struct PersonTag>;

enum class StaffRole { publisher, approver, compliance, auditor, support, administrator };
using StaffRoles = std::set<StaffRole>;

/// What staff can do on a server; also the scopes of API tokens.
enum class StaffAction {
  read,
  evidence_export,
  acts_register,
  acts_confirm,
  promises_register,
  circumstances_record,
  waivers_approve,
  releases_publish,
  releases_approve,
  rollouts_stop,
  customers_import,
  installs_admit,
  service_record,
  alerts_manage,
  people_manage,
  own,  ///< what is one's own: password, sessions, tokens
};
using StaffActions = std::set<StaffAction>;

/// Who may do something. Format: docs/formats/staff.md, whose table is made from these.
struct ActionRule {
  StaffAction action;
  std::string_view name;   ///< "acts.register"
  std::string_view about;  ///< for people
  StaffRoles roles;
};

/// Of each action, in the order above.
const std::vector<ActionRule>& action_rules();
/// Each role, in the order above.
const std::vector<StaffRole>& staff_roles();
StaffRoles every_role();

std::string_view to_string(StaffRole role);
std::string_view to_string(StaffAction action);
/// Errors: malformed, with what may be written.
Result<StaffRole> parse_staff_role(std::string_view text);
Result<StaffAction> parse_staff_action(std::string_view text);

/// What somebody with these roles may do.
StaffActions actions_of(const StaffRoles& roles);

/// A member of staff as events tell of them.
struct StaffMember {
  PersonName name;
  StaffRoles roles;
  std::set<std::string> officer_keys = {};   ///< ids of the TUF keys that are theirs, where they are release officers
  Instant since = {};                        ///< when the person was added
  bool removed = false;                      ///< gone: nothing is taken from them, and the name is not given again
  std::optional<PersonName> successor = {};  ///< who took over what they had asked for

  bool operator==(const StaffMember&) const = default;
};

/// "staff:NAME", as events name who caused them.
std::string staff_actor(const PersonName& name);

}  // namespace kip
