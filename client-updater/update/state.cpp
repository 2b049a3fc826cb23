#include <algorithm>

#include <client-updater/update/state.hpp>

namespace kip::updater {
namespace {

template <class Predicate>
const InstalledVersion* first(const std::vector<InstalledVersion>& versions, Predicate&& matches) {
  const auto found = std::find_if(versions.begin(), versions.end(), matches);
  return found == versions.end() ? nullptr : &*found;
}

}  // namespace

const InstalledVersion* State::current() const {
  return first(versions, [](const InstalledVersion& version) { return version.current; });
}

const InstalledVersion* State::find(const Target& target) const {
  return first(versions, [&](const InstalledVersion& version) { return version.target == target; });
}

}  // namespace kip::updater
