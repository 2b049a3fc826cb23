#include <fmt/format.h>

#include <signing/crypto/sha256.hpp>
#include <signing/package/delta_reader.hpp>

#include "delta_pass.hpp"
#include "delta_stream.hpp"
#include "entry_check.hpp"
#include "staging.hpp"

namespace kip {
namespace {

constexpr std::string_view kKind = "delta";

Result<PackageManifest> tell_manifest(FileSystem& files, const DeltaSource& source, const Proceed& proceed) {
  KIP_TRY(auto file, files.open_input(source.delta, Links::follow));
  return with_context(DeltaPass(files, source, std::move(file)).tell_manifest(proceed), kKind, source.delta);
}

Result<PackageManifest> make_version(FileSystem& files, const DeltaSource& source, Staging& staging,
                                     const ExtractQuestions& ask) {
  KIP_TRY(PackageManifest manifest, tell_manifest(files, source, ask.proceed));
  KIP_TRY_VOID(ask.accept(manifest));
  KIP_TRY(auto file, files.open_input(source.delta, Links::follow));
  DeltaPass pass(files, source, std::move(file));
  const auto open = [&staging](const PackageFile& made) { return staging.open(made); };
  if (auto made = pass.make_files(manifest, open, ask.proceed); !made) {
    return Unexpected(with_context(std::move(made).error(), kKind, source.delta));
  }
  return manifest;
}

/// All but contents and what only the base can tell.
Result<InspectedDelta> read_structure(DeltaStream& stream) {
  KIP_TRY(Delta delta, stream.read_delta());
  KIP_TRY_VOID(stream.read_manifest_patch());
  InspectedDelta out{std::move(delta), {sha256(""), 0}};
  for (std::size_t number = 0; number < out.delta.patches.size(); ++number) {
    KIP_TRY(const TarReader::Entry patch, stream.next_patch(number));
    out.patch_octets += patch.size;
  }
  std::string before;
  for (std::size_t count = 0; count < out.delta.whole.size(); ++count) {
    KIP_TRY(const TarReader::Entry entry, stream.next_whole());
    if (entry.unchecked_path <= before) {
      return fail(ErrorCode::malformed, fmt::format("\"{}\" is there twice or out of order", entry.unchecked_path));
    }
    before = entry.unchecked_path;
    out.whole_octets += entry.size;
  }
  KIP_TRY_VOID(stream.expect_end());
  return out;
}

}  // namespace

Result<InspectedDelta> inspect_delta(FileSystem& files, const std::filesystem::path& delta) {
  KIP_TRY(const FileDigest file, digest_file(files, delta));
  KIP_TRY(auto input, files.open_input(delta, Links::follow));
  DeltaStream stream(std::move(input));
  auto out = with_context(read_structure(stream), kKind, delta);
  if (out) out->file = file;
  return out;
}

Result<PackageManifest> verify_delta(FileSystem& files, const DeltaSource& source,
                                     const std::function<Result<void>()>& proceed) {
  return tell_manifest(files, source, proceed);
}

Result<PackageManifest> extract_delta(FileSystem& files, const DeltaSource& source,
                                      const std::filesystem::path& staging, const ExtractQuestions& ask) {
  return fill_staging(files, staging, [&](Staging& folder) { return make_version(files, source, folder, ask); });
}

Result<PackageManifest> extract_delta_durably(FileSystem& files, const DeltaSource& source,
                                              const std::filesystem::path& folder,
                                              const std::function<Result<void>()>& proceed) {
  return fill_staging(files, folder, [&](Staging& staging) -> Result<PackageManifest> {
    KIP_TRY(PackageManifest manifest, make_version(files, source, staging, {.proceed = proceed}));
    KIP_TRY_VOID(staging.make_durable());
    return manifest;
  });
}

}  // namespace kip
