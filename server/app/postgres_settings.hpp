#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <signing/config/settings.hpp>

namespace kip::server {

/// What [postgresql] says. There is none without postgresql.host.
struct PostgresSettings {
  std::string host;
  int port;
  std::string database;
  std::string user;
  std::optional<std::filesystem::path> password_file;
  bool is_encrypted;
  std::filesystem::path ca_file;
  std::size_t connections;
};

/// Errors: usage for what does not go together: another machine without encryption.
Result<std::optional<PostgresSettings>> read_postgres_settings(const Settings& in);

}  // namespace kip::server
