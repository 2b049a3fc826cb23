#include <array>

#include <unistd.h>

#include <client-updater/platform/posix/machine_name.hpp>
#include <manifests/core/unicode.hpp>

namespace kip::updater {

std::string machine_name() {
  std::array<char, 200> name = {};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "unnamed";
  std::string text(name.data());
  return text.empty() || !is_utf8(text) ? "unnamed" : text;
}

}  // namespace kip::updater
