#include <algorithm>

#include <client-updater/update/state.hpp>

namespace kip::updater {

const InstalledVersion* State::current() const {
  const auto found =
      std::find_if(versions.begin(), versions.end(), [](const auto& version) { return version.current; });
  return found == versions.end() ? nullptr : &*found;
}

}  // namespace kip::updater
