#pragma once

#include <optional>
#include <string>

#include <signing/fetch/http_client.hpp>
#include <signing/log/log_files.hpp>

namespace kip {

/// The files of a log that is served below that URL. Errors: as HttpClient::send(); not_found and others by the status.
/// The client must outlive it.
tlog::LogFileReader files_behind(HttpClient& http, std::string url);

/// Whether a log is for everybody with its entries, or its tiles alone, as Kịp's R is.
enum class LogEntries { served, kept };

/// What check_log() has found to hold.
struct LogReport {
  tlog::Checkpoint checkpoint;
  std::uint64_t entries = 0;  ///< that were read and hashed; 0 for a log that keeps them to itself
};

/// Looks at all of a log: that its leaves have the root of its checkpoint, that its entries, where it serves them, are
/// those leaves, and that it extends an earlier checkpoint of it. Reads every file once; memory does not grow with the
/// log. Errors: signature and integrity for what does not hold or is gone; those of the reader.
Result<LogReport> check_log(const tlog::LogFileReader& read, const tlog::NoteKey& key, std::string_view origin,
                            LogEntries entries, const std::optional<tlog::Checkpoint>& earlier);

/// A proof for one entry, with the log's checkpoint. Errors: usage where the log has no such entry; integrity; those of
/// the reader.
Result<tlog::EntryProof> prove_entry(const tlog::LogFileReader& read, const tlog::NoteKey& key, std::string_view origin,
                                     std::uint64_t index);

}  // namespace kip
