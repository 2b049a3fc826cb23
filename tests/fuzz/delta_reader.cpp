// What is in a delta. Input: one octet, then what it says:
//   'd' a description (kip/delta.json);
//   'p' two octets, the size of a base; the base; a patch for it;
//   anything else: a delta, as sections of two octets of size and the content: the description, the patch of the
//       manifest, the first patch of files, and to the end the file that is there whole. They are put into the archive
//       here, since nothing finds a checksum by chance.
//   - What is accepted of a description is written again to the same octets.
//   - What fits two manifests makes each file in exactly one way, and no customer's file out of the base.
//   - A patch makes no more than it is allowed to, whatever its base is.
//   - A delta that is accepted makes exactly the version that it says; one that is refused leaves nothing.

#include <algorithm>

#include <manifests/model/delta.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/package/delta_reader.hpp>
#include <signing/package/tar_writer.hpp>
#include <signing/package/zstd_patch.hpp>
#include <signing/storage/memory_file_system.hpp>

#include "target.hpp"

namespace kip::fuzz {
namespace {

constexpr std::uint64_t kMaxMade = 1U << 16U;
constexpr unsigned kMode = 0644;

struct File {
  const char* path;
  BytesView before;
  BytesView after;
  PackageFileKind kind = PackageFileKind::managed;
};
constexpr std::array<File, 3> kFiles = {{{"a.txt", "the first form", "the second form"},
                                         {"b/c.txt", "stays", "stays"},
                                         {"mine.ini", "key=1", "key=2", PackageFileKind::editable}}};

PackageManifest manifest_of(std::string_view version, BytesView File::*content) {
  PackageContent out{ProductId::parse("ledger").value(), Version::parse(version).value(), {}, {}};
  for (const File& file : kFiles) {
    const BytesView bytes = file.*content;
    out.files.push_back({SafeRelativePath::parse(file.path).value(), sha256(bytes), bytes.size(), false, file.kind});
  }
  return PackageManifest::create(std::move(out)).value();
}

const PackageManifest& before() {
  static const PackageManifest kBefore = manifest_of("1.0", &File::before);
  return kBefore;
}
const PackageManifest& after() {
  static const PackageManifest kAfter = manifest_of("1.1", &File::after);
  return kAfter;
}

void write(FileSystem& files, const std::filesystem::path& path, BytesView bytes) {
  KIP_CHECK(make_directories(files, path.parent_path(), 0755).has_value());
  const auto output = files.open_output(path, OutputMode::create_new, kMode);
  KIP_CHECK(output.has_value() && (*output)->write(bytes).has_value());
}

void try_description(BytesView bytes) {
  const auto delta = parse_delta(bytes);
  if (!delta) return;
  KIP_CHECK(to_bytes(*delta) == bytes);
  const auto copies = plan_delta(*delta, before(), after());
  if (!copies) return;
  std::vector<std::size_t> made = delta->whole;
  for (const DeltaPatch& patch : delta->patches) {
    made.insert(made.end(), patch.files.begin(), patch.files.end());
    for (const std::size_t base : patch.base)
      KIP_CHECK(before().content().files.at(base).kind == PackageFileKind::managed);
  }
  for (const DeltaCopy& copy : *copies) {
    const PackageFile& base = before().content().files.at(copy.base);
    KIP_CHECK(base.kind == PackageFileKind::managed && base.size == after().content().files.at(copy.file).size);
    made.push_back(copy.file);
  }
  std::sort(made.begin(), made.end());
  KIP_CHECK(made == (std::vector<std::size_t>{0, 1, 2}));
  KIP_CHECK(std::count(delta->whole.begin(), delta->whole.end(), 2U) == 1);
}

BytesView take_section(BytesView& rest) {
  const auto octet = [&rest](std::size_t at) {
    return at < rest.size() ? static_cast<std::size_t>(static_cast<unsigned char>(rest[at])) : 0;
  };
  const std::size_t size = octet(0) << 8U | octet(1);
  rest.remove_prefix(std::min<std::size_t>(2, rest.size()));
  const BytesView taken = rest.substr(0, size);
  rest.remove_prefix(taken.size());
  return taken;
}

void try_patch(BytesView input) {
  const BytesView base = take_section(input);
  for (const std::uint64_t most : {std::uint64_t{100}, kMaxMade}) {
    const auto made = apply_patch(base, input, most);
    KIP_CHECK(!made || made->size() <= most);
    const auto octet_by_octet = [rest = input]() mutable -> Result<BytesView> {
      const BytesView piece = rest.substr(0, 1);
      rest.remove_prefix(piece.size());
      return piece;
    };
    const auto again = apply_patch(base, octet_by_octet, most);
    KIP_CHECK(made.has_value() == again.has_value() && (!made || *made == *again));
  }
}

Bytes delta_of(BytesView input) {
  Bytes out;
  ZstdEncoder encoder(
      [&out](BytesView bytes) -> Result<void> {
        out += bytes;
        return {};
      },
      17);
  TarWriter tar([&](BytesView bytes) { return encoder.write(bytes); }, TarWriter::Names::ascii_only);
  const auto add = [&tar](const std::string& path, BytesView bytes) {
    KIP_CHECK(tar.add(path, bytes.size(), kMode).has_value() && tar.write(bytes).has_value());
  };
  add(std::string(Delta::kPath), take_section(input));
  add(std::string(Delta::kManifestPath), take_section(input));
  add(delta_patch_path(0), take_section(input));
  add("mine.ini", input);
  KIP_CHECK(tar.finish().has_value() && encoder.finish().has_value());
  return out;
}

void try_delta(BytesView input) {
  MemoryFileSystem files;
  for (const File& file : kFiles)
    write(files, std::filesystem::path("/base") / file.path, file.before);
  write(files, "/x.kpd", delta_of(input));
  const auto found = inspect_delta(files, "/x.kpd");
  const auto made = extract_delta(files, {"/x.kpd", {"/base", before()}}, "/staging");
  KIP_CHECK(path_exists(files, "/staging").value() == made.has_value());
  if (!made) return;
  KIP_CHECK(found.has_value() && sha256(made->bytes()) == found->delta.subject.to.manifest);
  for (const PackageFile& file : made->content().files) {
    const Bytes content = read_file(files, "/staging/" + file.path.str(), kMaxMade).value();
    KIP_CHECK(content.size() == file.size && sha256(content) == file.sha256);
  }
}

}  // namespace
}  // namespace kip::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > kip::fuzz::kMaxInput) return -1;
  if (size == 0) return 0;
  const kip::BytesView rest = kip::fuzz::view(data, size).substr(1);
  if (data[0] == 'd') {
    kip::fuzz::try_description(rest);
  } else if (data[0] == 'p') {
    kip::fuzz::try_patch(rest);
  } else {
    kip::fuzz::try_delta(rest);
  }
  return 0;
}
