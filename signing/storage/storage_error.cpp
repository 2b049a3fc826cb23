#include <fmt/format.h>

#include <signing/storage/storage_error.hpp>

namespace kip {
namespace {

std::string_view general_words(ErrorCode code) {
  switch (code) {
    case ErrorCode::not_found:
      return "there is no such file or directory; check the path";
    case ErrorCode::conflict:
      return "there is something of another kind at that path; move it away or choose another path";
    case ErrorCode::denied:
      return "permission denied; run this as the owner or change the permissions";
    case ErrorCode::disk_full:
      return "no space is left on that disk; free some and try again";
    case ErrorCode::too_large:
      return "the name or the file is larger than this file system allows; choose a shorter path or another disk";
    case ErrorCode::busy:
      return "another process is at work there; wait until it has ended and try again";
    case ErrorCode::usage:
    case ErrorCode::malformed:
    case ErrorCode::signature:
    case ErrorCode::expired:
    case ErrorCode::rollback:
    case ErrorCode::integrity:
    case ErrorCode::storage:
    case ErrorCode::network:
    case ErrorCode::internal:
      break;
  }
  return "the file system failed; check the disk and the system log";
}

}  // namespace

Unexpected storage_failure(ErrorCode code, std::string_view doing, const std::filesystem::path& path,
                           std::string_view detail) {
  return fail(code, fmt::format("{} {}: {}", doing, path.string(), detail.empty() ? general_words(code) : detail));
}

}  // namespace kip
