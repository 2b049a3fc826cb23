#include <fmt/format.h>

#include <client-updater/update/editable.hpp>
#include <client-updater/update/status.hpp>
#include <client-updater/update/versions.hpp>
#include <manifests/codec/reader.hpp>
#include <signing/tuf/metadata.hpp>

namespace kip::updater {
namespace {

constexpr std::uint64_t kMaxMetadata = 8U << 20U;
constexpr std::string_view kEnding = ".json";

/// Files that were verified when they were stored.
Result<MetadataStatus> read_one(FileSystem& files, const std::filesystem::path& path, std::string role) {
  KIP_TRY(const Bytes bytes, read_file(files, path, kMaxMetadata));
  const auto document = tuf::parse_document(bytes, kMaxMetadata);
  if (!document) {
    return fail_while(fmt::format("reading {} (it was damaged; kip-updater check fetches it anew)", path.string()),
                      document.error());
  }
  json::ObjectReader in(document->body, role);
  const std::int64_t version = in.integer("version", 1, INT64_MAX);
  const auto expires = in.parsed("expires", parse_instant);
  KIP_TRY_VOID(in.finish());
  return MetadataStatus{std::move(role), version, *expires};
}

Result<std::vector<MetadataStatus>> read_metadata(FileSystem& files, const Layout& layout) {
  std::vector<MetadataStatus> out;
  KIP_TRY(const auto names, files.list_directory(layout.metadata()));
  for (const std::string& name : names) {
    if (name.starts_with('.') || !name.ends_with(kEnding)) continue;
    KIP_TRY(MetadataStatus status,
            read_one(files, layout.metadata() / name, name.substr(0, name.size() - kEnding.size())));
    out.push_back(std::move(status));
  }
  return out;
}

/// None where what the vendor signed is not kept any more.
Result<std::vector<std::string>> exceptions_of(FileSystem& files, const Layout& layout, const Target& in_use) {
  KeptManifests manifests(files, layout);
  const auto manifest = manifests.find(in_use.manifest);
  if (!manifest) return std::vector<std::string>();
  return list_kept_edited(files, layout.tree(in_use), **manifest);
}

}  // namespace

Result<Status> read_status(FileSystem& files, StateStore& store, const Layout& layout) {
  Status status;
  KIP_TRY(status.state, store.load());
  if (!status.state.enrolment) {
    return fail(ErrorCode::not_found,
                fmt::format("{} holds no enrolled install; run kip-updater enroll CODE first", layout.root().string()));
  }
  const Layout own(layout.root(), *status.state.enrolment);
  KIP_TRY(status.outbox, store.counts());
  KIP_TRY(status.requests, store.requests());
  std::erase_if(status.requests, [](const KeptRequest& one) { return one.answer && !one.answer->open; });
  KIP_TRY(status.metadata, read_metadata(files, layout));
  status.app_folder = own.app();
  const InstalledVersion* current = status.state.current();
  if (current != nullptr) {
    KIP_TRY(status.kept_edited, exceptions_of(files, own, current->target));
  }
  if (current != nullptr && own.kind() == LayoutKind::versioned) {
    KIP_TRY(const auto pointer, read_current(files, own));
    status.pointer_as_recorded = pointer && *pointer == own.pointer_value(current->target);
  }
  return status;
}

}  // namespace kip::updater
