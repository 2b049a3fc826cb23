#include <algorithm>

#include <fmt/format.h>

#include <manifests/core/digest.hpp>
#include <manifests/core/safe_path.hpp>
#include <server/http/byte_range.hpp>
#include <server/http/static_files.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/log/log_files.hpp>

namespace kip::server {
namespace {

constexpr std::string_view kTimestamp = "timestamp.json";
constexpr std::string_view kImmutable = "public, max-age=31536000, immutable";
constexpr std::uint64_t kMaxMutable = 1U << 20U;

/// "7.snapshot.json"
bool is_versioned(std::string_view file) {
  const auto dot = file.find('.');
  return dot != std::string_view::npos && dot > 0 && dot < 20 && file.ends_with(".json") &&
         file.size() > dot + 1 + std::string_view(".json").size() &&
         std::all_of(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(dot),
                     [](char c) { return c >= '0' && c <= '9'; });
}

/// The hash of "HASH.NAME", or nothing.
std::string_view hash_prefix(std::string_view file) {
  constexpr std::size_t kHex = 2 * Sha256Digest::kSize;
  const bool hashed = file.size() > kHex + 1 && file[kHex] == '.' && Sha256Digest::parse(file.substr(0, kHex));
  return hashed ? file.substr(0, kHex) : std::string_view();
}

/// "o", "r2"
bool is_log_folder(std::string_view text) {
  return (text.starts_with('o') || text.starts_with('r')) && text.size() < 20 &&
         std::all_of(text.begin() + 1, text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// "tile/0/x001/067.p/8", "tile/entries/000"; no name of a temporary file.
bool is_tile_path(std::string_view path) {
  constexpr std::string_view kTiles = "tile/";
  constexpr std::string_view kEntries = "entries/";
  if (!path.starts_with(kTiles)) return false;
  path.remove_prefix(kTiles.size());
  if (path.starts_with(kEntries)) path.remove_prefix(kEntries.size());
  return path.find("/.") == std::string_view::npos &&
         path.find_first_not_of("0123456789x.p/") == std::string_view::npos;
}

/// The length, if it is said at all, must be that of the file. Source: RFC 9110, 8.6.
Response not_modified(Response response, std::uint64_t size) {
  response.status = 304;
  return std::move(response.set("Content-Length", std::to_string(size)));
}

}  // namespace

Response StaticFiles::missing(std::string_view what) const {
  Response out = problem({ErrorCode::not_found, fmt::format("the repository has no {}", what.substr(0, 200))});
  // Every poll asks for the root after the current one: a cache in front may answer that for a minute.
  std::erase_if(out.headers, [](const auto& header) { return header.first == "Cache-Control"; });
  return out.set("Cache-Control", "public, max-age=60");
}

Response StaticFiles::metadata(const Request& request, std::string_view file) const {
  const auto safe = SafeRelativePath::parse(file);
  if (!safe || safe->file_name() != file) return missing(file);
  const auto path = root_ / "metadata" / safe->str();
  if (is_versioned(file)) return send(request, path, {fmt::format("\"{}\"", file), std::string(kImmutable)});
  return file == kTimestamp ? mutable_file(request, path, "application/json") : missing(file);
}

Response StaticFiles::log(const Request& request, std::string_view log, std::string_view path) const {
  if (!is_log_folder(log)) return missing(log);
  const auto folder = logs_ / log / "public";
  if (path == tlog::kCheckpointFile || path == tlog::kNewestStampFile)
    return mutable_file(request, folder / path, "text/plain; charset=utf-8");
  const auto safe = SafeRelativePath::parse(path);
  if (!safe || !is_tile_path(path)) return missing(path);
  return send(request, folder / safe->str(), {fmt::format("\"{}\"", path), std::string(kImmutable)});
}

/// A small file that is replaced now and then.
Response StaticFiles::mutable_file(const Request& request, const std::filesystem::path& path, const char* type) const {
  const auto bytes = read_file(files_, path, kMaxMutable);
  if (!bytes && bytes.error().code != ErrorCode::not_found) return problem(bytes.error());
  if (!bytes) return missing(path.filename().string());
  const std::string etag = fmt::format("\"{}\"", sha256(*bytes).hex());
  Response out;
  out.set("ETag", etag).set("Cache-Control", "no-cache");
  if (matches_etag(request.header("if-none-match"), etag)) {
    return not_modified(std::move(out), bytes->size());
  }
  out.set("Content-Type", type);
  out.body = *bytes;
  return out;
}

Response StaticFiles::target(const Request& request, std::string_view path) const {
  const auto safe = SafeRelativePath::parse(path);
  if (!safe) return missing(path);
  const std::string_view hash = hash_prefix(safe->file_name());
  if (hash.empty()) return missing(path);
  return send(request, root_ / "targets" / safe->str(), {fmt::format("\"{}\"", hash), std::string(kImmutable)});
}

Response StaticFiles::send(const Request& request, const std::filesystem::path& path, const Caching& caching) const {
  auto opened = files_.open_input(path, Links::refuse);
  if (!opened) {
    const bool absent = opened.error().code == ErrorCode::not_found || opened.error().code == ErrorCode::conflict;
    return absent ? missing(path.filename().string()) : problem(opened.error());
  }
  const auto size = (*opened)->size();
  if (!size) return problem(size.error());
  Response out;
  out.set("ETag", caching.etag).set("Cache-Control", caching.cache_control).set("Accept-Ranges", "bytes");
  if (matches_etag(request.header("if-none-match"), caching.etag)) {
    return not_modified(std::move(out), *size);
  }
  const auto decision = decide_range(request.header("range"), request.header("if-range"), *size, caching.etag);
  if (decision.kind == RangeDecision::Kind::unsatisfiable) {
    return problem({ErrorCode::usage, "the range lies outside the file"}, 416)
        .set("Content-Range", fmt::format("bytes */{}", *size));
  }
  const bool part = decision.kind == RangeDecision::Kind::part;
  const ByteRange range = part ? decision.range : ByteRange{0, *size};
  if (part) {
    out.status = 206;
    out.set("Content-Range", fmt::format("bytes {}-{}/{}", range.offset, range.offset + range.length - 1, *size));
  }
  out.set("Content-Type", path.extension() == ".json" ? "application/json" : "application/octet-stream");
  out.file = FileBody{*std::move(opened), range.offset, range.length};
  return out;
}

}  // namespace kip::server
