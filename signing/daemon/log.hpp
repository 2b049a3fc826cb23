#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kip {

using LogFields = std::vector<std::pair<std::string_view, std::string>>;

/// Where operators read what happened: an event's name and key=value pairs, never a secret. Thread-safe.
class Log {
 public:
  virtual ~Log() = default;
  virtual void write(std::string_view event, const LogFields& fields) = 0;
};

/// "event=http.request status=200 path=/healthz" without a line end. A value with blanks, quotes, control characters or
/// '=' is quoted and escaped, so that nobody can write a line of his own.
std::string format_log_line(std::string_view event, const LogFields& fields);

}  // namespace kip
