#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include <signing/crypto/secret.hpp>

namespace kip::server {

/// How a PostgreSQL server is reached, and which of its databases is meant.
struct PostgresOptions {
  std::string host;  ///< a name, an address, or the folder of a socket, which begins with /
  int port = 5432;
  std::string database = "kip";
  std::string user = "kip";
  SecretBytes password = {};     ///< empty where none is asked for
  bool is_encrypted = true;      ///< by TLS, with a certificate of that name; never over a socket
  std::string ca_file = {};      ///< whose certificates are believed, PEM
  std::size_t connections = 16;  ///< at most
  /// At most, for a connection, for the right to write, and for the server to answer a newcomer.
  std::chrono::milliseconds patience = std::chrono::seconds(10);
  /// At most, without any sign of the server, once somebody waits for all answers (Store::expect_prompt_answers()).
  /// Longer than `patience`, during which the server itself waits for others that write.
  std::chrono::milliseconds silence = std::chrono::seconds(12);
  /// For how long nobody asks a server that was out of reach.
  std::chrono::milliseconds pause = std::chrono::seconds(3);
  /// Is told why the database was out of reach, with names of machines, which errors do not have. Called by any thread.
  std::function<void(std::string_view why)> report = [](std::string_view) {};
};

}  // namespace kip::server
