#include <algorithm>

#include <fmt/format.h>

#include <signing/ceremony/summary.hpp>
#include <signing/ceremony/terms_change.hpp>

#include "checked_target.hpp"

namespace kip {
namespace {

constexpr std::size_t kListedFiles = 200;
constexpr std::string_view kProductRole = "product-";

using Lines = std::vector<std::string>;

void append(Lines& to, Lines lines) {
  to.insert(to.end(), std::make_move_iterator(lines.begin()), std::make_move_iterator(lines.end()));
}

/// The manifest of the release before, where its package is at hand; nothing where there is none.
Result<std::optional<PackageManifest>> manifest_before(FileSystem& files, const RepositoryFolder& folder,
                                                       const Releases& all, const Version& version) {
  auto entry = all.find(version);
  if (entry == all.begin()) return std::optional<PackageManifest>();
  --entry;
  const auto& [release, file] = entry->second;
  const auto path = folder.target_file(release_target_path(release.product, release.version), file);
  KIP_TRY(PackageManifest manifest, checked_package(files, path, file, release));
  return std::optional(std::move(manifest));
}

/// A role as it is to be, and as it is; null where it is new.
struct TwoSides {
  const tuf::Targets& next;
  const tuf::Targets* live;
};

/// Each new delta is applied to the package that it leads from: what it makes has to be the release that was signed.
Result<void> describe_deltas(FileSystem& files, const RepositoryFolder& folder, const TwoSides& role, Lines& out) {
  const Releases releases = releases_of(role.next);
  static const std::map<std::string, tuf::TargetFile, std::less<>> kNone;
  const auto& before = role.live != nullptr ? role.live->targets : kNone;
  for (const auto& [path, file] : role.next.targets) {
    if (!is_delta_path(path)) continue;
    const auto known = before.find(path);
    if (known != before.end() && known->second == file) continue;
    KIP_TRY(const DeltaSubject subject, checked_delta(files, folder, releases, {path, file}));
    const tuf::TargetFile& package = releases.at(subject.to.version).second;
    out.push_back(fmt::format(
        "  {} delta of {} from {} to {} ({}, the package has {})", known == before.end() ? "NEW" : "CHANGED",
        subject.product.str(), subject.from.version.str(), subject.to.version.str(),
        format_size(static_cast<std::uint64_t>(file.length)), format_size(static_cast<std::uint64_t>(package.length))));
    out.push_back(fmt::format("    sha256 {}; rebuilt from the package of {}, it makes exactly the package {}",
                              file.hashes.at("sha256"), subject.from.version.str(), subject.to.manifest.hex()));
  }
  for (const auto& [path, file] : before) {
    if (is_delta_path(path) && !role.next.targets.contains(path)) {
      out.push_back(fmt::format("  NO LONGER LISTED: {}", path));
    }
  }
  return {};
}

Result<Lines> describe_product(FileSystem& files, const RepositoryFolder& folder, const tuf::Targets& next,
                               const std::optional<tuf::Targets>& live) {
  Lines out;
  const auto before = live ? releases_of(*live) : Releases();
  const auto after = releases_of(next);
  const auto deltas = std::count_if(next.targets.begin(), next.targets.end(),
                                    [](const auto& target) { return is_delta_path(target.first); });
  if (std::ssize(next.targets) != std::ssize(after) + deltas) {
    return fail(ErrorCode::malformed, "the role lists a target that is neither a release nor a delta; do not sign");
  }
  for (const auto& [version, entry] : after) {
    const auto& [release, file] = entry;
    const auto known = before.find(version);
    if (known != before.end() && known->second.second == file) continue;
    const auto path = folder.target_file(release_target_path(release.product, version), file);
    KIP_TRY(const PackageManifest manifest, checked_package(files, path, file, release));
    out.push_back(fmt::format("  {} release {} {} ({}, {} files)", known == before.end() ? "NEW" : "CHANGED",
                              release.product.str(), version.str(),
                              format_size(static_cast<std::uint64_t>(file.length)), manifest.content().files.size()));
    out.push_back(fmt::format("    package {} sha256 {}", release.manifest.hex(), file.hashes.at("sha256")));
    if (known != before.end()) append(out, describe_terms_change(known->second.first, release));
    append(out, describe_release(manifest, release));
    KIP_TRY(const std::optional<PackageManifest> previous, manifest_before(files, folder, after, version));
    append(out, describe_files(previous ? &*previous : nullptr, manifest));
  }
  for (const auto& [version, entry] : before) {
    if (!after.contains(version)) out.push_back(fmt::format("  NO LONGER LISTED: release {}", version.str()));
  }
  KIP_TRY_VOID(describe_deltas(files, folder, {next, live ? &*live : nullptr}, out));
  return out;
}

/// A role that lists files which are no releases.
Result<Lines> describe_list(FileSystem& files, const RepositoryFolder& folder, const tuf::Targets& next,
                            const std::optional<tuf::Targets>& live) {
  Lines out;
  const tuf::Targets none;
  const auto& before = live ? live->targets : none.targets;
  for (const auto& [path, file] : next.targets) {
    const auto known = before.find(path);
    if (known != before.end() && known->second == file) continue;
    if (!file.custom.is_null()) {
      return fail(ErrorCode::malformed, fmt::format("{} says of itself what only a release may; do not sign", path));
    }
    const auto place = folder.target_file(path, file);
    std::int64_t length = 0;
    KIP_TRY(const Sha256Digest digest, file_digest(files, place, length));
    if (tuf::TargetFile{length, {{"sha256", digest.hex()}}, {}} != file) {
      return fail(ErrorCode::integrity,
                  fmt::format("{} is not the file that the role lists; do not sign", place.string()));
    }
    out.push_back(fmt::format("  {} {} ({}, sha256 {})", known == before.end() ? "NEW" : "CHANGED", path,
                              format_size(static_cast<std::uint64_t>(length)), digest.hex()));
  }
  for (const auto& [path, file] : before) {
    if (!next.targets.contains(path)) out.push_back(fmt::format("  NO LONGER LISTED: {}", path));
  }
  return out;
}

Lines names_of(const RepositoryFolder& folder, const std::vector<std::string>& ids,
               const std::vector<std::string>& without) {
  Lines out;
  for (const std::string& id : ids) {
    if (std::find(without.begin(), without.end(), id) == without.end()) out.push_back(folder.officer_name(id));
  }
  return out;
}

/// One line where keys or threshold differ, with the names of those who come and go.
void describe_role(Lines& out, const RepositoryFolder& folder, std::string_view name, const tuf::Role& next,
                   const tuf::Role* old) {
  if (old != nullptr && old->key_ids == next.key_ids && old->threshold == next.threshold) return;
  std::string line = fmt::format("  {}: {} of {} keys ({})", name, next.threshold, next.key_ids.size(),
                                 fmt::join(names_of(folder, next.key_ids, {}), ", "));
  if (old != nullptr) {
    const Lines come = names_of(folder, next.key_ids, old->key_ids);
    const Lines go = names_of(folder, old->key_ids, next.key_ids);
    if (!come.empty()) line += fmt::format("; NEW: {}", fmt::join(come, ", "));
    if (!go.empty()) line += fmt::format("; NO LONGER: {}", fmt::join(go, ", "));
    if (old->threshold != next.threshold) line += fmt::format("; BEFORE: {} signatures", old->threshold);
  }
  out.push_back(std::move(line));
}

Result<Lines> describe_root(const RepositoryFolder& folder, const json::Value& body,
                            const std::optional<tuf::Document>& live) {
  KIP_TRY(const tuf::Root next, tuf::read_root(body));
  std::optional<tuf::Root> old;
  if (live) {
    KIP_TRY(old, tuf::read_root(live->body));
  }
  Lines out;
  for (const auto& [name, role] : next.roles)
    describe_role(out, folder, name, role, old ? &old->role(name) : nullptr);
  return out;
}

std::string paths_of(const tuf::DelegatedRole& delegation) {
  if (delegation.path_hash_prefixes.empty()) return fmt::format("{}", fmt::join(delegation.paths, ", "));
  return fmt::format("hashes {}", fmt::join(delegation.path_hash_prefixes, ", "));
}

/// Whose word counts about a log: everything that was not authorised before.
Result<Lines> describe_logs(const json::Value& custom, const json::Value& before) {
  Lines out;
  LogKeys old{TenantId::parse("none").value(), {}};
  if (!before.is_null()) {
    KIP_TRY(old, parse_log_keys(before));
  }
  LogKeys next = {old.tenant, {}};
  if (!custom.is_null()) {
    KIP_TRY(next, parse_log_keys(custom));
  }
  const auto knows = [](const LogAuthority* in, const std::string& key) {
    if (in == nullptr) return false;
    const auto same_note = [&](const tlog::NoteKey& one) { return one.text() == key; };
    const auto same_entry = [&](const Key& one) { return one.id() == key; };
    return std::any_of(in->checkpoint_keys.begin(), in->checkpoint_keys.end(), same_note) ||
           std::any_of(in->entry_keys.begin(), in->entry_keys.end(), same_entry);
  };
  const auto compare = [&](const LogKeys& mine, const LogKeys& other, std::string_view verb) {
    for (const LogAuthority& log : mine.logs) {
      const LogAuthority* known = other.find(log.origin());
      for (const tlog::NoteKey& key : log.checkpoint_keys) {
        if (!knows(known, key.text())) out.push_back(fmt::format("  {} checkpoints of the log {}", verb, key.text()));
      }
      for (const Key& key : log.entry_keys) {
        if (!knows(known, key.id()))
          out.push_back(fmt::format("  {} entries of the log {} by key {}", verb, log.origin(), key.id()));
      }
    }
  };
  compare(next, old, "believes");
  compare(old, next, "no longer believes");
  return out;
}

Lines describe_top(const RepositoryFolder& folder, const tuf::Targets& next, const std::optional<tuf::Targets>& live) {
  Lines out;
  std::map<std::string, std::size_t> bins;  // many roles that differ in their number only
  for (const tuf::DelegatedRole& delegation : next.delegations) {
    const tuf::DelegatedRole* old = live ? live->delegation(delegation.name) : nullptr;
    const bool same_paths = old != nullptr && old->paths == delegation.paths &&
                            old->terminating == delegation.terminating &&
                            old->path_hash_prefixes == delegation.path_hash_prefixes;
    Lines line;
    const std::string name = delegation.path_hash_prefixes.empty()
                                 ? fmt::format("delegates {} to {}", paths_of(delegation), delegation.name)
                                 : std::string("delegates paths by their hash to each bin");
    describe_role(line, folder, name, delegation.role, same_paths ? &old->role : nullptr);
    if (line.empty()) continue;
    if (delegation.path_hash_prefixes.empty()) {
      out.push_back(line.front());
    } else {
      ++bins[line.front()];
    }
  }
  for (const auto& [line, count] : bins)
    out.push_back(fmt::format("{}, {} bins", line, count));
  if (live) {
    for (const tuf::DelegatedRole& old : live->delegations) {
      if (next.delegation(old.name) == nullptr) out.push_back(fmt::format("  no longer delegates to {}", old.name));
    }
  }
  for (const auto& [path, file] : next.targets)
    out.push_back(fmt::format("  lists {} itself", path));
  return out;
}

}  // namespace

Lines describe_release(const PackageManifest& manifest, const Release& release) {
  Lines out;
  out.push_back(fmt::format("    serves: {}",
                            release.acts.empty() ? "no act" : fmt::format("{}", fmt::join(release.acts, ", "))));
  append(out, describe_subject(manifest.content().subject));
  if (release.floor) out.push_back(fmt::format("    FLOOR: no install may be taken below {}", release.floor->str()));
  if (release.force_after) {
    out.push_back(
        fmt::format("    FORCE AFTER {}: from then on nobody can put it off", format_instant(*release.force_after)));
  }
  if (release.force_latest) {
    out.push_back(fmt::format("    FORCE LATEST {}: the rollout can choose no later time for that",
                              format_instant(*release.force_latest)));
  }
  if (!release.audience.empty())
    out.push_back(fmt::format("    AUDIENCE: only installs labelled {}", to_text(release.audience)));
  for (const Version& version : release.downgrade_from) {
    out.push_back(fmt::format("    DOWNGRADE: a rollout may take installs of {} back to this version", version.str()));
  }
  for (const auto& [version, reason] : release.revoked)
    out.push_back(fmt::format("    REVOKES {}: {}", version, set_off(reason)));
  for (const auto& [language, text] : release.notes)
    out.push_back(fmt::format("    note [{}] {}", language, set_off(text)));
  return out;
}

Lines describe_subject(const PackageSubject& subject) {
  Lines out;
  for (const PackageForm& form : subject.forms) {
    out.push_back(fmt::format("    form {} schema {} for periods {} to {}", form.code, form.schema_version,
                              format_date(form.period_from), form.period_to ? format_date(*form.period_to) : "open"));
  }
  for (const PackageRemoval& removal : subject.removals) {
    out.push_back(fmt::format("    takes away {} ({})", removal.path.str(), removal.reason));
  }
  for (const PackageMigration& migration : subject.upkeep.migrations) {
    out.push_back(
        fmt::format("    migration {} of each {}: {}", migration.number, migration.database, migration.file.str()));
  }
  for (const PackageProbe& probe : subject.upkeep.probes)
    out.push_back(fmt::format("    checks {}", set_off(describe_probe(probe))));
  return out;
}

std::string set_off(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "      | ";
  }
  return out;
}

std::string format_size(std::uint64_t octets) {
  if (octets < 1000) return fmt::format("{} B", octets);
  const auto value = static_cast<double>(octets);
  if (octets < 1'000'000) return fmt::format("{:.1f} kB", value / 1e3);
  return octets < 1'000'000'000 ? fmt::format("{:.1f} MB", value / 1e6) : fmt::format("{:.1f} GB", value / 1e9);
}

Lines describe_files(const PackageManifest* before, const PackageManifest& next) {
  Lines out;
  std::size_t added = 0;
  std::size_t changed = 0;
  std::size_t removed = 0;
  const auto note = [&out](char mark, const PackageFile& file) {
    if (out.size() < kListedFiles)
      out.push_back(fmt::format("    {} {} ({})", mark, file.path.str(), format_size(file.size)));
  };
  for (const PackageFile& file : next.content().files) {
    const PackageFile* old = before != nullptr ? before->find(file.path.str()) : nullptr;
    if (old == nullptr) {
      ++added;
      note('+', file);
    } else if (!(*old == file)) {
      ++changed;
      note('~', file);
    }
  }
  if (before != nullptr) {
    for (const PackageFile& file : before->content().files) {
      if (next.find(file.path.str()) != nullptr) continue;
      ++removed;
      note('-', file);
    }
  }
  if (out.size() == kListedFiles) out.emplace_back("    … and more: see kip package inspect");
  out.push_back(fmt::format("    {} files added, {} changed, {} removed, {} the same", added, changed, removed,
                            next.content().files.size() - added - changed));
  return out;
}

Result<Shown> describe_staged(FileSystem& files, const RepositoryFolder& folder, std::string_view role) {
  KIP_TRY(const std::optional<tuf::Document> document, folder.staged(role));
  if (!document) return fail(ErrorCode::not_found, fmt::format("nothing is staged for {}", role));
  KIP_TRY(const std::optional<tuf::Document> live, folder.published(role));
  Lines body;
  tuf::Header header;
  if (role == tuf::kRoot) {
    KIP_TRY(const tuf::Root root, tuf::read_root(document->body));
    header = root.header;
    KIP_TRY(body, describe_root(folder, document->body, live));
  } else {
    KIP_TRY(const tuf::Targets next, tuf::read_targets(document->body));
    header = next.header;
    std::optional<tuf::Targets> old;
    if (live) {
      KIP_TRY(old, tuf::read_targets(live->body));
    }
    if (role == tuf::kTargets) {
      body = describe_top(folder, next, old);
      KIP_TRY(Lines logs, describe_logs(next.custom, old ? old->custom : json::Value()));
      append(body, std::move(logs));
    } else if (role.starts_with(kProductRole)) {
      KIP_TRY(body, describe_product(files, folder, next, old));
    } else {
      KIP_TRY(body, describe_list(files, folder, next, old));
    }
  }
  Lines out = {fmt::format("{} version {}, valid until {}:", role, header.version, format_instant(header.expires))};
  if (body.empty()) body.emplace_back("  nothing but version and expiry");
  out.insert(out.end(), body.begin(), body.end());
  return Shown{std::string(role), std::move(out), document->canonical};
}

}  // namespace kip
