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

inline void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  if (!(out << bytes)) throw std::runtime_error("cannot write " + path);
}

}  // namespace kip::testing
