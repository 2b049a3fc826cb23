#include <algorithm>

#include <fmt/format.h>

#include <server/domain/people.hpp>
#include <server/domain/sign_in.hpp>
#include <server/domain/staff_events.hpp>
#include <server/domain/staff_projection.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/tuf/metadata.hpp>
#include <signing/tuf/trusted_set.hpp>

namespace kip::server {
namespace {

constexpr std::chrono::hours kInvitationLife = std::chrono::days(7);
constexpr std::size_t kMaxOfficerKeys = 16;
constexpr std::size_t kMaxReason = 1000;
constexpr tuf::Limits kLimits;

Result<void> check_member(const StaffMember& person) {
  if (person.roles.empty()) {
    return fail(ErrorCode::usage,
                fmt::format("{} needs a role at least; to take all away, remove the person", person.name.str()));
  }
  if (person.officer_keys.size() > kMaxOfficerKeys) {
    return fail(ErrorCode::usage, fmt::format("nobody has more than {} officer's keys", kMaxOfficerKeys));
  }
  return {};
}

/// Without `leaving` as administrator, somebody else has to be one.
Result<void> expect_another_administrator(UnitOfWork& unit, const StaffMember& leaving) {
  if (!leaving.roles.contains(StaffRole::administrator)) return {};
  KIP_TRY(const auto people, unit.projection().people.all());
  const bool another = std::any_of(people.begin(), people.end(), [&](const StaffMember& one) {
    return one.name != leaving.name && !one.removed && one.roles.contains(StaffRole::administrator);
  });
  if (another) return {};
  return fail(ErrorCode::conflict,
              fmt::format("{} is the only administrator; make another person one first", leaving.name.str()));
}

void add_duty(std::string_view role, const tuf::Role& signers, const std::set<std::string>& keys,
              std::vector<OfficerDuty>& out) {
  for (const std::string& id : signers.key_ids) {
    if (keys.contains(id)) out.push_back({id, std::string(role), signers.threshold, signers.key_ids.size()});
  }
}

/// Where these keys stand in what is published.
Result<std::vector<OfficerDuty>> duties_of(RepositoryStore& repository, const std::set<std::string>& keys) {
  std::vector<OfficerDuty> out;
  if (keys.empty()) return out;
  KIP_TRY(const tuf::RepositoryFiles files, repository.current());
  if (files.root) {
    KIP_TRY(const tuf::Document document, tuf::parse_document(*files.root, kLimits.root_bytes));
    KIP_TRY(const tuf::Root root, tuf::read_root(document.body));
    for (const auto& [name, role] : root.roles)
      add_duty(name, role, keys, out);
  }
  if (files.targets) {
    KIP_TRY(const tuf::Document document, tuf::parse_document(*files.targets, kLimits.targets_bytes));
    KIP_TRY(const tuf::Targets targets, tuf::read_targets(document.body));
    for (const tuf::DelegatedRole& delegated : targets.delegations)
      add_duty(delegated.name, delegated.role, keys, out);
  }
  return out;
}

bool is_oneself(const Actor& actor, const PersonName& person) {
  return actor.name == staff_actor(person);
}

}  // namespace

Result<std::vector<StaffMember>> People::all() const {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::read));
  return unit->projection().people.all();
}

Result<std::optional<StaffMember>> People::find(const PersonName& person) const {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::read));
  return unit->projection().people.find(person);
}

Result<NewInvitation> People::invite_in(UnitOfWork& unit, const Actor& actor, const PersonName& person) {
  std::string text = new_secret(kInvitationPrefix, recorder_.random());
  const Instant expires = recorder_.now() + kInvitationLife;
  // Recorded first: the session that is asked by may be one of those that end.
  KIP_TRY_VOID(recorder_.record(unit, event_type::kPersonInvited, actor, person_invited_body(person, expires)));
  KIP_TRY_VOID(unit.credentials().put({person, {}, Invitation{sha256(text), expires}}));
  KIP_TRY_VOID(unit.sessions().end_of(person));
  return NewInvitation{std::move(text), expires};
}

Result<NewInvitation> People::add(const Actor& actor, const StaffMember& person) {
  KIP_TRY_VOID(expect_name_of_person(person.name));
  KIP_TRY_VOID(check_member(person));
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY_VOID(recorder_.record(*unit, event_type::kPersonAdded, actor, person_body(person)));
  KIP_TRY(NewInvitation made, invite_in(*unit, actor, person.name));
  KIP_TRY_VOID(unit->commit());
  return made;
}

Result<void> People::change(const Actor& actor, const StaffMember& person,
                            const std::function<bool(const StaffMember&)>& still) {
  KIP_TRY_VOID(check_member(person));
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY(const StaffMember before, require_person(unit->projection(), person.name));
  if (still && !still(before)) {
    return fail(ErrorCode::rollback,
                fmt::format("{} has been changed meanwhile; look again and decide anew", person.name.str()));
  }
  const bool gains = !std::includes(before.roles.begin(), before.roles.end(), person.roles.begin(), person.roles.end());
  if (gains && is_oneself(actor, person.name)) {
    return fail(ErrorCode::denied, "nobody gives themselves a role; ask another administrator");
  }
  if (!person.roles.contains(StaffRole::administrator)) KIP_TRY_VOID(expect_another_administrator(*unit, before));
  KIP_TRY_VOID(recorder_.record(*unit, event_type::kPersonChanged, actor, person_body(person)));
  return unit->commit();
}

Result<NewInvitation> People::invite(const Actor& actor, const PersonName& person) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY_VOID(require_person(unit->projection(), person));
  KIP_TRY(NewInvitation made, invite_in(*unit, actor, person));
  KIP_TRY_VOID(unit->commit());
  throttle_.forget(person.str());
  return made;
}

Result<Dependents> People::dependents_in(UnitOfWork& unit, const StaffMember& person) const {
  Dependents out;
  const Instant now = recorder_.now();
  KIP_TRY(out.tokens, unit.projection().tokens.all());
  std::erase_if(out.tokens,
                [&](const TokenRecord& token) { return token.person != person.name || !token.is_good(now); });
  KIP_TRY(const auto sessions, unit.sessions().all());
  out.sessions =
      static_cast<std::size_t>(std::count_if(sessions.begin(), sessions.end(), [&](const SessionRecord& one) {
        return one.person == person.name && now < one.expires;
      }));
  KIP_TRY(out.duties, duties_of(repository_, person.officer_keys));
  KIP_TRY(const auto voices, voices_of(unit.projection(), person.name));
  KIP_TRY(out.pending, pending_of(unit.projection(), voices));
  return out;
}

Result<Dependents> People::dependents(const PersonName& name) const {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::read));
  KIP_TRY(const StaffMember person, require_person(unit->projection(), name));
  return dependents_in(*unit, person);
}

Result<Dependents> People::remove(const Actor& actor, const PersonName& name, const std::string& reason,
                                  const std::optional<PersonName>& successor) {
  if (reason.empty() || reason.size() > kMaxReason) {
    return fail(ErrorCode::usage, fmt::format("a reason of at most {} octets is needed", kMaxReason));
  }
  if (is_oneself(actor, name)) {
    return fail(ErrorCode::denied, "nobody removes themselves; ask another administrator");
  }
  if (successor == name) return fail(ErrorCode::usage, "nobody succeeds themselves");
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY(const StaffMember person, require_person(unit->projection(), name));
  if (successor) {
    KIP_TRY(const StaffMember next, require_person(unit->projection(), *successor));
    if (next.roles == StaffRoles{StaffRole::auditor}) {
      return fail(
          ErrorCode::usage,
          fmt::format("{} only reads and could do nothing about what waits: name somebody else", successor->str()));
    }
  }
  KIP_TRY_VOID(expect_another_administrator(*unit, person));
  KIP_TRY(Dependents hung, dependents_in(*unit, person));
  if (!hung.pending.empty() && !successor) {
    return fail(ErrorCode::usage, fmt::format("what {} has said waits for another person ({} in all, first \"{}\"); "
                                              "say who takes it over",
                                              name.str(), hung.pending.size(), hung.pending.front().subject));
  }
  KIP_TRY_VOID(unit->credentials().put({name}));
  KIP_TRY_VOID(unit->sessions().end_of(name));
  KIP_TRY_VOID(
      recorder_.record(*unit, event_type::kPersonRemoved, actor, person_removed_body({name, reason, successor})));
  KIP_TRY_VOID(unit->commit());
  return hung;
}

}  // namespace kip::server
