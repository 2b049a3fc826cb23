#pragma once

#include <manifests/core/result.hpp>

namespace kip {

/// One clear line on stderr, or one JSON object {"error":{"code","message"}} for machines; returns the exit status.
int report_error(const Error& error, bool json);

}  // namespace kip
