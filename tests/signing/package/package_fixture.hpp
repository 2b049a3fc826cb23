#pragma once

#include <map>
#include <string>

#include <signing/package/package_writer.hpp>
#include <signing/storage/file_system.hpp>
#include <testing/matchers.hpp>

namespace kip::testing {

/// Path inside a folder -> content.
using Contents = std::map<std::string, std::string>;

/// Writes files below a folder that is made where missing.
inline void write_folder(FileSystem& files, const std::filesystem::path& folder, const Contents& contents) {
  ASSERT_THAT(make_directories(files, folder, 0755), is_ok());
  for (const auto& [path, bytes] : contents) {
    ASSERT_THAT(make_directories(files, (folder / path).parent_path(), 0755), is_ok());
    const auto output = files.open_output(folder / path, OutputMode::create_new, 0644);
    ASSERT_THAT(output, is_ok());
    ASSERT_THAT((*output)->write(bytes), is_ok());
  }
}

/// What is below a folder; a name with "/" at its end is an empty directory.
inline Contents read_folder(FileSystem& files, const std::filesystem::path& folder, const std::string& inside = "") {
  Contents out;
  const auto names = files.list_directory(folder / inside);
  if (!names) return {{"cannot list", names.error().message}};
  for (const auto& name : *names) {
    const std::string path = inside + name;
    if (files.status(folder / path)->kind == FileKind::directory) {
      const auto below = read_folder(files, folder, path + "/");
      if (below.empty()) out[path + "/"] = "";
      out.insert(below.begin(), below.end());
    } else {
      out[path] = read_file(files, folder / path, 1U << 30U).value_or("cannot read");
    }
  }
  return out;
}

inline PackRequest pack_request(const std::filesystem::path& folder, const std::filesystem::path& output) {
  return {folder, output, *ProductId::parse("ledger"), *Version::parse("2026.1"), {}};
}

/// Names with blanks, of both normalisation forms, beyond ASCII, beyond the fields of an old tar header, and hidden.
inline Contents varied_contents() {
  return {{"B01-DN/2026/layout.xml", "<layout/>"},
          {"T\u00e9ves egys\u00e9g\u00e1r A.xml", "composed"},
          {"decomposed/Te\u0301ves.xml", "decomposed"},
          {"B\u00e1o c\u00e1o/t\u00e0i ch\u00ednh.xlsx", std::string("\0\x01\xff", 3)},
          {"\u4f1a\u8ba1/\u8868.xml", "zh"},
          {"empty.txt", ""},
          {".hidden/.git", "hidden"},
          {"large.bin", std::string(300'000, 'x') + "end"},
          {std::string(120, 'd') + "/" + std::string(200, 'f') + "/" + std::string(255, 'n'), "long"}};
}

}  // namespace kip::testing
