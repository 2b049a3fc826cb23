#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include <manifests/codec/choice.hpp>
#include <manifests/codec/reading.hpp>
#include <manifests/model/package_check.hpp>
#include <manifests/model/package_manifest.hpp>

namespace kip {
namespace {

using json::ObjectReader;

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

json::Value file_json(const PackageFile& file) {
  return json::Object{{"path", file.path.str()},
                      {"sha256", file.sha256.hex()},
                      {"size", static_cast<std::int64_t>(file.size)},
                      {"mode", choice_text(kModes, file.executable)},
                      {"kind", choice_text(kKinds, file.kind)}};
}

Bytes write_manifest(const PackageContent& content) {
  json::Object out = subject_json(content.subject);
  out["format"] = content.subject.upkeep.empty() ? "kip.package/1" : "kip.package/2";
  out["product"] = content.product.str();
  out["version"] = content.version.str();
  json::Array files;
  files.reserve(content.files.size());
  for (const PackageFile& file : content.files)
    files.push_back(file_json(file));
  out["files"] = std::move(files);
  return json::to_compact(out);
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
  return PackageManifest(std::move(content), std::move(bytes));
}

Result<PackageManifest> PackageManifest::parse(BytesView bytes) {
  KIP_TRY(const json::Value value, json::parse(bytes, {.bytes = kMaxBytes}));
  const auto unknown = json::unknown_members(value);
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
  auto files = in.each(
      "files", [unknown](const json::Value& item) { return parse_file(item, unknown); }, kMaxFiles);
  KIP_TRY_VOID(in.finish(unknown));
  PackageContent content{*std::move(product), *std::move(version), std::move(subject), std::move(files)};
  KIP_TRY_VOID(check_package(content));
  // A later minor version has members that we cannot write ourselves.
  const bool known = unknown == ObjectReader::Unknown::refuse;
  if ((known ? write_manifest(content) : json::to_compact(value)) != bytes) {
    return fail(ErrorCode::malformed, "package manifest: is not in canonical form; make it with this project's packer");
  }
  return PackageManifest(std::move(content), Bytes(bytes));
}

PackageManifest PackageManifest::with_hashes(const std::vector<Sha256Digest>& hashes) const {
  PackageContent content = content_;
  KIP_CHECK(hashes.size() == content.files.size());
  // Not written from the content: a later minor version has members that we do not know.
  auto tree = json::parse(bytes_, {.bytes = kMaxBytes});
  json::Array& files = *tree.value().as_object()->find("files")->second.as_array();
  for (std::size_t place = 0; place < hashes.size(); ++place) {
    content.files[place].sha256 = hashes[place];
    files[place].as_object()->find("sha256")->second = hashes[place].hex();
  }
  return PackageManifest(std::move(content), json::to_compact(*tree));
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
