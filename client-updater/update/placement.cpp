#include <client-updater/update/in_place.hpp>
#include <client-updater/update/placement.hpp>
#include <client-updater/update/pointed.hpp>

namespace kip::updater {

std::unique_ptr<Placement> make_placement(FileSystem& files, const Layout& layout, KeptManifests& manifests) {
  if (layout.kind() == LayoutKind::in_place) return std::make_unique<InPlacePlacement>(files, layout, manifests);
  return std::make_unique<PointedPlacement>(files, layout, manifests);
}

}  // namespace kip::updater
