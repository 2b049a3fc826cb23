#pragma once

#include <manifests/core/result.hpp>

namespace kip {

/// Exit status of every program of ours for a failure of that kind; 0 is success. The table is in docs/errors.md
/// and the two are compared by a test.
int exit_code(ErrorCode code);

/// HTTP status for a failure of that kind.
int http_status(ErrorCode code);

/// The code that an HTTP status of at least 400 stands for on the client's side.
ErrorCode code_of_http_status(int status);

}  // namespace kip
