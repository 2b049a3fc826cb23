#pragma once

#include <optional>
#include <string>
#include <vector>

#include <server/domain/leaf_table.hpp>

namespace kip::server {

/// The body of "log.restarted". Format: docs/formats/event.md.
struct LogsRestarted {
  struct Start {
    LogLife life;
    std::string previous_origin;
    Bytes previous_head;  ///< the last checkpoint that is known of the life before, a note; empty where there is none
  };

  std::vector<Start> logs;
  std::string reason;
};

json::Value logs_restarted_body(const LogsRestarted& restarted);
/// Errors: malformed.
Result<LogsRestarted> read_logs_restarted(const json::Value& body);

}  // namespace kip::server
