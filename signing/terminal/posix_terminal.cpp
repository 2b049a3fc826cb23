#include <unistd.h>

#include <signing/terminal/posix_terminal.hpp>

namespace kip {

bool stderr_is_terminal() {
  return ::isatty(STDERR_FILENO) == 1;
}

}  // namespace kip
