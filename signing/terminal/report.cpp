#include <cstdio>

#include <manifests/codec/json.hpp>
#include <manifests/core/exit_code.hpp>
#include <manifests/core/printable.hpp>
#include <manifests/core/unicode.hpp>
#include <signing/terminal/report.hpp>

namespace kip {

int report_error(const Error& error, bool json) {
  std::string line = "error: " + printable(error.message) + "\n";
  if (json) {
    // A path from the command line may be no UTF-8; JSON is.
    const std::string message = is_utf8(error.message) ? error.message : printable(error.message);
    const json::Object body{{"code", to_string(error.code)}, {"message", message}};
    line = json::to_compact(json::Object{{"error", body}}) + "\n";
  }
  static_cast<void>(std::fputs(line.c_str(), stderr));  // there is nobody left to tell that this failed
  return exit_code(error.code);
}

}  // namespace kip
