#include <client-updater/update/metadata.hpp>
#include <signing/storage/atomic_file.hpp>

namespace kip::updater {
namespace {

constexpr std::uint64_t kMaxStored = 8U << 20U;
constexpr unsigned kOwnerOnly = 0600;

}  // namespace

Result<std::optional<Bytes>> HttpMetadataFetcher::fetch(std::string_view file_name, std::size_t max_bytes) {
  const std::string url = base_url_ + std::string(file_name);
  KIP_TRY(HttpResponse response, http_.send({.url = url, .max_body = max_bytes}));
  constexpr int kOk = 200;
  constexpr int kNotFound = 404;
  if (response.status == kOk) return std::optional<Bytes>(std::move(response.body));
  if (response.status == kNotFound) return std::optional<Bytes>();
  return http_failure(response, url);
}

Result<std::optional<Bytes>> FileMetadataStore::load(std::string_view role) {
  auto bytes = read_file(files_, file(role), kMaxStored);
  if (bytes) return std::optional<Bytes>(*std::move(bytes));
  if (bytes.error().code == ErrorCode::not_found) return std::optional<Bytes>();
  return Unexpected(std::move(bytes).error());
}

Result<void> FileMetadataStore::save(std::string_view role, BytesView bytes) {
  return replace_file(files_, file(role), bytes, kOwnerOnly);
}

std::filesystem::path FileMetadataStore::file(std::string_view role) const {
  return folder_ / (tuf::encode_role(role) + ".json");
}

}  // namespace kip::updater
