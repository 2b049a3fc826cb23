#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <manifests/model/log_entry.hpp>
#include <signing/log/checkpoint.hpp>

namespace kip {

/// The body of "log.restarted". Format: docs/formats/event.md.
struct LogsRestarted {
  struct Start {
    LogLife life;
    std::string previous_origin;
    Bytes previous_head;   ///< the last checkpoint that is known of the life before, a note; empty where there is none
    Bytes kept_head = {};  ///< of what is still there of that life, where that is shorter

    /// Of as much of the life before as can be shown.
    const Bytes& shown_head() const { return kept_head.empty() ? previous_head : kept_head; }
  };

  std::vector<Start> logs;
  std::string reason;  ///< empty where it is read from O, which has nobody's words
};

/// The body of "log.head-recorded": R as it was when O was given to the authorities. `head`: its checkpoint, a note.
json::Value head_recorded_body(const tlog::Note& head);
/// Errors: malformed.
Result<tlog::Note> read_head_recorded(const json::Value& body);

/// The body of "timestamp.recorded".
struct TimestampRecorded {
  Bytes checkpoint;  ///< its text, which the token is about
  std::string authority;
  Bytes token;                         ///< RFC 3161, DER
  std::chrono::microseconds accuracy;  ///< the token's, else what the authority's policy promises
  bool independent = false;            ///< as the server's settings have it; each verifier decides for itself
};

json::Value timestamp_recorded_body(const TimestampRecorded& recorded);
/// Errors: malformed.
Result<TimestampRecorded> read_timestamp_recorded(const json::Value& body);

/// A head of R that an entry of O names.
struct NamedHead {
  tlog::Note note;
  bool ends_life = false;  ///< another life begins with that entry
  std::uint64_t lost = 0;  ///< entries behind it that were published, where it ends a life
};

/// Nothing where the entry names none. Errors: malformed.
Result<std::optional<NamedHead>> private_head_in(const LogEntry& entry);

/// Of a checkpoint, whoever has signed it. Errors: malformed.
Result<tlog::TreeHead> tree_head_in(BytesView note);

json::Value logs_restarted_body(const LogsRestarted& restarted);
/// Errors: malformed.
Result<LogsRestarted> read_logs_restarted(const json::Value& body);

}  // namespace kip
