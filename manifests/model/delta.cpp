#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <optional>

#include <fmt/format.h>

#include <manifests/codec/reading.hpp>
#include <manifests/model/delta.hpp>

namespace kip {
namespace {

using json::ObjectReader;

constexpr std::string_view kEnding = ".kpd";
const Sha256Digest kNoHash{std::array<std::uint8_t, Sha256Digest::kSize>{}};

Unexpected refused(std::string why, ErrorCode code = ErrorCode::malformed) {
  return fail(code, "delta: " + std::move(why));
}

Result<DeltaEnd> parse_end(const json::Value& value) {
  ObjectReader in(value, "version of a delta");
  auto version = in.parsed("version", Version::parse);
  const auto manifest = in.parsed("manifest", Sha256Digest::parse);
  KIP_TRY_VOID(in.finish());
  return DeltaEnd{*std::move(version), *manifest};
}

json::Value end_json(const DeltaEnd& end) {
  return json::Object{{"version", end.version.str()}, {"manifest", end.manifest.hex()}};
}

Result<DeltaSubject> read_subject(ObjectReader& in) {
  auto product = in.parsed("product", ProductId::parse);
  const json::Value from = in.object("from");
  const json::Value to = in.object("to");
  KIP_TRY_VOID(in.finish());
  KIP_TRY(DeltaEnd old_end, parse_end(from));
  KIP_TRY(DeltaEnd new_end, parse_end(to));
  if (old_end.manifest == new_end.manifest) return refused("it leads from a version to the same version");
  return DeltaSubject{*std::move(product), std::move(old_end), std::move(new_end)};
}

json::Object subject_json(const DeltaSubject& subject, std::string_view format) {
  return json::Object{{"format", format},
                      {"product", subject.product.str()},
                      {"from", end_json(subject.from)},
                      {"to", end_json(subject.to)}};
}

struct Range {
  std::size_t first;
  std::size_t count;
};

Result<Range> parse_range(const json::Value& value) {
  const json::Array* pair = value.as_array();
  const bool is_pair = pair != nullptr && pair->size() == 2;
  const std::int64_t* first = is_pair ? pair->front().as_integer() : nullptr;
  const std::int64_t* count = is_pair ? pair->back().as_integer() : nullptr;
  constexpr auto kMax = static_cast<std::int64_t>(PackageManifest::kMaxFiles);
  if (first == nullptr || count == nullptr || *first < 0 || *count < 1 || *first > kMax || *count > kMax - *first) {
    return fail(ErrorCode::malformed, "has an item that is no range in a list of files");
  }
  return Range{static_cast<std::size_t>(*first), static_cast<std::size_t>(*count)};
}

/// Written as ranges [first, count], since what changes lies close together.
std::vector<std::size_t> read_places(ObjectReader& in, std::string_view name, std::size_t max) {
  in.array(name, PackageManifest::kMaxFiles);
  std::vector<std::size_t> out;
  for (const Range& range : in.each(name, parse_range, PackageManifest::kMaxFiles)) {
    if (range.count > max - out.size()) {
      in.refuse(name, "names too many files", ErrorCode::too_large);
      return {};
    }
    for (std::size_t place = range.first; place < range.first + range.count; ++place)
      out.push_back(place);
  }
  return out;
}

json::Value places_json(const std::vector<std::size_t>& places) {
  json::Array out;
  for (std::size_t at = 0; at < places.size();) {
    std::size_t count = 1;
    while (at + count < places.size() && places[at + count] == places[at] + count)
      ++count;
    out.push_back(json::Array{static_cast<std::int64_t>(places[at]), static_cast<std::int64_t>(count)});
    at += count;
  }
  return out;
}

struct Run {
  DeltaCopy first;
  std::size_t count;
};

Result<Run> parse_run(const json::Value& value) {
  const json::Array* triple = value.as_array();
  if (triple == nullptr || triple->size() != 3)
    return fail(ErrorCode::malformed, "has an item that is no run of files");
  KIP_TRY(const Range base, parse_range(json::Array{triple->front(), triple->back()}));
  KIP_TRY(const Range file, parse_range(json::Array{(*triple)[1], triple->back()}));
  return Run{{base.first, file.first}, base.count};
}

/// Written as runs [base, file, count]: where a folder was renamed, its files are copied one after the other.
std::vector<DeltaCopy> read_moved(ObjectReader& in) {
  constexpr std::string_view kName = "moved";
  in.array(kName, PackageManifest::kMaxFiles);
  std::vector<DeltaCopy> out;
  for (const Run& run : in.each(kName, parse_run, PackageManifest::kMaxFiles)) {
    if (run.count > PackageManifest::kMaxFiles - out.size()) {
      in.refuse(kName, "names too many files", ErrorCode::too_large);
      return {};
    }
    for (std::size_t next = 0; next < run.count; ++next)
      out.push_back({run.first.base + next, run.first.file + next});
  }
  return out;
}

json::Value moved_json(const std::vector<DeltaCopy>& moved) {
  json::Array out;
  for (std::size_t at = 0; at < moved.size();) {
    const DeltaCopy& first = moved[at];
    std::size_t count = 1;
    while (at + count < moved.size() && moved[at + count] == DeltaCopy{first.base + count, first.file + count})
      ++count;
    out.push_back(json::Array{static_cast<std::int64_t>(first.base), static_cast<std::int64_t>(first.file),
                              static_cast<std::int64_t>(count)});
    at += count;
  }
  return out;
}

/// Reads patches, of which together no more may be said than the limits allow.
class PatchReader {
 public:
  Result<DeltaPatch> read(const json::Value& value) {
    ObjectReader in(value, "patch");
    DeltaPatch patch{read_places(in, "base", bases_left_), read_places(in, "files", files_left_)};
    if (patch.files.empty()) in.refuse("files", "makes no file");
    KIP_TRY_VOID(in.finish(ObjectReader::Unknown::refuse));
    bases_left_ -= patch.base.size();
    files_left_ -= patch.files.size();
    return patch;
  }

 private:
  std::size_t bases_left_ = Delta::kMaxBases;
  std::size_t files_left_ = PackageManifest::kMaxFiles;
};

/// Claims each file of the new version for one way of making it.
class Claims {
 public:
  explicit Claims(const std::vector<PackageFile>& files) : files_(files), claimed_(files.size(), false) {}

  bool is_claimed(std::size_t place) const { return claimed_[place]; }

  Result<void> add(const std::vector<std::size_t>& places) {
    std::size_t next = 0;
    for (const std::size_t place : places) {
      if (place >= files_.size()) return refused("it makes a file that its version does not have");
      if (claimed_[place]) return refused(fmt::format("it makes \"{}\" twice", files_[place].path.str()));
      if (place < next) return refused(fmt::format("it makes \"{}\" out of order", files_[place].path.str()));
      claimed_[place] = true;
      next = place;
    }
    return {};
  }

 private:
  const std::vector<PackageFile>& files_;
  std::vector<bool> claimed_;
};

Result<void> expect_managed(const PackageFile& file) {
  if (file.kind == PackageFileKind::managed) return {};
  return refused(fmt::format("\"{}\" is the customer's to edit: it can be neither patched nor copied, and is no base",
                             file.path.str()));
}

/// Octets of those files, none of which may be the customer's.
Result<std::uint64_t> size_of(const std::vector<PackageFile>& files, const std::vector<std::size_t>& places) {
  std::uint64_t size = 0;
  for (const std::size_t place : places) {
    if (place >= files.size()) return refused("a patch needs a file that its base does not have");
    const PackageFile& file = files[place];
    KIP_TRY_VOID(expect_managed(file));
    size += file.size;
  }
  return size;
}

/// Else small patches could have the same files read a million times.
Result<void> expect_each_once(std::vector<std::size_t> places) {
  std::sort(places.begin(), places.end());
  if (std::adjacent_find(places.begin(), places.end()) == places.end()) return {};
  return refused("a patch needs a file of its base twice");
}

Result<void> check_patch(const DeltaPatch& patch, const PackageManifest& from, const PackageManifest& to) {
  KIP_TRY_VOID(expect_each_once(patch.base));
  KIP_TRY(const std::uint64_t base, size_of(from.content().files, patch.base));
  KIP_TRY(const std::uint64_t made, size_of(to.content().files, patch.files));
  if (base <= Delta::kMaxPatched && made <= Delta::kMaxPatched) return {};
  return refused("a patch needs or makes more than 16 MiB", ErrorCode::too_large);
}

Result<void> check_copy(const DeltaCopy& copy, const PackageManifest& from, const PackageManifest& to) {
  const auto& bases = from.content().files;
  const PackageFile& file = to.content().files[copy.file];
  if (copy.base >= bases.size()) return refused("it copies a file that its base does not have");
  KIP_TRY_VOID(expect_managed(bases[copy.base]));
  KIP_TRY_VOID(expect_managed(file));
  if (bases[copy.base].size == file.size) return {};
  return refused(fmt::format("it copies \"{}\" from a file of another size", file.path.str()));
}

std::optional<std::size_t> place_of(const PackageManifest& manifest, const SafeRelativePath& path) {
  const PackageFile* found = manifest.find(path.str());
  if (found == nullptr) return std::nullopt;
  return static_cast<std::size_t>(found - manifest.content().files.data());
}

bool has_same_content(const PackageFile& a, const PackageFile& b) {
  return a.kind == b.kind && a.sha256 == b.sha256 && a.size == b.size;
}

Result<void> expect_few_patches(const Delta& delta, const PackageManifest& from, const PackageManifest& to) {
  const std::uint64_t most = most_patches(from, to);
  if (delta.patches.size() <= most) return {};
  return refused(fmt::format("{} patches, for these versions at most {} are needed", delta.patches.size(), most),
                 ErrorCode::too_large);
}

}  // namespace

std::string delta_patch_path(std::size_t number) {
  return fmt::format("kip/patch-{}", number);
}

Result<Delta> parse_delta(BytesView bytes) {
  KIP_TRY(const json::Value value, json::parse(bytes, {.bytes = Delta::kMaxBytes, .values = Delta::kMaxValues}));
  ObjectReader in(value, "delta");
  in.format("kip.delta", 1);
  in.array("patches", PackageManifest::kMaxFiles);
  PatchReader reader;
  auto patches = in.each(
      "patches", [&reader](const json::Value& item) { return reader.read(item); }, PackageManifest::kMaxFiles);
  auto moved = read_moved(in);
  auto whole = read_places(in, "whole", PackageManifest::kMaxFiles);
  KIP_TRY(DeltaSubject subject, read_subject(in));
  Delta delta{std::move(subject), std::move(patches), std::move(moved), std::move(whole)};
  if (to_bytes(delta) == bytes) return delta;
  return refused("is not in canonical form; make it with this project's packer");
}

Bytes to_bytes(const Delta& delta) {
  json::Object out = subject_json(delta.subject, "kip.delta/1");
  json::Array patches;
  for (const DeltaPatch& patch : delta.patches)
    patches.push_back(json::Object{{"base", places_json(patch.base)}, {"files", places_json(patch.files)}});
  out["patches"] = std::move(patches);
  out["moved"] = moved_json(delta.moved);
  out["whole"] = places_json(delta.whole);
  return json::to_compact(out);
}

Bytes outline_of(const PackageManifest& manifest) {
  return manifest.bytes_with(std::vector<Sha256Digest>(manifest.content().files.size(), kNoHash));
}

Result<PackageManifest> parse_outline(BytesView bytes) {
  KIP_TRY(PackageManifest outline, PackageManifest::parse(bytes));
  for (const PackageFile& file : outline.content().files) {
    if (file.sha256 == kNoHash) continue;
    return refused(fmt::format("it says a hash of \"{}\", which is to be told from its content", file.path.str()));
  }
  return outline;
}

std::vector<DeltaCopy> find_copies(const PackageManifest& from, const PackageManifest& to) {
  std::map<std::pair<Sha256Digest, std::uint64_t>, std::size_t> known;
  const auto& old_files = from.content().files;
  for (std::size_t place = 0; place < old_files.size(); ++place) {
    const PackageFile& file = old_files[place];
    if (file.kind == PackageFileKind::managed) known.try_emplace({file.sha256, file.size}, place);
  }
  std::vector<DeltaCopy> out;
  const auto& new_files = to.content().files;
  for (std::size_t place = 0; place < new_files.size(); ++place) {
    const PackageFile& file = new_files[place];
    const auto found = known.find({file.sha256, file.size});
    if (file.kind != PackageFileKind::managed || found == known.end()) continue;
    const auto same = place_of(from, file.path);
    out.push_back({same && has_same_content(old_files[*same], file) ? *same : found->second, place});
  }
  return out;
}

std::uint64_t most_patches(const PackageManifest& from, const PackageManifest& to) {
  return 1 + 2 * (from.total_size() + to.total_size()) / Delta::kMaxPatched;
}

Result<std::vector<DeltaCopy>> plan_delta(const Delta& delta, const PackageManifest& from, const PackageManifest& to) {
  const auto& files = to.content().files;
  KIP_TRY_VOID(expect_few_patches(delta, from, to));
  Claims claims(files);
  for (const DeltaPatch& patch : delta.patches) {
    KIP_TRY_VOID(claims.add(patch.files));
    KIP_TRY_VOID(check_patch(patch, from, to));
  }
  KIP_TRY_VOID(claims.add(delta.whole));
  std::vector<std::size_t> moved;
  for (const DeltaCopy& copy : delta.moved)
    moved.push_back(copy.file);
  KIP_TRY_VOID(claims.add(moved));
  std::vector<DeltaCopy> copies = delta.moved;
  for (std::size_t place = 0; place < files.size(); ++place) {
    if (claims.is_claimed(place)) continue;
    const auto base = place_of(from, files[place].path);
    if (!base) {
      return refused(
          fmt::format("it does not say how \"{}\" is made, and its base has no such file", files[place].path.str()));
    }
    copies.push_back({*base, place});
  }
  std::sort(copies.begin(), copies.end(), [](const DeltaCopy& a, const DeltaCopy& b) { return a.file < b.file; });
  for (const DeltaCopy& copy : copies)
    KIP_TRY_VOID(check_copy(copy, from, to));
  return copies;
}

Result<DeltaSubject> parse_delta_subject(const json::Value& custom) {
  ObjectReader in(custom, "delta of a release");
  in.format("kip.release-delta", 1);
  return read_subject(in);
}

json::Value to_json(const DeltaSubject& subject) {
  return subject_json(subject, "kip.release-delta/1");
}

std::string delta_target_path(const ProductId& product, const Version& to, const Sha256Digest& from) {
  return fmt::format("{0}/{0}-{1}.from-{2}{3}", product.str(), to.str(), from.hex(), kEnding);
}

bool is_delta_path(std::string_view path) {
  return path.ends_with(kEnding);
}

Result<DeltaSubject> read_listed_delta(std::string_view path, const json::Value& custom) {
  auto subject = parse_delta_subject(custom);
  if (!subject) return fail_while(fmt::format("what officers say of {}", path), std::move(subject).error());
  const std::string own = delta_target_path(subject->product, subject->to.version, subject->from.manifest);
  if (own == path) return subject;
  return fail(ErrorCode::malformed, fmt::format("{} says that its path must be {}", path, own));
}

}  // namespace kip
