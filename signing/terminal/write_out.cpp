#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>

#include <signing/terminal/write_out.hpp>

namespace kip {
namespace {

/// 0 or the number of an error.
int write_and_flush(std::string_view text) {
  errno = 0;
  const bool whole = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  return whole ? 0 : errno;
}

Unexpected failure(int error) {
  const bool full = error == ENOSPC || error == EDQUOT;
  return fail(full ? ErrorCode::disk_full : ErrorCode::storage,
              fmt::format("writing to standard output: {}", std::strerror(error)));
}

}  // namespace

Result<void> write_out(std::string_view text) {
  const int error = write_and_flush(text);
  if (error == 0 || error == EPIPE) return {};
  return failure(error);
}

Result<void> hand_out(std::string_view text) {
  const int error = write_and_flush(text);
  return error == 0 ? Result<void>() : failure(error);
}

}  // namespace kip
