#pragma once

#include <signing/crypto/sha256.hpp>
#include <signing/package/delta_reader.hpp>
#include <signing/package/delta_writer.hpp>
#include <signing/package/package_reader.hpp>
#include <signing/storage/posix_file_system.hpp>
#include <testing/temporary_directory.hpp>

#include "package_fixture.hpp"

namespace kip::testing {

/// Two versions of a product: "old.kpk" and "new.kpk", and the old one unpacked in "base". Names that end in ".ini" are
/// the customer's.
class TwoVersions {
 public:
  TwoVersions(const Contents& before, const Contents& after)
      : before_(pack("old", "1.0", before)), after_(pack("new", "1.1", after)) {
    EXPECT_THAT(extract_package(files_, path("old.kpk"), std::nullopt, path("base")), is_ok());
  }

  PackageManifest pack(const std::string& name, std::string_view version, const Contents& contents,
                       std::string_view product = "ledger") {
    write_folder(files_, path(name), contents);
    PackRequest request{path(name), path(name + ".kpk"), *ProductId::parse(product), *Version::parse(version), {}};
    for (const auto& [file, bytes] : contents) {
      if (file.ends_with(".ini")) request.description.editable = {*PathPattern::parse("**/*.ini")};
    }
    auto written = write_package(files_, request);
    EXPECT_THAT(written, is_ok());
    EXPECT_THAT(files_.remove_tree(path(name)), is_ok());
    return std::move(written)->manifest;
  }

  Result<WrittenDelta> make() { return write_delta(files_, {path("old.kpk"), path("new.kpk"), path("x.kpd")}); }
  Result<PackageManifest> extract() { return extract_delta(files_, source(), path("staging")); }
  Result<PackageManifest> verify() { return verify_delta(files_, source()); }
  DeltaSource source() { return {path("x.kpd"), {path("base"), before_}, after_.identity(sha256)}; }
  /// Puts these octets where the delta is.
  void put(std::string_view bytes) {
    ASSERT_THAT(files_.remove_tree(path("x.kpd")), is_ok());
    write_folder(files_, path(""), {{"x.kpd", std::string(bytes)}});
  }
  std::string bytes(const std::string& name) { return *read_file(files_, path(name), 1U << 30U); }
  /// Names beside what the constructor made.
  std::vector<std::string> names() { return *files_.list_directory(path("")); }

  std::filesystem::path path(const std::string& name) const { return directory_.path() / name; }
  FileSystem& files() { return files_; }
  const PackageManifest& before() const { return before_; }
  const PackageManifest& after() const { return after_; }

 private:
  TemporaryDirectory directory_;
  PosixFileSystem files_;
  PackageManifest before_;
  PackageManifest after_;
};

/// Content that does not shrink by itself.
inline std::string noise(std::size_t size, std::uint64_t seed = 1) {
  std::string out;
  for (std::uint64_t state = seed * 0x9E3779B97F4A7C15U; out.size() < size;) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    out += static_cast<char>(state >> 56U);
  }
  return out;
}

}  // namespace kip::testing
