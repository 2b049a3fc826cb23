#include <cstdio>

#include <fmt/format.h>

#include <manifests/codec/json.hpp>
#include <manifests/core/exit_code.hpp>
#include <signing/terminal/report.hpp>

namespace kip {

int report_error(const Error& error, bool json) {
  if (json) {
    const json::Object body{{"code", to_string(error.code)}, {"message", error.message}};
    fmt::print(stderr, "{}\n", json::to_compact(json::Object{{"error", body}}));
  } else {
    fmt::print(stderr, "error: {}\n", error.message);
  }
  return exit_code(error.code);
}

}  // namespace kip
