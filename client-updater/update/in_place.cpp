#include <algorithm>

#include <fmt/format.h>

#include <client-updater/update/in_place.hpp>
#include <client-updater/update/versions.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/package/folder_scan.hpp>
#include <signing/storage/atomic_file.hpp>

namespace kip::updater {
namespace {

constexpr unsigned kForAll = 0755;
constexpr unsigned kOwnerOnly = 0700;
constexpr unsigned kOwnerFile = 0600;
constexpr std::uint64_t kMaxJournal = 256U << 20U;
constexpr std::string_view kNew = "new";
constexpr std::string_view kOld = "old";

/// Removes the directories above a path that have become empty, up to the root, which stays.
void remove_empty_parents(FileSystem& files, const std::filesystem::path& root, const SafeRelativePath& path) {
  for (auto parent = std::filesystem::path(path.str()).parent_path(); !parent.empty(); parent = parent.parent_path()) {
    if (!files.remove(root / parent)) return;
  }
}

}  // namespace

Result<bool> InPlacePlacement::is_committed(const Switch& change) {
  KIP_TRY(const auto journal, read_journal(layout_.journal()));
  return journal && !journal->back && journal->target == change.to;
}

Result<void> InPlacePlacement::switch_over(const Switch& change) {
  KIP_TRY(std::optional<Journal> journal, read_journal(layout_.journal()));
  const bool is_there = journal && !journal->back && journal->target == change.to;
  if (!is_there) {
    KIP_TRY(journal, commit(change));
  }
  return replay(*journal);
}

Result<Journal> InPlacePlacement::commit(const Switch& change) {
  KIP_TRY(std::optional<Journal> prepared, read_journal(layout_.prepared_journal()));
  if (!prepared || prepared->target != change.to) {
    return fail(ErrorCode::integrity, fmt::format("what was prepared for version {} is gone from {}",
                                                  change.to.version.str(), layout_.journal_folder().string()));
  }
  KIP_TRY_VOID(files_.rename(layout_.prepared_journal(), layout_.journal()));
  KIP_TRY_VOID(files_.sync_directory(layout_.journal_folder()));
  return *std::move(prepared);
}

Result<void> InPlacePlacement::go_back(const Switch& change) {
  KIP_TRY(std::optional<Journal> journal, read_journal(layout_.journal()));
  if (!journal) return change.from ? expect_version(*change.from) : Result<void>();
  if (!journal->back) {
    journal->back = true;
    KIP_TRY_VOID(replace_file(files_, layout_.journal(), to_bytes(*journal), kOwnerFile));
  }
  return replay(*journal);
}

Result<void> InPlacePlacement::settle() {
  KIP_TRY(const bool is_there, path_exists(files_, layout_.journal_folder()));
  if (!is_there) return {};
  // The journal goes first and for good: one that came back after a power cut would speak of files that are gone.
  if (const auto removed = files_.remove(layout_.journal()); removed) {
    KIP_TRY_VOID(files_.sync_directory(layout_.journal_folder()));
  } else if (removed.error().code != ErrorCode::not_found) {
    return removed;
  }
  return files_.remove_tree(layout_.journal_folder());
}

Result<std::optional<Journal>> InPlacePlacement::read_journal(const std::filesystem::path& path) {
  auto bytes = read_file(files_, path, kMaxJournal);
  if (!bytes && bytes.error().code == ErrorCode::not_found) return std::optional<Journal>();
  if (!bytes) return Unexpected(std::move(bytes).error());
  auto journal = parse_journal(*bytes);
  if (journal) return std::optional<Journal>(*std::move(journal));
  return fail(ErrorCode::integrity, fmt::format("{} is damaged: {}", path.string(), journal.error().message));
}

Result<void> InPlacePlacement::prepare(const Switch& change) {
  KIP_TRY_VOID(move_into_place(files_, layout_, change.to));
  KIP_TRY(std::vector<PlannedEntry> planned, plan(change));
  const std::filesystem::path version = layout_.version(change.to);
  KIP_TRY_VOID(files_.remove_tree(layout_.journal_folder()));
  KIP_TRY_VOID(expect_room_for(planned, version));
  for (const auto& folder :
       {layout_.journal_folder(), layout_.journal_folder() / kNew, layout_.journal_folder() / kOld}) {
    KIP_TRY_VOID(files_.make_directory(folder, kOwnerOnly));
  }
  Journal journal{.target = change.to, .from = change.from};
  for (std::size_t number = 0; number < planned.size(); ++number) {
    KIP_TRY_VOID(put_aside(planned[number], number, version));
    journal.entries.push_back(std::move(planned[number].entry));
  }
  KIP_TRY_VOID(files_.sync_tree(layout_.journal_folder()));
  KIP_TRY_VOID(files_.sync_directory(layout_.app()));
  return replace_file(files_, layout_.prepared_journal(), to_bytes(journal), kOwnerFile);
}

Result<std::vector<PlannedEntry>> InPlacePlacement::plan(const Switch& change) {
  KIP_TRY(const auto to, manifests_.find(change.to.manifest));
  std::shared_ptr<const PackageManifest> from;
  if (change.from) {
    auto kept = manifests_.find(change.from->manifest);
    if (!kept && kept.error().code != ErrorCode::not_found) return Unexpected(std::move(kept).error());
    if (kept) from = *std::move(kept);
  }
  return plan_switch(from.get(), *to, [this](const SafeRelativePath& path) { return observe(path); });
}

Result<std::optional<FileState>> InPlacePlacement::observe(const SafeRelativePath& path) {
  KIP_TRY_VOID(expect_plain_parents(files_, layout_.app(), path));
  const auto status = files_.status(place(path));
  if (!status && status.error().code == ErrorCode::not_found) return std::optional<FileState>();
  if (!status) return Unexpected(status.error());
  if (status->kind != FileKind::file) {
    return fail(ErrorCode::conflict,
                fmt::format("{} is no file, but one of the version's has that name; move it away and try again",
                            place(path).string()));
  }
  KIP_TRY(const FileDigest found, digest_file(files_, place(path)));
  return std::optional(FileState{found.sha256, status->mode});
}

Result<void> InPlacePlacement::expect_room_for(const std::vector<PlannedEntry>& planned,
                                               const std::filesystem::path& version) {
  constexpr std::uint64_t kBlock = 4096;  // a file takes whole blocks
  std::uint64_t needed = 0;
  const auto add = [&](const std::filesystem::path& path) -> Result<void> {
    KIP_TRY(const FileStatus status, files_.status(path));
    needed += status.size + kBlock;
    return {};
  };
  for (const PlannedEntry& planned_entry : planned) {
    const JournalEntry& entry = planned_entry.entry;
    const auto root = planned_entry.kind == Source::present ? layout_.app() : version;
    if (entry.after) KIP_TRY_VOID(add(root / planned_entry.source.str()));
    if (entry.before) KIP_TRY_VOID(add(place(entry.path)));
  }
  return expect_room(files_, layout_.app(), needed, "putting the version in use");
}

Result<void> InPlacePlacement::put_aside(const PlannedEntry& planned, std::size_t number,
                                         const std::filesystem::path& version) {
  const JournalEntry& entry = planned.entry;
  if (entry.after) {
    const auto root = planned.kind == Source::present ? layout_.app() : version;
    KIP_TRY_VOID(copy(root / planned.source.str(), prepared(kNew, number), *entry.after));
  }
  return entry.before ? copy(place(entry.path), prepared(kOld, number), *entry.before) : Result<void>();
}

Result<void> InPlacePlacement::copy(const std::filesystem::path& from, const std::filesystem::path& to,
                                    const FileState& expected) {
  KIP_TRY(const auto input, files_.open_input(from, Links::refuse));
  KIP_TRY(const auto output, files_.open_output(to, OutputMode::create_new, expected.mode));
  Sha256Hasher hasher;
  KIP_TRY_VOID(read_in_pieces(*input, [&](BytesView piece) {
    hasher.update(piece);
    return output->write(piece);
  }));
  KIP_TRY_VOID(output->close());
  if (hasher.finish() == expected.sha256) return {};
  return fail(ErrorCode::integrity, fmt::format("{} was changed while it was copied, or is damaged", from.string()));
}

Result<void> InPlacePlacement::replay(const Journal& journal) {
  const std::size_t count = journal.entries.size();
  for (std::size_t step = 0; step < count; ++step) {
    const std::size_t number = journal.back ? count - 1 - step : step;
    const JournalEntry& entry = journal.entries[number];
    const std::optional<FileState>& wanted = journal.back ? entry.before : entry.after;
    if (wanted) {
      KIP_TRY_VOID(bring(prepared(journal.back ? kOld : kNew, number), entry.path, *wanted));
    } else {
      KIP_TRY_VOID(take_away(entry.path));
    }
  }
  return files_.sync_tree(layout_.app());
}

Result<void> InPlacePlacement::bring(const std::filesystem::path& prepared, const SafeRelativePath& path,
                                     const FileState& expected) {
  KIP_TRY(const bool is_prepared, path_exists(files_, prepared));
  if (is_prepared) {
    KIP_TRY_VOID(expect_plain_parents(files_, layout_.app(), path));
    KIP_TRY_VOID(make_directories(files_, directory_of(place(path)), kForAll));
    return files_.rename(prepared, place(path));
  }
  // Done before the interruption.
  KIP_TRY(const auto found, observe(path));
  if (found && found->sha256 == expected.sha256) return {};
  return fail(ErrorCode::integrity, fmt::format("{} is not what was put there, and what it should be is gone from {}",
                                                place(path).string(), layout_.journal_folder().string()));
}

Result<void> InPlacePlacement::take_away(const SafeRelativePath& path) {
  // Where a name has become a directory or a file meanwhile, this was done before an interruption.
  const auto parents = expect_plain_parents(files_, layout_.app(), path);
  if (!parents && parents.error().code == ErrorCode::conflict) return {};
  if (!parents) return parents;
  const auto status = files_.status(place(path));
  if (status && status->kind == FileKind::directory) return {};
  const auto removed = files_.remove(place(path));
  if (!removed && removed.error().code != ErrorCode::not_found) return removed;
  remove_empty_parents(files_, layout_.app(), path);
  return {};
}

Result<void> InPlacePlacement::expect_version(const Target& target) {
  KIP_TRY(const auto manifest, manifests_.find(target.manifest));
  return verify_version(files_, layout_.app(), *manifest, EditableFiles::may_be_missing);
}

std::filesystem::path InPlacePlacement::prepared(std::string_view side, std::size_t number) const {
  return layout_.journal_folder() / side / std::to_string(number);
}

}  // namespace kip::updater
