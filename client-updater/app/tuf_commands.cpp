#include <fmt/format.h>

#include <client-updater/app/tuf_commands.hpp>
#include <client-updater/update/metadata.hpp>
#include <client-updater/update/target_file.hpp>
#include <signing/fetch/curl_http_client.hpp>
#include <signing/storage/posix_file_system.hpp>
#include <signing/terminal/system_clock.hpp>

namespace kip::updater {
namespace {

constexpr unsigned kForAll = 0755;

std::string with_slash(std::string url) {
  if (!url.ends_with('/')) url += '/';
  return url;
}

/// A metadata folder with nobody else at work in it.
class TufFolder {
 public:
  static Result<std::unique_ptr<TufFolder>> open(const TufArguments& arguments) {
    std::unique_ptr<TufFolder> out(new TufFolder(arguments));
    KIP_TRY_VOID(make_directories(out->files_, arguments.metadata_folder, kForAll));
    KIP_TRY(out->lock_, out->files_.lock(arguments.metadata_folder / ".lock"));
    return out;
  }

  FileSystem& files() { return files_; }
  HttpClient& http() { return http_; }
  FileMetadataStore& store() { return store_; }
  Result<tuf::Client> client() { return tuf::Client::open(fetcher_, store_, SystemClock().now()); }

 private:
  explicit TufFolder(const TufArguments& arguments)
      : fetcher_(http_, with_slash(arguments.metadata_url)), store_(files_, arguments.metadata_folder) {}

  PosixFileSystem files_;
  CurlHttpClient http_;
  HttpMetadataFetcher fetcher_;
  FileMetadataStore store_;
  std::unique_ptr<FileLock> lock_;
};

Result<tuf::Client> refreshed(TufFolder& folder, const TufArguments& arguments) {
  if (arguments.metadata_url.empty()) return fail(ErrorCode::usage, "name the repository with --metadata-url");
  KIP_TRY(tuf::Client client, folder.client());
  KIP_TRY_VOID(client.refresh());
  return client;
}

}  // namespace

Result<void> run_tuf_init(const TufArguments& arguments) {
  PosixFileSystem files;
  KIP_TRY(const Bytes root, read_file(files, arguments.root_file, tuf::Limits().root_bytes, Links::follow));
  if (const auto trusted = tuf::TrustedSet::create(root, SystemClock().now()); !trusted) {
    return fail_while(arguments.root_file.string(), trusted.error());
  }
  KIP_TRY(const auto folder, TufFolder::open(arguments));
  KIP_TRY(const std::optional<Bytes> present, folder->store().load(tuf::kRoot));
  if (!present) return folder->store().save(tuf::kRoot, root);
  if (*present == root) return {};
  return fail(ErrorCode::conflict, fmt::format("{} trusts another root already; name an empty folder to start anew",
                                               arguments.metadata_folder.string()));
}

Result<void> run_tuf_refresh(const TufArguments& arguments) {
  KIP_TRY(const auto folder, TufFolder::open(arguments));
  KIP_TRY(const tuf::Client client, refreshed(*folder, arguments));
  return {};
}

Result<void> run_tuf_download(const TufArguments& arguments) {
  if (arguments.targets.empty()) return fail(ErrorCode::usage, "name what to download with --target-name");
  if (arguments.target_base_url.empty()) return fail(ErrorCode::usage, "name where targets are with --target-base-url");
  if (arguments.target_folder.empty()) return fail(ErrorCode::usage, "name where they go with --target-dir");
  KIP_TRY(const auto folder, TufFolder::open(arguments));
  KIP_TRY(tuf::Client client, refreshed(*folder, arguments));
  KIP_TRY_VOID(make_directories(folder->files(), arguments.target_folder, kForAll));
  for (const std::string& name : arguments.targets) {
    KIP_TRY(const auto target, client.find(name));
    if (!target) return fail(ErrorCode::not_found, fmt::format("the repository lists no target {}", name));
    KIP_TRY_VOID(fetch_target_file(folder->files(), folder->http(),
                                   with_slash(arguments.target_base_url) + encode_url_path(target->location), *target,
                                   arguments.target_folder / tuf::encode_role(name)));
  }
  return {};
}

}  // namespace kip::updater
