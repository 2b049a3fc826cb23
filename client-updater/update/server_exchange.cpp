#include <client-updater/update/server_exchange.hpp>
#include <signing/dsse/envelope.hpp>
#include <signing/protocol/request_signature.hpp>

namespace kip::updater {

Result<void> sign_as_install(const Install& install, HttpRequest& request) {
  KIP_TRY(Headers headers,
          sign_request(install.enrolment().install, install.signer().key, request.method, url_path(request.url),
                       request.body, install.ports().clock.now(), install.ports().random));
  for (auto& header : headers)
    request.headers.push_back(std::move(header));
  return {};
}

Result<Bytes> verify_servers_word(const Enrolment& enrolment, std::string_view payload_type, BytesView envelope) {
  KIP_TRY(const PublicKey log_key, PublicKey::from_ed25519(enrolment.log_key));
  KIP_TRY(const dsse::Envelope read, dsse::parse(envelope));
  return dsse::verify(read, payload_type, {log_key});
}

}  // namespace kip::updater
