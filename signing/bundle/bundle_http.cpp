#include <fmt/format.h>

#include <manifests/codec/json.hpp>
#include <signing/bundle/bundle_http.hpp>

namespace kip {
namespace {

constexpr int kOk = 200;
constexpr int kPartial = 206;
constexpr int kNotFound = 404;

}  // namespace

Result<const BundleEntry*> BundleHttpClient::find(std::string_view url) const {
  if (!url.starts_with(base_url_)) {
    return fail(ErrorCode::network, fmt::format("{} is not asked while a bundle is applied", url));
  }
  const std::string_view wanted = url.substr(base_url_.size());
  for (const BundleEntry& entry : bundle_.index().entries) {
    if (encode_url_path(entry.path.str()) == wanted || entry.path.str() == wanted) return &entry;
  }
  return nullptr;
}

HttpResponse BundleHttpClient::missing() const {
  const std::string words = fmt::format(
      "{} does not hold it; ask the vendor for a bundle with the whole package (kip offline-bundle without --from)",
      bundle_.path().string());
  return {.status = kNotFound, .body = json::to_compact(json::Object{{"detail", words}})};
}

Result<HttpResponse> BundleHttpClient::send(const HttpRequest& request) {
  KIP_TRY(const BundleEntry* const entry, find(request.url));
  if (entry == nullptr || request.method != "GET") return missing();
  KIP_TRY(Bytes body, bundle_.read(*entry, request.max_body));
  return HttpResponse{.status = kOk, .body = std::move(body)};
}

Result<HttpResponse> BundleHttpClient::download(const HttpDownload& request, BodySink& sink) {
  KIP_TRY(const BundleEntry* const entry, find(request.url));
  if (entry == nullptr) return missing();
  const std::uint64_t offset = request.offset <= entry->size ? request.offset : 0;
  if (entry->size - offset > request.max_body) {
    return fail(ErrorCode::too_large, fmt::format("{} is larger than {} bytes", request.url, request.max_body));
  }
  KIP_TRY_VOID(sink.begin(offset));
  KIP_TRY_VOID(bundle_.read_from(*entry, offset, [&sink](BytesView piece) { return sink.write(piece); }));
  return HttpResponse{.status = offset == 0 ? kOk : kPartial};
}

}  // namespace kip
