#pragma once

#include <manifests/model/event.hpp>
#include <server/domain/unit_of_work.hpp>

namespace kip::server {

/// Lets the tables of people and tokens follow an event; nothing where it is about something else. Errors: malformed;
/// not_found for a person or token that is not there; conflict for a name or token that is.
Result<void> project_staff(const Event& event, Projection& to);

/// For a person who is to be added. Errors: usage for the name by which the record of events means the server itself.
Result<void> expect_name_of_person(const PersonName& name);

/// Who belongs to the staff now. Errors: not_found, also for who was removed.
Result<StaffMember> require_person(Projection& from, const PersonName& name);

}  // namespace kip::server
