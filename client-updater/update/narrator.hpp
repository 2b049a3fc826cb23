#pragma once

#include <functional>
#include <string_view>

#include <client-updater/update/download.hpp>

namespace kip::updater {

/// Tells the person at the machine how it goes. Both may be called often and must return soon.
struct Narrator {
  std::string language = {};  ///< of notes, as "vi"; empty: all of them
  std::function<void(std::string_view line)> say = [](std::string_view) {};
  DownloadProgress progress = [](std::uint64_t, std::uint64_t) {};
};

}  // namespace kip::updater
