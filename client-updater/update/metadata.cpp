#include <client-updater/update/metadata.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/package/folder_scan.hpp>
#include <signing/storage/atomic_file.hpp>

namespace kip::updater {
namespace {

constexpr std::uint64_t kMaxStored = 8U << 20U;
constexpr std::size_t kMaxFileName = 200;
constexpr unsigned kOwnerOnly = 0600;
constexpr const char* kVerified = "verified";
constexpr int kOk = 200;
constexpr int kNotModified = 304;
constexpr int kForbidden = 403;
constexpr int kNotFound = 404;

}  // namespace

Result<std::optional<Bytes>> HttpMetadataFetcher::fetch(std::string_view file_name, std::size_t max_bytes) {
  const std::string url = base_url_ + std::string(file_name);
  KIP_TRY(HttpResponse response, http_.send({.url = url, .max_body = max_bytes}));
  if (response.status == kOk) return std::optional<Bytes>(std::move(response.body));
  if (response.status == kNotFound || response.status == kForbidden) return std::optional<Bytes>();
  return http_failure(response, url);
}

Result<tuf::Fetched> HttpMetadataFetcher::fetch_unless(std::string_view file_name, std::size_t max_bytes,
                                                       const tuf::Validators& known) {
  HttpRequest request{.url = base_url_ + std::string(file_name), .max_body = max_bytes};
  if (!known.etag.empty()) request.headers.emplace_back("If-None-Match", known.etag);
  if (!known.last_modified.empty()) request.headers.emplace_back("If-Modified-Since", known.last_modified);
  KIP_TRY(HttpResponse response, http_.send(request));
  if (response.status == kNotModified && !known.empty()) return tuf::Fetched{std::nullopt, known};
  if (response.status != kOk) return http_failure(response, request.url);
  tuf::Validators validators{std::string(response.header("etag")), std::string(response.header("last-modified"))};
  return tuf::Fetched{std::move(response.body), std::move(validators)};
}

Result<std::optional<Bytes>> FileMetadataStore::read(const std::filesystem::path& path) {
  auto bytes = read_file(files_, path, kMaxStored);
  if (bytes) return std::optional<Bytes>(*std::move(bytes));
  if (bytes.error().code == ErrorCode::not_found) return std::optional<Bytes>();
  return Unexpected(std::move(bytes).error());
}

Result<std::optional<Bytes>> FileMetadataStore::load(std::string_view role) {
  return read(file(role));
}

Result<std::optional<Sha256Digest>> FileMetadataStore::digest(std::string_view role) {
  auto found = digest_file(files_, file(role));
  if (found) return std::optional(found->sha256);
  if (found.error().code == ErrorCode::not_found) return std::optional<Sha256Digest>();
  return Unexpected(std::move(found).error());
}

Result<void> FileMetadataStore::save(std::string_view role, BytesView bytes) {
  return replace_file(files_, file(role), bytes, kOwnerOnly);
}

Result<void> FileMetadataStore::remove(std::string_view role) {
  const auto removed = files_.remove(file(role));
  if (!removed && removed.error().code != ErrorCode::not_found) return removed;
  return files_.sync_directory(folder_);
}

Result<std::optional<Bytes>> FileMetadataStore::recall() {
  return read(folder_ / kVerified);
}

Result<void> FileMetadataStore::remember(BytesView note) {
  return replace_file(files_, folder_ / kVerified, note, kOwnerOnly);
}

std::filesystem::path FileMetadataStore::file(std::string_view role) const {
  std::string name = tuf::encode_role(role);
  if (name.size() > kMaxFileName) name = "sha256-" + sha256(role).hex();
  return folder_ / (name + ".json");
}

}  // namespace kip::updater
