#include <algorithm>
#include <functional>
#include <optional>
#include <tuple>

#include <fmt/format.h>

#include <manifests/codec/choice.hpp>
#include <manifests/codec/long_list.hpp>
#include <manifests/codec/reading.hpp>
#include <manifests/model/package_check.hpp>
#include <manifests/model/package_manifest.hpp>

namespace kip {
namespace {

using json::ObjectReader;

constexpr const char* kFiles = "files";

constexpr Choices<PackageFileKind, 2> kKinds = {
    {{PackageFileKind::managed, "managed"}, {PackageFileKind::editable, "editable"}}};

constexpr Choices<bool, 2> kModes = {{{false, "0644"}, {true, "0755"}}};

Result<PackageFile> parse_file(const json::Value& value, ObjectReader::Unknown unknown) {
  ObjectReader in(value, "file");
  auto path = in.parsed("path", SafeRelativePath::parse);
  const auto sha256 = in.parsed("sha256", Sha256Digest::parse);
  const auto size = in.integer("size", 0, static_cast<std::int64_t>(PackageManifest::kMaxFileSize));
  const auto executable = in.parsed("mode", [](std::string_view text) { return parse_choice(kModes, "a mode", text); });
  const auto kind =
      in.parsed("kind", [](std::string_view text) { return parse_choice(kKinds, "a kind of file", text); });
  KIP_TRY_VOID(in.finish(unknown));
  return PackageFile{*std::move(path), *sha256, static_cast<std::uint64_t>(size), *executable, *kind};
}

json::LongListReader<PackageFile> reader_of_files(ObjectReader::Unknown unknown) {
  return {kFiles, PackageManifest::kMaxFiles, [unknown](const json::Value& file) { return parse_file(file, unknown); }};
}

json::Value file_json(const PackageFile& file, const Sha256Digest& sha256) {
  return json::Object{{"path", file.path.str()},
                      {"sha256", sha256.hex()},
                      {"size", static_cast<std::int64_t>(file.size)},
                      {"mode", choice_text(kModes, file.executable)},
                      {"kind", choice_text(kKinds, file.kind)}};
}

using HashOf = std::function<const Sha256Digest&(std::size_t place)>;

Bytes write_manifest(const PackageContent& content, const HashOf& hash_of) {
  json::Object out = subject_json(content.subject);
  out["format"] = content.subject.upkeep.empty() ? "kip.package/1" : "kip.package/2";
  out["product"] = content.product.str();
  out["version"] = content.version.str();
  out[kFiles] = json::Array{};
  constexpr std::size_t kRest = 1024;
  constexpr std::size_t kFileRest = 150;
  std::size_t octets = kRest;
  for (const PackageFile& file : content.files)
    octets += kFileRest + file.path.str().size();
  const auto give = [&](std::size_t place) { return file_json(content.files[place], hash_of(place)); };
  return json::to_compact_long(out, {kFiles, content.files.size(), give, octets});
}

Bytes write_manifest(const PackageContent& content) {
  return write_manifest(content,
                        [&content](std::size_t place) -> const Sha256Digest& { return content.files[place].sha256; });
}

/// Major version 2 is 1 with an upkeep, so that a program that knows only files refuses it.
int major_of(const json::Value& value) {
  const json::Value* format = value.find("format");
  const std::string* text = format == nullptr ? nullptr : format->as_text();
  return text != nullptr && (*text == "kip.package/2" || text->starts_with("kip.package/2.")) ? 2 : 1;
}

bool by_path(const PackageFile& a, const PackageFile& b) {
  return a.path < b.path;
}

void sort_lists(PackageContent& content) {
  PackageSubject& subject = content.subject;
  std::sort(subject.acts.begin(), subject.acts.end());
  std::sort(subject.from_versions.begin(), subject.from_versions.end());
  for (PackageForm& form : subject.forms)
    std::sort(form.files.begin(), form.files.end());
  std::sort(subject.forms.begin(), subject.forms.end(), [](const PackageForm& a, const PackageForm& b) {
    return std::tie(a.code, a.schema_version) < std::tie(b.code, b.schema_version);
  });
  std::sort(subject.removals.begin(), subject.removals.end(),
            [](const PackageRemoval& a, const PackageRemoval& b) { return a.path < b.path; });
  std::sort(subject.upkeep.migrations.begin(), subject.upkeep.migrations.end(),
            [](const PackageMigration& a, const PackageMigration& b) {
              return std::tie(a.database, a.number) < std::tie(b.database, b.number);
            });
  std::sort(content.files.begin(), content.files.end(), by_path);
}

}  // namespace

Result<PackageManifest> PackageManifest::create(PackageContent content) {
  sort_lists(content);
  KIP_TRY_VOID(check_package(content));
  Bytes bytes = write_manifest(content);
  if (bytes.size() > kMaxBytes) {
    return fail(ErrorCode::too_large, "the manifest would have more than 8 MiB: pack fewer files");
  }
  return PackageManifest(std::move(content), std::move(bytes), false);
}

Result<PackageManifest> PackageManifest::parse(BytesView bytes) {
  auto reader = reader_of_files(ObjectReader::Unknown::refuse);
  KIP_TRY(const json::Value value, json::parse_long(bytes, reader.items(), {.bytes = kMaxBytes}));
  const auto unknown = json::unknown_members(value);
  if (unknown == ObjectReader::Unknown::keep) {
    // Only now it is known that members may be there that this program does not know.
    reader = reader_of_files(unknown);
    KIP_TRY_VOID(json::parse_long(bytes, reader.items(), {.bytes = kMaxBytes}));
  }
  ObjectReader in(value, "package manifest");
  const int major = major_of(value);
  in.format("kip.package", major);
  auto product = in.parsed("product", ProductId::parse);
  auto version = in.parsed("version", Version::parse);
  auto subject = read_subject(in, true, unknown);
  const int needed = subject.upkeep.empty() ? 1 : 2;
  if (major != needed) {
    in.refuse("format", fmt::format("is \"kip.package/{}\", a package {} migrations or probes is \"kip.package/{}\"",
                                    major, needed == 1 ? "without" : "with", needed));
  }
  auto files = std::move(reader).finish(in);
  KIP_TRY_VOID(in.finish(unknown));
  PackageContent content{*std::move(product), *std::move(version), std::move(subject), std::move(files)};
  KIP_TRY_VOID(check_package(content));
  // A later minor version has members that we cannot write ourselves.
  const bool is_known = unknown == ObjectReader::Unknown::refuse;
  Bytes canonical = is_known ? write_manifest(content) : json::to_compact(*json::parse(bytes, {.bytes = kMaxBytes}));
  if (canonical != bytes) {
    return fail(ErrorCode::malformed, "package manifest: is not in canonical form; make it with this project's packer");
  }
  return PackageManifest(std::move(content), std::move(canonical), !is_known);
}

Bytes PackageManifest::bytes_with(const std::vector<Sha256Digest>& hashes) const {
  KIP_CHECK(hashes.size() == content_.files.size());
  if (!is_later_) {
    return write_manifest(content_, [&hashes](std::size_t place) -> const Sha256Digest& { return hashes[place]; });
  }
  auto tree = json::parse(bytes_, {.bytes = kMaxBytes});
  json::Array& files = *tree.value().as_object()->find(kFiles)->second.as_array();
  for (std::size_t place = 0; place < hashes.size(); ++place)
    files[place].as_object()->find("sha256")->second = hashes[place].hex();
  return json::to_compact(*tree);
}

PackageManifest PackageManifest::with_hashes(const std::vector<Sha256Digest>& hashes) && {
  bytes_ = bytes_with(hashes);
  for (std::size_t place = 0; place < hashes.size(); ++place)
    content_.files[place].sha256 = hashes[place];
  return std::move(*this);
}

const PackageFile* PackageManifest::find(std::string_view path) const {
  const auto& files = content_.files;
  const auto found = std::lower_bound(files.begin(), files.end(), path,
                                      [](const PackageFile& file, std::string_view p) { return file.path.str() < p; });
  return found == files.end() || found->path.str() != path ? nullptr : &*found;
}

std::uint64_t PackageManifest::total_size() const {
  std::uint64_t sum = 0;
  for (const PackageFile& file : content_.files)
    sum += file.size;
  return sum;
}

bool PackageManifest::follows(const Version& version) const {
  const auto& from = content_.subject.from_versions;
  return from.empty() || std::find(from.begin(), from.end(), version) != from.end();
}

}  // namespace kip
