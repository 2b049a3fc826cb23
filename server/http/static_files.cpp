#include <algorithm>

#include <fmt/format.h>

#include <manifests/core/digest.hpp>
#include <manifests/core/safe_path.hpp>
#include <server/http/byte_range.hpp>
#include <server/http/static_files.hpp>
#include <signing/crypto/sha256.hpp>

namespace kip::server {
namespace {

constexpr std::string_view kTimestamp = "timestamp.json";
constexpr std::string_view kImmutable = "public, max-age=31536000, immutable";
constexpr std::uint64_t kMaxTimestamp = 64U << 10U;

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
  if (file != kTimestamp) return missing(file);
  const auto bytes = read_file(files_, path, kMaxTimestamp);
  if (!bytes && bytes.error().code != ErrorCode::not_found) return problem(bytes.error());
  if (!bytes) return missing(file);
  const std::string etag = fmt::format("\"{}\"", sha256(*bytes).hex());
  Response out;
  out.set("ETag", etag).set("Cache-Control", "no-cache");
  if (matches_etag(request.header("if-none-match"), etag)) {
    return not_modified(std::move(out), bytes->size());
  }
  out.set("Content-Type", "application/json");
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
