#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>

#include <signing/terminal/write_out.hpp>

namespace kip {

Result<void> write_out(std::string_view text) {
  errno = 0;
  const bool whole = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (whole || errno == EPIPE) return {};
  const bool full = errno == ENOSPC || errno == EDQUOT;
  return fail(full ? ErrorCode::disk_full : ErrorCode::storage,
              fmt::format("writing to standard output: {}", std::strerror(errno)));
}

}  // namespace kip
