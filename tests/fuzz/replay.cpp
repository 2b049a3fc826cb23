// Runs a fuzz target over the files of folders, without libFuzzer: what was found once stays found.
//
//   replay_TARGET FOLDER...
//
// Exit status 1 where a folder has no file, or one that cannot be read or that the target leaves untried.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "target.hpp"

namespace {

bool replay(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file.is_open() || file.bad()) {
    std::fprintf(stderr, "replay: cannot read %s\n", path.c_str());
    return false;
  }
  // Said before the run, so that the last line names the file that ended the process.
  std::printf("%s\n", path.filename().c_str());
  std::fflush(stdout);
  if (LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()) == 0) return true;
  std::fprintf(stderr, "replay: the target did not try %s: it is too long\n", path.c_str());
  return false;
}

bool replay_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::size_t files = 0;
  bool good = true;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (!entry.is_regular_file()) continue;
    ++files;
    good = replay(entry.path()) && good;
  }
  if (files == 0) std::fprintf(stderr, "replay: no files in %s\n", folder.c_str());
  return good && files != 0;
}

}  // namespace

int main(int argc, char** argv) {
  bool good = argc > 1;
  for (int i = 1; i < argc; ++i)
    good = replay_folder(argv[i]) && good;
  return good ? 0 : 1;
}
