#include <cerrno>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <client-updater/platform/posix/launch.hpp>

#include "system_failure.hpp"

namespace kip::updater {
namespace {

Unexpected failure(int error_number, const std::string& doing) {
  const ErrorCode code = error_number == ENOENT   ? ErrorCode::not_found
                         : error_number == EACCES ? ErrorCode::denied
                                                  : ErrorCode::storage;
  return system_failure(code, error_number, doing);
}

/// Left open on purpose: the program inherits it, and the lock lasts as long as it runs.
Result<void> share_lock(const Layout& layout) {
  const std::string path = layout.launch_lock().string();
  const int lock = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW);
  if (lock < 0) return failure(errno, "opening " + path + " (of an enrolled install; name its folder with --dir)");
  if (::flock(lock, LOCK_SH | LOCK_NB) == 0) return {};
  if (errno != EWOULDBLOCK) return failure(errno, "locking " + path);
  return fail(ErrorCode::busy, "an update is being put in use; try again in a moment");
}

}  // namespace

Result<void> launch(const Layout& layout, std::vector<std::string> command) {
  KIP_CHECK(!command.empty());
  KIP_TRY_VOID(share_lock(layout));
  const std::string guard = layout.launch_guard().string();
  if (::access(guard.c_str(), F_OK) == 0) {
    return fail(
        ErrorCode::conflict,
        "an update was interrupted, and the application must not see what is half done: run kip-updater update, "
        "which finishes it or takes it back; kip-updater status says more");
  }
  if (errno != ENOENT) return failure(errno, "looking for " + guard);
  std::vector<char*> arguments;
  for (std::string& argument : command)
    arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  ::execvp(arguments.front(), arguments.data());
  return failure(errno, "starting " + command.front());
}

}  // namespace kip::updater
