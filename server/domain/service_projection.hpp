#pragma once

#include <manifests/model/event.hpp>
#include <server/domain/unit_of_work.hpp>

namespace kip::server {

/// Lets promises about service, requests and inspections follow an event; as project(), whose part this is.
/// Errors: malformed for a body that is not what its type asks for; those of ServiceCase and of the tables.
Result<void> project_service(const Event& event, std::int64_t index, Projection& to);

}  // namespace kip::server
