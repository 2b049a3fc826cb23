#pragma once

#include <string>

#include <signing/bundle/bundle_file.hpp>
#include <signing/fetch/http_client.hpp>

namespace kip {

/// A bundle in the place of the network: it answers for what lies below one address, as a web server that has the files
/// of the bundle there, and for nothing else. Not thread-safe; the bundle must outlive it.
class BundleHttpClient final : public HttpClient {
 public:
  /// `base_url`: of the tenant's repository, with a slash at its end.
  BundleHttpClient(BundleFile& bundle, std::string base_url) : bundle_(bundle), base_url_(std::move(base_url)) {}

  Result<HttpResponse> send(const HttpRequest& request) override;
  Result<HttpResponse> download(const HttpDownload& request, BodySink& sink) override;

 private:
  /// Null where the bundle does not have it.
  Result<const BundleEntry*> find(std::string_view url) const;
  HttpResponse missing() const;

  BundleFile& bundle_;
  std::string base_url_;
};

}  // namespace kip
