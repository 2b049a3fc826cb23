// A negative control of sweep.py: the real updater, but over a file system that moves a new version into place only
// after the pointer names it. A sweep that finds no fault with this one finds nothing.
//
//   careless_updater FOLDER      updates the enrolled install there

#include <iostream>
#include <optional>
#include <utility>

#include <client-updater/databases/sqlite_engine.hpp>
#include <client-updater/platform/posix/posix_machine.hpp>
#include <client-updater/state/sqlite_state_store.hpp>
#include <client-updater/update/updates.hpp>
#include <signing/fetch/curl_http_client.hpp>
#include <signing/storage/posix_file_system.hpp>
#include <signing/terminal/system_clock.hpp>

namespace kip::updater {
namespace {

/// Holds a move into `late` back until a pointer was written; passes everything else on.
class CarelessFileSystem final : public FileSystem {
 public:
  using Path = std::filesystem::path;
  CarelessFileSystem(FileSystem& files, Path late) : files_(files), late_(std::move(late)) {}

  Result<std::unique_ptr<InputFile>> open_input(const Path& p, Links links) override {
    return files_.open_input(p, links);
  }
  Result<std::unique_ptr<OutputFile>> open_output(const Path& p, OutputMode how, unsigned mode) override {
    return files_.open_output(p, how, mode);
  }
  Result<void> rename(const Path& from, const Path& to) override {
    if (directory_of(to) != late_) return files_.rename(from, to);
    held_ = std::pair(from, to);
    return {};
  }
  Result<void> remove(const Path& p) override { return files_.remove(p); }
  Result<void> remove_tree(const Path& p) override { return files_.remove_tree(p); }
  Result<void> make_directory(const Path& p, unsigned mode) override { return files_.make_directory(p, mode); }
  Result<std::vector<std::string>> list_directory(const Path& p) override { return files_.list_directory(p); }
  Result<FileStatus> status(const Path& p) override { return files_.status(p); }
  Result<void> sync_directory(const Path& p) override { return files_.sync_directory(p); }
  Result<void> sync_tree(const Path& p) override { return files_.sync_tree(p); }
  Result<void> write_pointer(const Path& link, const Path& target) override {
    KIP_TRY_VOID(files_.write_pointer(link, target));
    const auto held = std::exchange(held_, std::nullopt);
    return held ? files_.rename(held->first, held->second) : Result<void>();
  }
  Result<Path> read_pointer(const Path& link) override { return files_.read_pointer(link); }
  Result<std::unique_ptr<FileLock>> lock(const Path& p) override { return files_.lock(p); }
  Result<std::uint64_t> free_space(const Path& p) override { return files_.free_space(p); }

 private:
  FileSystem& files_;
  Path late_;
  std::optional<std::pair<Path, Path>> held_;
};

Result<void> run(const std::filesystem::path& folder) {
  const Layout layout(folder);
  PosixFileSystem files;
  CarelessFileSystem careless(files, layout.versions());
  CurlHttpClient http;
  SystemClock clock;
  SystemRandom random;
  SqliteEngine databases(clock);
  PosixMachine machine;
  KIP_TRY(const auto store, SqliteStateStore::open(layout.database()));
  KIP_TRY(Install install, Install::open({careless, http, *store, clock, random, databases, machine, {}}, layout));
  KIP_TRY(const UpdateResult result, update(install, {}, false));
  if (result.installed) return {};
  return fail(ErrorCode::not_found, "there was nothing to install");
}

}  // namespace
}  // namespace kip::updater

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: careless_updater FOLDER\n";
    return 2;
  }
  const auto done = kip::updater::run(argv[1]);
  if (!done) std::cerr << done.error().message << '\n';
  return done ? 0 : 1;
}
