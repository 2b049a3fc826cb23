#include <fcntl.h>
#include <unistd.h>

#include <signing/terminal/posix_terminal.hpp>

namespace kip {

bool stderr_is_terminal() {
  return ::isatty(STDERR_FILENO) == 1;
}

void occupy_standard_streams() {
  // Each gets the lowest number that is free. Opened the wrong way round, so that reading or writing fails.
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream) {
    if (::fcntl(stream, F_GETFD) >= 0) continue;
    static_cast<void>(::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY));
  }
}

}  // namespace kip
