#include <unistd.h>

#include <client-updater/platform/posix/person.hpp>

namespace kip::updater {

bool person_is_there() {
  return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
}

}  // namespace kip::updater
