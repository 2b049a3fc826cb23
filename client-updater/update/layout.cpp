#include <client-updater/update/layout.hpp>

namespace kip::updater {

Layout::Layout(std::filesystem::path root, LayoutKind kind, std::filesystem::path app_folder)
    : root_(std::move(root)), kind_(kind), app_(std::move(app_folder)) {}

Layout Layout::of_updater(const Layout& install) {
  Layout own(install.root() / "updater");
  own.metadata_ = install.metadata();
  return own;
}

std::filesystem::path Layout::versions() const {
  return (kind_ == LayoutKind::in_place ? state() : app()) / "versions";
}

std::filesystem::path Layout::pointer_value(const Target& target) const {
  return std::filesystem::path("versions") / directory_name(target);
}

std::string Layout::directory_name(const Target& target) {
  constexpr std::size_t kDigits = 8;
  return target.version.str() + "-" + target.manifest.hex().substr(0, kDigits);
}

}  // namespace kip::updater
