#pragma once

#include <filesystem>
#include <string>

#include <signing/fetch/http_client.hpp>
#include <signing/storage/file_system.hpp>
#include <signing/tuf/client.hpp>

namespace kip::updater {

/// Metadata by HTTP below a base URL that ends in a slash. 404 means that there is no such file, and so does 403, which
/// object stores answer instead.
class HttpMetadataFetcher final : public tuf::MetadataFetcher {
 public:
  HttpMetadataFetcher(HttpClient& http, std::string base_url) : http_(http), base_url_(std::move(base_url)) {}

  Result<std::optional<Bytes>> fetch(std::string_view file_name, std::size_t max_bytes) override;
  Result<tuf::Fetched> fetch_unless(std::string_view file_name, std::size_t max_bytes,
                                    const tuf::Validators& known) override;

 private:
  HttpClient& http_;
  std::string base_url_;
};

/// Accepted metadata in a folder, "ROLE.json" with the exact bytes received, and beside it the file "verified".
class FileMetadataStore final : public tuf::MetadataStore {
 public:
  FileMetadataStore(FileSystem& files, std::filesystem::path folder) : files_(files), folder_(std::move(folder)) {}

  Result<std::optional<Bytes>> load(std::string_view role) override;
  Result<std::optional<Sha256Digest>> digest(std::string_view role) override;
  Result<void> save(std::string_view role, BytesView bytes) override;
  Result<void> remove(std::string_view role) override;
  Result<std::optional<Bytes>> recall() override;
  Result<void> remember(BytesView note) override;

 private:
  /// A role whose name is too long for a file goes by its hash.
  std::filesystem::path file(std::string_view role) const;
  Result<std::optional<Bytes>> read(const std::filesystem::path& path);

  FileSystem& files_;
  std::filesystem::path folder_;
};

}  // namespace kip::updater
