#include <algorithm>
#include <deque>

#include <fmt/format.h>

#include <signing/tuf/client.hpp>
#include <signing/tuf/file_check.hpp>
#include <signing/tuf/repository_check.hpp>

namespace kip::tuf {
namespace {

constexpr std::chrono::days kWarnAhead(30);       ///< for people, who may be on holiday
constexpr std::chrono::days kWarnAheadOnline(3);  ///< for what a server should have renewed long before
constexpr std::size_t kReadBlock = 1U << 20U;
constexpr std::size_t kMaxRoles = 100'000;
constexpr Limits kLimits;

using Weight = Finding::Weight;

std::string metadata_name(std::int64_t version, std::string_view role) {
  return fmt::format("metadata/{}.{}.json", version, encode_role(role));
}

class Checker {
 public:
  Checker(FileSystem& files, const std::filesystem::path& folder, Instant now)
      : files_(files), folder_(folder), now_(now) {}

  Result<RepositoryReport> check() {
    KIP_TRY(auto trusted, walk_roots());
    if (trusted) KIP_TRY_VOID(check_below(*trusted));
    KIP_TRY_VOID(keep_older_snapshots());
    return std::move(report_);
  }

 private:
  void find(Weight weight, std::string text) { report_.findings.push_back({weight, std::move(text)}); }

  Result<std::optional<Bytes>> read(const std::string& name, std::size_t max_bytes) {
    auto bytes = read_file(files_, folder_ / name, max_bytes);
    if (bytes) return std::optional<Bytes>(*std::move(bytes));
    const ErrorCode code = bytes.error().code;
    if (code == ErrorCode::storage || code == ErrorCode::denied) return Unexpected(std::move(bytes).error());
    find(Weight::error, bytes.error().message);
    return std::optional<Bytes>();
  }

  void check_life(const Header& header, std::string_view role, std::chrono::days warn_ahead) {
    if (const auto valid = check_expiry(header, role, now_); !valid) {
      find(Weight::error, valid.error().message);
    } else if (header.expires - now_ < warn_ahead) {
      find(Weight::warning,
           fmt::format("{} version {} expires on {}", role, header.version, format_instant(header.expires)));
    }
  }

  /// Trust in the last root. Expiry is judged apart, so that it hides nothing else: for the trusted set no time passes.
  Result<std::optional<TrustedSet>> walk_roots() {
    KIP_TRY(const auto first, read(metadata_name(1, kRoot), kLimits.root_bytes));
    if (!first) return std::optional<TrustedSet>();
    auto trusted = TrustedSet::create(*first, Instant());
    if (!trusted) {
      find(Weight::error, trusted.error().message);
      return std::optional<TrustedSet>();
    }
    for (std::int64_t version = 1;; ++version) {
      report_.live.insert(metadata_name(version, kRoot));
      KIP_TRY(const bool more, path_exists(files_, folder_ / metadata_name(version + 1, kRoot)));
      if (!more) break;
      KIP_TRY(const auto next, read(metadata_name(version + 1, kRoot), kLimits.root_bytes));
      if (!next) break;
      if (const auto taken = trusted->update_root(*next); !taken) {
        find(Weight::error, taken.error().message);
        break;
      }
    }
    check_life(trusted->root().header, kRoot, kWarnAhead);
    if (!trusted->root().consistent_snapshot) find(Weight::error, "the root does not set consistent_snapshot");
    return std::optional<TrustedSet>(*std::move(trusted));
  }

  /// Timestamp, snapshot and all that they lead to.
  Result<void> check_below(TrustedSet& trusted) {
    report_.live.insert("metadata/timestamp.json");
    KIP_TRY(const auto timestamp, read("metadata/timestamp.json", kLimits.timestamp_bytes));
    if (!timestamp) return {};
    if (const auto taken = trusted.update_timestamp(*timestamp); !taken) {
      find(Weight::error, taken.error().message);
      return {};
    }
    check_life(trusted.timestamp()->header, kTimestamp, kWarnAheadOnline);
    const std::string name = metadata_name(trusted.timestamp()->snapshot.version, kSnapshot);
    KIP_TRY(const auto snapshot, read(name, kLimits.snapshot_bytes));
    if (!snapshot) return {};
    if (const auto taken = trusted.update_snapshot(*snapshot); !taken) {
      find(Weight::error, taken.error().message);
      return {};
    }
    report_.live.insert(name);
    check_life(trusted.snapshot()->header, kSnapshot, kWarnAheadOnline);
    return check_roles(trusted);
  }

  Result<void> check_roles(TrustedSet& trusted) {
    std::deque<std::pair<std::string, std::string>> next = {{std::string(kTargets), std::string(kRoot)}};
    std::set<std::string> seen;
    while (!next.empty() && seen.size() < kMaxRoles) {
      const auto [role, parent] = std::move(next.front());
      next.pop_front();
      KIP_TRY(const Targets* const targets, check_role(trusted, role, parent));
      if (targets == nullptr || !seen.insert(role).second) continue;
      ++report_.roles;
      for (const DelegatedRole& delegation : targets->delegations)
        next.emplace_back(delegation.name, role);
      for (const auto& [name, meta] : trusted.snapshot()->meta) {
        const std::string_view listed =
            std::string_view(name).substr(0, name.size() - std::min<std::size_t>(name.size(), 5));
        if (targets->succinct_roles && targets->succinct_roles->holds(listed)) next.emplace_back(listed, role);
      }
      KIP_TRY_VOID(check_targets(*targets));
    }
    return {};
  }

  /// Null where there is a finding.
  Result<const Targets*> check_role(TrustedSet& trusted, const std::string& role, const std::string& parent) {
    const Targets* none = nullptr;
    const auto meta = trusted.snapshot()->meta.find(role + ".json");
    if (meta == trusted.snapshot()->meta.end()) {
      find(Weight::error, fmt::format("{} delegates to {}, which the snapshot does not list", parent, role));
      return none;
    }
    const std::string name = metadata_name(meta->second.version, role);
    KIP_TRY(const auto bytes, read(name, kLimits.targets_bytes));
    if (!bytes) return none;
    if (const auto taken = trusted.update_targets(*bytes, role, parent); !taken) {
      find(Weight::error, taken.error().message);
      return none;
    }
    report_.live.insert(name);
    const bool by_people = parent == kRoot || trusted.signers(role, parent)->threshold > 1;
    check_life(trusted.targets(role, parent)->header, role, by_people ? kWarnAhead : kWarnAheadOnline);
    return trusted.targets(role, parent);
  }

  Result<void> check_targets(const Targets& targets) {
    for (const auto& [path, file] : targets.targets) {
      ++report_.targets;
      const std::string name = "targets/" + target_location(path, file, true);
      report_.live.insert(name);
      const auto input = files_.open_input(folder_ / name, Links::refuse);
      if (!input) {
        find(Weight::error, input.error().message);
        continue;
      }
      FileCheck check(file.length, file.hashes);
      Bytes block(kReadBlock, '\0');
      for (std::size_t got = block.size(); got == block.size();) {
        KIP_TRY(got, (*input)->read(block));
        check.update(BytesView(block.data(), got));
      }
      if (const auto right = check.finish(name); !right) find(Weight::error, right.error().message);
    }
    return {};
  }

  /// Clients that hold an older timestamp may still ask for what its snapshot names, until that snapshot expires.
  Result<void> keep_older_snapshots() {
    KIP_TRY(const auto names, files_.list_directory(folder_ / "metadata"));
    for (const std::string& name : names) {
      if (!name.ends_with(".snapshot.json")) continue;
      KIP_TRY(const auto snapshot, read_unexpired("metadata/" + name));
      if (!snapshot) continue;
      report_.live.insert("metadata/" + name);
      for (const auto& [listed, meta] : snapshot->meta) {
        if (!listed.ends_with(".json")) continue;
        KIP_TRY_VOID(keep_role(metadata_name(meta.version, listed.substr(0, listed.size() - 5))));
      }
    }
    return {};
  }

  Result<std::optional<Snapshot>> read_unexpired(const std::string& name) {
    KIP_TRY(const auto bytes, read(name, kLimits.snapshot_bytes));
    if (!bytes) return std::optional<Snapshot>();
    const auto document = parse_document(*bytes, kLimits.snapshot_bytes);
    auto snapshot = document ? read_snapshot(document->body) : Result<Snapshot>(Unexpected(document.error()));
    if (!snapshot) {
      find(Weight::note, fmt::format("{}: {}", name, snapshot.error().message));
      return std::optional<Snapshot>();
    }
    if (snapshot->header.expires <= now_) return std::optional<Snapshot>();
    return std::optional<Snapshot>(*std::move(snapshot));
  }

  Result<void> keep_role(const std::string& name) {
    if (!report_.live.insert(name).second) return {};  // its targets are kept already
    const auto bytes = read_file(files_, folder_ / name, kLimits.targets_bytes);
    if (!bytes) return {};  // of an older snapshot: no fault of the current one
    const auto document = parse_document(*bytes, kLimits.targets_bytes);
    if (!document) return {};
    const auto targets = read_targets(document->body);
    if (!targets) return {};
    for (const auto& [path, file] : targets->targets)
      report_.live.insert("targets/" + target_location(path, file, true));
    return {};
  }

  FileSystem& files_;
  const std::filesystem::path& folder_;
  Instant now_;
  RepositoryReport report_;
};

Result<void> list_below(FileSystem& files, const std::filesystem::path& folder, const std::string& prefix,
                        std::vector<std::string>& out) {
  KIP_TRY(const auto names, files.list_directory(folder / prefix));
  for (const std::string& name : names) {
    const std::string path = prefix + "/" + name;
    KIP_TRY(const FileStatus status, files.status(folder / path));
    if (status.kind == FileKind::directory) {
      KIP_TRY_VOID(list_below(files, folder, path, out));
    } else {
      out.push_back(path);
    }
  }
  return {};
}

}  // namespace

bool RepositoryReport::is_sound() const {
  return std::none_of(findings.begin(), findings.end(),
                      [](const Finding& finding) { return finding.weight == Weight::error; });
}

Result<RepositoryReport> check_repository(FileSystem& files, const std::filesystem::path& folder, Instant now) {
  KIP_TRY(const bool exists, path_exists(files, folder / "metadata"));
  if (exists) return Checker(files, folder, now).check();
  return fail(ErrorCode::not_found,
              fmt::format("{} holds no repository: there is no folder metadata in it", folder.string()));
}

Result<std::vector<std::string>> unnamed_files(FileSystem& files, const std::filesystem::path& folder,
                                               const RepositoryReport& report) {
  std::vector<std::string> out;
  for (const char* part : {"metadata", "targets"}) {
    KIP_TRY(const bool exists, path_exists(files, folder / part));
    if (exists) KIP_TRY_VOID(list_below(files, folder, part, out));
  }
  std::erase_if(out, [&](const std::string& path) { return report.live.contains(path); });
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace kip::tuf
