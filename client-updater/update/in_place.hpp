#pragma once

#include <client-updater/update/journal.hpp>
#include <client-updater/update/placement.hpp>

namespace kip::updater {

/// One directory whose files are replaced, for programs that read fixed paths. A redo journal: everything that will be
/// needed, forward and back, is durable beside the files before the journal gets its name, and that is the commit
/// point. Each file is replaced by one rename. The versions themselves are kept complete elsewhere.
class InPlacePlacement final : public Placement {
 public:
  InPlacePlacement(FileSystem& files, const Layout& layout, KeptManifests& manifests)
      : files_(files), layout_(layout), manifests_(manifests) {}

  Result<bool> is_committed(const Switch& change) override;
  Result<void> prepare(const Switch& change) override;
  Result<void> switch_over(const Switch& change) override;
  Result<void> go_back(const Switch& change) override;
  Result<void> settle() override;
  Result<bool> mend(const Target&, const Narrator&) override { return true; }

 private:
  Result<std::optional<Journal>> read_journal(const std::filesystem::path& path);
  Result<Journal> commit(const Switch& change);
  Result<std::vector<PlannedEntry>> plan(const Switch& change);
  Result<std::optional<FileState>> observe(const SafeRelativePath& path);
  Result<void> expect_room_for(const std::vector<PlannedEntry>& planned, const std::filesystem::path& version);
  Result<void> put_aside(const PlannedEntry& planned, std::size_t number, const std::filesystem::path& version);
  Result<void> copy(const std::filesystem::path& from, const std::filesystem::path& to, const FileState& expected);
  /// All entries in the journal's direction; what an earlier call has done stays done.
  Result<void> replay(const Journal& journal);
  Result<void> bring(const std::filesystem::path& prepared, const SafeRelativePath& path, const FileState& expected);
  Result<void> take_away(const SafeRelativePath& path);
  Result<void> expect_version(const Target& target);

  std::filesystem::path place(const SafeRelativePath& path) const { return layout_.app() / path.str(); }
  std::filesystem::path prepared(std::string_view side, std::size_t number) const;

  FileSystem& files_;
  const Layout& layout_;
  KeptManifests& manifests_;
};

}  // namespace kip::updater
