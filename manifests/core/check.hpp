#pragma once

namespace kip {

/// Ends the process after one line on stderr. For broken invariants only; stays on in release builds.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace kip

#define KIP_CHECK(condition) ((condition) ? static_cast<void>(0) : ::kip::check_failed(#condition, __FILE__, __LINE__))
