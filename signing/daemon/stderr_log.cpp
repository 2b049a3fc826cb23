#include <cstdio>

#include <signing/daemon/stderr_log.hpp>

namespace kip {

void StderrLog::write(std::string_view event, const LogFields& fields) {
  const std::string line = "time=" + format_instant(clock_.now()) + " " + format_log_line(event, fields) + "\n";
  const std::lock_guard lock(mutex_);
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace kip
