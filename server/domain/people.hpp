#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <server/domain/access.hpp>
#include <server/domain/login_throttle.hpp>
#include <server/domain/pending.hpp>
#include <server/domain/repository_store.hpp>

namespace kip::server {

/// The right to set a password, as it is shown once.
struct NewInvitation {
  std::string invitation;  ///< "kipi_" and 43 characters
  Instant expires;
};

/// A role of published metadata in which an officer's key stands.
struct OfficerDuty {
  std::string key_id;
  std::string role;            ///< "root", "targets", "product-forms"
  std::int64_t threshold = 0;  ///< how many signatures it needs
  std::size_t keys = 0;        ///< of how many

  bool operator==(const OfficerDuty&) const = default;
};

/// What hangs on a person.
struct Dependents {
  std::vector<TokenRecord> tokens;     ///< that are good
  std::size_t sessions = 0;            ///< that are good
  std::vector<OfficerDuty> duties;     ///< which only the officers can take from them, by new metadata
  std::vector<PendingMatter> pending;  ///< theirs and those of whom they have succeeded
};

/// Who belongs to the staff, and by which roles. Thread-safe.
class People {
 public:
  /// All must outlive it.
  People(Store& store, const Recorder& recorder, RepositoryStore& repository, LoginThrottle& throttle)
      : store_(store), recorder_(recorder), repository_(repository), throttle_(throttle) {}

  /// Also those who were removed, by name.
  Result<std::vector<StaffMember>> all() const;

  /// Also of those who were removed.
  Result<std::optional<StaffMember>> find(const PersonName& person) const;

  /// Errors: conflict where the name is taken or was; usage without a role.
  Result<NewInvitation> add(const Actor& actor, const StaffMember& person);

  /// Gives a person other roles and officer's keys. Errors: not_found; denied where somebody gives themselves a role;
  /// conflict where nobody would be administrator any more; usage without a role; rollback where `still` is given and
  /// says no to what the person is at that moment.
  Result<void> change(const Actor& actor, const StaffMember& person,
                      const std::function<bool(const StaffMember&)>& still = {});

  /// For who has forgotten the password, or never had one: it is void from now on, sessions end, and no wait is left.
  /// Errors: not_found.
  Result<NewInvitation> invite(const Actor& actor, const PersonName& person);

  /// Errors: not_found.
  Result<Dependents> dependents(const PersonName& person) const;

  /// Ends tokens and sessions; what the person has asked for is the successor's from now on, who answers for it and
  /// cannot approve it. Returns what hung on the person: officers' keys still do. Errors: not_found, also of the
  /// successor; conflict where nobody would be administrator any more; denied for oneself; usage where something is
  /// pending and no successor is named, or the successor is the person.
  Result<Dependents> remove(const Actor& actor, const PersonName& person, const std::string& reason,
                            const std::optional<PersonName>& successor);

 private:
  Result<Dependents> dependents_in(UnitOfWork& unit, const StaffMember& person) const;
  Result<NewInvitation> invite_in(UnitOfWork& unit, const Actor& actor, const PersonName& person);

  Store& store_;
  const Recorder& recorder_;
  RepositoryStore& repository_;
  LoginThrottle& throttle_;
};

}  // namespace kip::server
