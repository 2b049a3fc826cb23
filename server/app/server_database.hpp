#pragma once

#include <memory>

#include <server/app/server_settings.hpp>
#include <server/domain/unit_of_work.hpp>
#include <signing/storage/file_system.hpp>

namespace kip::server {

/// The database that the settings name, brought to the newest form. Errors: not_found where no server has begun it;
/// those of the stores; denied where everybody can read the password.
Result<std::unique_ptr<Store>> open_database(FileSystem& files, const ServerSettings& settings);

/// A new one there. Errors: the same; conflict where there is one already.
Result<std::unique_ptr<Store>> begin_database(FileSystem& files, const ServerSettings& settings);

}  // namespace kip::server
