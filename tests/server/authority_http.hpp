#pragma once

#include <optional>
#include <string>
#include <vector>

#include <signing/fetch/http_client.hpp>
#include <signing/timestamp/authority_client.hpp>
#include <signing/timestamp/development_authority.hpp>

namespace kip::server::testing {

/// A development authority in the place of the network, which can be away or refuse.
class AuthorityHttp final : public HttpClient {
 public:
  AuthorityHttp(const Clock& clock, RandomSource& random) {
    const PrivateKey key = PrivateKey::generate(KeyType::ecdsa_p256).value();
    certificates_ = tsp::certify_development_authority(key, clock.now(), random).value();
    authority_.emplace(tsp::DevelopmentAuthority::create(key, certificates_, clock, random).value());
  }

  Result<HttpResponse> send(const HttpRequest& request) override {
    asked.push_back(request.body);
    if (status != 200) return HttpResponse{status, {}, {}};
    KIP_TRY(Bytes answer, authority_->answer(request.body));
    return HttpResponse{200, {}, garbage ? Bytes("<html>") : std::move(answer)};
  }
  Result<HttpResponse> download(const HttpDownload& /*request*/, kip::BodySink& /*sink*/) override {
    return fail(ErrorCode::internal, "unused");
  }

  tsp::Authority authority(const std::string& name) const {
    tsp::Authority out{.name = name, .url = "http://127.0.0.1/" + name, .trust = {}};
    out.trust.roots = tsp::parse_certificate_file(certificates_.ca).value().certificates;
    return out;
  }

  int status = 200;
  bool garbage = false;
  std::vector<Bytes> asked;

 private:
  tsp::AuthorityCertificates certificates_;
  std::optional<tsp::DevelopmentAuthority> authority_;
};

}  // namespace kip::server::testing
