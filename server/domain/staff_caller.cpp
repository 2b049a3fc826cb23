#include <algorithm>

#include <fmt/format.h>

#include <server/domain/staff_caller.hpp>

namespace kip::server {
namespace {

/// What somebody may do now, by the roles of this moment.
Result<StaffCaller> caller_of(UnitOfWork& unit, const PersonName& name, const std::optional<StaffActions>& scopes,
                              const Sha256Digest& proof) {
  KIP_TRY(const auto person, unit.projection().people.find(name));
  if (!person || person->removed) return not_recognised();
  StaffActions actions = actions_of(person->roles);
  if (scopes) std::erase_if(actions, [&](StaffAction action) { return !scopes->contains(action); });
  return StaffCaller{name, std::move(actions), {}, proof, false, scopes.has_value()};
}

}  // namespace

Unexpected not_recognised() {
  return fail(
      ErrorCode::denied,
      "this needs a valid token or session of a member of staff (Authorization: Bearer kip_…); a token may have "
      "expired or been ended");
}

Result<void> StaffCaller::expect_may(StaffAction action) const {
  if (may(action)) return {};
  std::string roles;
  for (const ActionRule& rule : action_rules()) {
    if (rule.action != action) continue;
    for (const StaffRole role : rule.roles)
      roles += fmt::format("{}{}", roles.empty() ? "" : " or ", to_string(role));
  }
  return fail(ErrorCode::denied, fmt::format("{} may not do this here: it needs the action {}, which the role {} "
                                             "gives, within the scopes of the token",
                                             person.str(), to_string(action), roles));
}

Result<StaffCaller> caller_by(UnitOfWork& unit, const Sha256Digest& proof, bool is_session, Instant now) {
  if (is_session) {
    KIP_TRY(const auto session, unit.sessions().find(proof));
    if (!session || session->expires <= now) return not_recognised();
    KIP_TRY(StaffCaller out, caller_of(unit, session->person, {}, proof));
    out.credential = "session:" + session->id();
    out.is_session = true;
    return out;
  }
  KIP_TRY(const auto token, unit.projection().tokens.find(proof));
  if (!token || !token->is_good(now)) return not_recognised();
  KIP_TRY(StaffCaller out, caller_of(unit, token->person, token->scopes, proof));
  out.credential = "token:" + token->id();
  out.expires = token->expires;
  return out;
}

Result<void> expect_admitted(UnitOfWork& unit, const Admission& admission, Instant now) {
  KIP_TRY(const StaffCaller caller, caller_by(unit, admission.proof, admission.is_session, now));
  return caller.expect_may(admission.action);
}

}  // namespace kip::server
