#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <manifests/core/instant.hpp>
#include <signing/storage/file_system.hpp>

namespace kip::tuf {

/// What is wrong with a repository, or soon will be.
struct Finding {
  enum class Weight {
    error,    ///< clients fail, or will not see all of it
    warning,  ///< they will, unless somebody acts within 30 days
    note,     ///< harmless
  };

  Weight weight = Weight::error;
  std::string text;
};

struct RepositoryReport {
  std::vector<Finding> findings;
  /// Every file that a client may still ask for, relative to the folder: all roots, and what the snapshots name that
  /// have not expired, targets included.
  std::set<std::string> live;
  std::size_t roles = 0;    ///< that list targets
  std::size_t targets = 0;  ///< that the current snapshot leads to

  /// Whether there is no error among the findings.
  bool is_sound() const;
};

/// Reads through a repository with consistent snapshots as it is served (metadata/ and targets/ below the folder): the
/// chain of roots from the first, signatures, hashes, versions and expiry of each role, and every target's bytes.
/// Faults of the repository are findings; errors are those of the file system. Source: TUF 5, 6.
Result<RepositoryReport> check_repository(FileSystem& files, const std::filesystem::path& folder, Instant now);

/// Files below metadata/ and targets/ that nothing live names, relative to the folder, ascending.
Result<std::vector<std::string>> unnamed_files(FileSystem& files, const std::filesystem::path& folder,
                                               const RepositoryReport& report);

}  // namespace kip::tuf
