#pragma once

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace kip::testing {

/// The bytes of a file of the test's own data; a missing one ends the test with its name.
inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace kip::testing
