#include <array>

#include <manifests/core/exit_code.hpp>

namespace kip {
namespace {

struct Row {
  ErrorCode code;
  int exit;
  int http;
};

constexpr std::array<Row, 15> kTable = {{
    {ErrorCode::usage, 2, 400},
    {ErrorCode::malformed, 3, 400},
    {ErrorCode::too_large, 4, 413},
    {ErrorCode::not_found, 5, 404},
    {ErrorCode::conflict, 6, 409},
    {ErrorCode::denied, 7, 403},
    {ErrorCode::signature, 8, 422},
    {ErrorCode::expired, 9, 410},
    {ErrorCode::rollback, 10, 412},
    {ErrorCode::integrity, 11, 422},
    {ErrorCode::storage, 12, 500},
    {ErrorCode::disk_full, 13, 507},
    {ErrorCode::network, 14, 502},
    {ErrorCode::busy, 15, 503},
    {ErrorCode::internal, 70, 500},
}};

const Row& row(ErrorCode code) {
  for (const Row& candidate : kTable) {
    if (candidate.code == code) return candidate;
  }
  KIP_CHECK(false);
  return kTable.back();
}

}  // namespace

int exit_code(ErrorCode code) {
  return row(code).exit;
}

int http_status(ErrorCode code) {
  return row(code).http;
}

ErrorCode code_of_http_status(int status) {
  if (status == 401) return ErrorCode::denied;
  if (status == 429) return ErrorCode::busy;
  for (const Row& candidate : kTable) {
    if (candidate.http == status && candidate.code != ErrorCode::usage) return candidate.code;
  }
  return status >= 500 ? ErrorCode::network : ErrorCode::malformed;
}

}  // namespace kip
