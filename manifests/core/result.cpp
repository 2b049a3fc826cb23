#include <cstdio>
#include <cstdlib>

#include <manifests/core/result.hpp>

namespace kip {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "kip: internal error: %s does not hold at %s:%d. Please report this.\n", condition, file, line);
  std::abort();
}

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::usage:
      return "usage";
    case ErrorCode::malformed:
      return "malformed";
    case ErrorCode::too_large:
      return "too-large";
    case ErrorCode::not_found:
      return "not-found";
    case ErrorCode::conflict:
      return "conflict";
    case ErrorCode::denied:
      return "denied";
    case ErrorCode::signature:
      return "signature";
    case ErrorCode::expired:
      return "expired";
    case ErrorCode::rollback:
      return "rollback";
    case ErrorCode::integrity:
      return "integrity";
    case ErrorCode::storage:
      return "storage";
    case ErrorCode::disk_full:
      return "disk-full";
    case ErrorCode::network:
      return "network";
    case ErrorCode::busy:
      return "busy";
    case ErrorCode::internal:
      return "internal";
  }
  KIP_CHECK(false);
}

Unexpected fail_while(std::string_view doing, Error error) {
  error.message = std::string(doing) + ": " + error.message;
  return Unexpected(std::move(error));
}

}  // namespace kip
