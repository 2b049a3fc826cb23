#pragma once

#include <array>
#include <string>
#include <vector>

#include <client-updater/update/install.hpp>
#include <client-updater/update/narrator.hpp>

namespace kip::updater {

/// What a file of the version in use is, beside what its manifest says.
enum class FileVerdict {
  intact,
  edited,     ///< an editable file with the customer's content
  corrupted,  ///< a managed file with another content, kind or executable bit
  missing,
  foreign,  ///< in no manifest: the customer's, or left beside an edited or replaced file
};
constexpr std::size_t kFileVerdicts = 5;

/// "corrupted", for people and machines.
std::string_view to_string(FileVerdict verdict);

struct AuditFinding {
  std::string path;  ///< as the file system has it; may be any bytes for a foreign file
  FileVerdict verdict = FileVerdict::intact;
  bool repaired = false;
};

struct AuditResult {
  static constexpr std::size_t kMaxFindings = 10'000;

  Target version;
  std::filesystem::path tree;
  std::array<std::size_t, kFileVerdicts> counts = {};  ///< by FileVerdict, before any repair
  std::vector<AuditFinding> findings = {};             ///< all but the intact ones, by path; cut at kMaxFindings
  std::size_t repaired = 0;
  std::optional<Error> not_repaired = {};  ///< why repairing ended before its end

  std::size_t count(FileVerdict verdict) const { return counts.at(static_cast<std::size_t>(verdict)); }
  /// Corrupted or missing, and still so.
  std::size_t damaged() const { return count(FileVerdict::corrupted) + count(FileVerdict::missing) - repaired; }
};

/// Compares every file of the version in use with its manifest. With `repair`, corrupted and missing ones are brought
/// back, each whole or not at all: from what is kept here where that is right, else from the vendor's package, which is
/// verified as for an update. Edited and foreign files are left alone. Begins with the recovery of what a crash has
/// interrupted. Errors: not_found where no version is in use; those of the file system. Those of repairing, which are
/// those of an update, stand in the result.
Result<AuditResult> audit(Install& install, const Narrator& narrator, bool repair);

}  // namespace kip::updater
