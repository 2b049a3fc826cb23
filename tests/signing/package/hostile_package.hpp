#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <manifests/model/package_manifest.hpp>

#include "package_fixture.hpp"

namespace kip::testing {

/// Builds tar archives octet by octet, also such as no writer would make.
class TarBytes {
 public:
  struct Header {
    std::string path;
    std::uint64_t size = 0;
    char type = '0';
    std::string link = {};
  };

  TarBytes& header(const Header& header);
  /// Content and the padding to a whole block.
  TarBytes& content(std::string_view bytes);
  TarBytes& file(const std::string& path, std::string_view bytes) {
    return header({path, bytes.size()}).content(bytes);
  }
  /// An extended header for the next entry.
  TarBytes& pax(const std::vector<std::pair<std::string, std::string>>& records);
  TarBytes& end() { return raw(std::string(1024, '\0')); }
  TarBytes& raw(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
  }

  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

/// One Zstandard frame at a fast level.
std::string zstd_frame(std::string_view bytes);
/// One frame with an uncompressed block, which asks for a window of 2^window_log octets.
std::string zstd_frame_with_window(int window_log, std::string_view bytes);

/// A right manifest for these files.
std::string manifest_for(const Contents& contents);
/// Manifest and files, no end.
TarBytes tar_of(const Contents& contents);

}  // namespace kip::testing
