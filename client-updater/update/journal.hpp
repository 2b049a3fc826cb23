#pragma once

#include <functional>
#include <optional>
#include <vector>

#include <client-updater/update/state.hpp>
#include <manifests/model/package_manifest.hpp>

namespace kip::updater {

/// A regular file as the journal knows it.
struct FileState {
  Sha256Digest sha256;
  unsigned mode = 0;

  bool operator==(const FileState&) const = default;
};

/// One file that a switch changes: absent before where it is new, absent after where it goes.
struct JournalEntry {
  SafeRelativePath path;
  std::optional<FileState> before = {};
  std::optional<FileState> after = {};

  bool operator==(const JournalEntry&) const = default;
};

/// All that a switch of an in-place install changes, in the order in which it is done. Its file is the commit point:
/// once that is durable, the entries are done again after any interruption until all are. "kip.journal/1".
/// Format: docs/formats/install-folder.md
struct Journal {
  Target target;
  std::optional<Target> from = {};
  bool back = false;  ///< the entries are being undone
  std::vector<JournalEntry> entries = {};

  bool operator==(const Journal&) const = default;
};

Bytes to_bytes(const Journal& journal);
/// Errors: malformed, too_large.
Result<Journal> parse_journal(BytesView bytes);

/// What is at a path now: a regular file, or nothing. Error conflict where it is of another kind.
using Observe = std::function<Result<std::optional<FileState>>(const SafeRelativePath& path)>;

/// Where the new content of an entry comes from.
enum class Source {
  version,  ///< the kept version
  present,  ///< what is there now: a file that nobody knows, about to be replaced
};

struct PlannedEntry {
  JournalEntry entry;
  SafeRelativePath source;  ///< the entry's own path, or that without the ending of a file beside it
  Source kind = Source::version;
};

/// What has to change so that the directory holds `to`. Files that are right already are left alone, edited ones stay,
/// and a file that no release brought is kept as NAME.kip-old where one of the vendor's takes its name. Pure.
/// `from`: what is in use, null before the first version. Errors: malformed where a package has names that belong to
/// the updater; those of `observe`.
Result<std::vector<PlannedEntry>> plan_switch(const PackageManifest* from, const PackageManifest& to,
                                              const Observe& observe);

}  // namespace kip::updater
