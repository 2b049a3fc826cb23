#pragma once

#include <CLI/CLI.hpp>

#include <signing/cli/api_client.hpp>

namespace kip::cli {

/// The options by which every command that speaks to a server finds it.
inline void add_server_options(CLI::App* command, ServerOptions& options) {
  command->add_option("--server", options.url, "Base URL of the vendor's server")->group("Server");
  command->add_option("--tenant", options.tenant, "The vendor's name there")->group("Server");
  command->add_option("--token-file", options.token_file, "File (0600) with your API token")->group("Server");
  command->add_option("--config", options.config, "Settings file with the three (or the variable KIP_CONFIG)")
      ->group("Server");
}

}  // namespace kip::cli
