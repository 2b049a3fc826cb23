#pragma once

#include <filesystem>

#include <client-updater/update/install.hpp>

namespace kip::updater {

struct ExportResult {
  std::filesystem::path file;
  std::int64_t exported = 0;
  std::int64_t left = 0;  ///< more than one file may hold: for the next one, once these are acknowledged
};

/// Writes the receipts that wait for an acknowledgement, oldest first, into a file that can travel by mail or post; it
/// takes the place of an earlier one of this install. They stay in the outbox. Errors: not_found where there is nothing
/// to report, and nothing is written; conflict where something else has that name; those of the file system.
Result<ExportResult> export_receipts(Install& install, const std::filesystem::path& out);

/// "kip-receipts-INSTALL.json".
std::filesystem::path receipts_file_name(const Enrolment& enrolment);

struct AcknowledgeResult {
  std::int64_t acknowledged = 0;
  std::int64_t known = 0;  ///< were acknowledged before
  std::int64_t kept = 0;   ///< still wait
};

/// Takes what came back for such a file, each acknowledgement as a whole and only where it is the server's signature
/// over exactly receipts of this install's chain. Errors: integrity where one is about others; conflict where the file
/// is for another install, or a place in the server's log is that of another event; those of read_acknowledgement():
/// then those before it were taken.
Result<AcknowledgeResult> take_acknowledgements(Install& install, const std::filesystem::path& file);

}  // namespace kip::updater
