#include <fmt/format.h>

#include <server/app/dev_tsa.hpp>
#include <server/http/router.hpp>
#include <signing/http/http_server.hpp>
#include <signing/keys/key_file.hpp>
#include <signing/storage/atomic_file.hpp>

namespace kip::server {
namespace {

constexpr unsigned kPrivateFolder = 0700;
constexpr unsigned kPublicFile = 0644;
constexpr std::string_view kQuery = "application/timestamp-query";
constexpr std::string_view kReply = "application/timestamp-reply";
constexpr std::string_view kNotice =
    "NOT INDEPENDENT: a development authority. Its time stamps are by the clock of whoever runs it and prove nothing.\n"
    "POST a request of RFC 3161 here (application/timestamp-query); GET /ca.pem is its root.\n";

/// There is nobody to recognise here.
class NoGate final : public Gate {
 public:
  Result<StaffCaller> staff(const TenantId&, std::string_view) override { return nobody(); }
  Result<InstallCaller> install(const TenantId&, const Request&, std::string_view, BytesView) override {
    return nobody();
  }

 private:
  static Unexpected nobody() { return fail(ErrorCode::denied, "nobody is known here"); }
};

struct Opened {
  PrivateKey key;
  tsp::AuthorityCertificates certificates;
};

Result<Opened> make(const ServicePorts& ports, const std::filesystem::path& folder) {
  KIP_TRY_VOID(make_directories(ports.files, folder, kPrivateFolder));
  KIP_TRY(PrivateKey key, PrivateKey::generate(KeyType::ecdsa_p256));
  KIP_TRY(auto certificates, tsp::certify_development_authority(key, ports.clock.now(), ports.random));
  KIP_TRY_VOID(replace_file(ports.files, folder / "ca.pem", certificates.ca, kPublicFile));
  KIP_TRY_VOID(replace_file(ports.files, folder / "tsa.pem", certificates.signer, kPublicFile));
  // Last: a folder with a key is whole.
  KIP_TRY_VOID(write_key_file(ports.files, folder / "tsa.key", key, SecretBytes()));
  return Opened{std::move(key), std::move(certificates)};
}

Result<Opened> open_or_make(const ServicePorts& ports, const std::filesystem::path& folder) {
  KIP_TRY(const bool made, path_exists(ports.files, folder / "tsa.key"));
  if (!made) return make(ports, folder);
  KIP_TRY(PrivateKey key, read_key_file(ports.files, folder / "tsa.key", SecretBytes()));
  KIP_TRY(std::string ca, read_file(ports.files, folder / "ca.pem", tsp::CertificateFile::kMaxBytes));
  KIP_TRY(std::string signer, read_file(ports.files, folder / "tsa.pem", tsp::CertificateFile::kMaxBytes));
  return Opened{std::move(key), {std::move(ca), std::move(signer)}};
}

Response of_type(std::string_view type, Bytes body) {
  Response out;
  out.set("Content-Type", std::string(type)).set("Cache-Control", "no-store");
  out.body = std::move(body);
  return out;
}

}  // namespace

struct DevTsa::Parts {
  Parts(const ServicePorts& ports, tsp::DevelopmentAuthority made, std::string root, ListenAddress address,
        std::unique_ptr<http::HttpServer> server)
      : authority(std::move(made)),
        ca(std::move(root)),
        listen(std::move(address)),
        http(std::move(server)),
        idempotency(ports.clock),
        limiter(ports.clock, RateLimits()),
        router(TenantId::parse("dev-tsa").value(), {gate, ports.log, idempotency, limiter}, routes()) {}

  std::vector<Route> routes() const {
    const Handler stamp = [this](const Call& call) { return answer(call); };
    const Handler root = [this](const Call&) { return Result<Response>(of_type("application/x-pem-file", ca)); };
    const Handler notice = [](const Call&) {
      return Result<Response>(of_type("text/plain; charset=utf-8", Bytes(kNotice)));
    };
    return {{"POST", "/", kAnyone, BodyKind::whole, stamp},
            {"POST", "/tsa", kAnyone, BodyKind::whole, stamp},
            {"GET", "/", kAnyone, BodyKind::none, notice},
            {"GET", "/ca.pem", kAnyone, BodyKind::none, root}};
  }

  Result<Response> answer(const Call& call) const {
    if (call.request.header("content-type") != kQuery) {
      return problem({ErrorCode::malformed, fmt::format("send a time stamp request as {}", kQuery)}, 415);
    }
    if (call.body.size() > tsp::DevelopmentAuthority::kMaxRequest) {
      return fail(ErrorCode::too_large, "a time stamp request has at most 64 KiB");
    }
    KIP_TRY(Bytes response, authority.answer(call.body));
    return of_type(kReply, std::move(response));
  }

  tsp::DevelopmentAuthority authority;
  std::string ca;
  ListenAddress listen;
  std::unique_ptr<http::HttpServer> http;
  NoGate gate;
  IdempotencyKeys idempotency;
  RateLimiter limiter;
  Router router;
};

DevTsa::DevTsa(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<DevTsa>> DevTsa::start(const ServicePorts& ports, const std::filesystem::path& folder,
                                              const ListenAddress& listen) {
  KIP_TRY(const Opened opened, open_or_make(ports, folder));
  KIP_TRY(auto authority,
          tsp::DevelopmentAuthority::create(opened.key, opened.certificates, ports.clock, ports.random));
  http::HttpOptions options;
  options.host = listen.host;
  options.port = listen.port;
  options.name_thread = ports.name_thread;
  options.steady_now = [] { return std::chrono::steady_clock::now(); };
  KIP_TRY(auto http, http::HttpServer::bind(options, ports.log));
  auto parts = std::make_unique<Parts>(ports, std::move(authority), opened.certificates.ca, listen, std::move(http));
  parts->http->start(parts->router);
  return std::unique_ptr<DevTsa>(new DevTsa(std::move(parts)));
}

DevTsa::~DevTsa() {
  parts_->http->stop();
}

std::string DevTsa::address() const {
  return http_address(parts_->listen.host, parts_->http->port());
}

}  // namespace kip::server
