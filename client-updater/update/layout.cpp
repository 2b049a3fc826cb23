#include <client-updater/update/layout.hpp>

namespace kip::updater {

std::filesystem::path Layout::pointer_value(const Target& target) const {
  return std::filesystem::path("versions") / directory_name(target);
}

std::string Layout::directory_name(const Target& target) {
  constexpr std::size_t kDigits = 8;
  return target.version.str() + "-" + target.manifest.hex().substr(0, kDigits);
}

}  // namespace kip::updater
