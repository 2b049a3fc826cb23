#include "numbered.hpp"

namespace kip::server::postgres {

std::string numbered(std::string_view sql) {
  std::string out;
  int next = 1;
  bool in_text = false;  // two apostrophes in one leave it and enter it again
  for (const char c : sql) {
    if (c == '\'') in_text = !in_text;
    if (c == '?' && !in_text) {
      out += '$' + std::to_string(next++);
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace kip::server::postgres
