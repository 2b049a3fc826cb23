#include <client-updater/update/launch_guard.hpp>
#include <signing/storage/atomic_file.hpp>

namespace kip::updater {
namespace {

constexpr unsigned kForAll = 0644;
constexpr std::uint64_t kMaxGuard = 1024;

}  // namespace

Result<void> LaunchGuard::raise(std::string_view update) {
  if (!lock_) {
    auto lock = files_.lock(layout_.launch_lock());
    if (!lock && lock.error().code == ErrorCode::busy) {
      return fail(ErrorCode::busy, "the application is running: close it on every computer and try again");
    }
    if (!lock) return Unexpected(std::move(lock).error());
    lock_ = *std::move(lock);
  }
  return replace_file(files_, layout_.launch_guard(), update, kForAll);
}

Result<bool> LaunchGuard::is_up(std::string_view update) {
  const auto found = read_file(files_, layout_.launch_guard(), kMaxGuard);
  if (found) return *found == update;
  if (found.error().code == ErrorCode::not_found) return false;
  return Unexpected(found.error());
}

Result<void> LaunchGuard::lower() {
  const auto removed = files_.remove(layout_.launch_guard());
  if (removed) {
    KIP_TRY_VOID(files_.sync_directory(layout_.root()));
  } else if (removed.error().code != ErrorCode::not_found) {
    return removed;
  }
  lock_.reset();
  return {};
}

}  // namespace kip::updater
