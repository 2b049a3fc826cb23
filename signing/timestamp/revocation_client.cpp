#include <algorithm>

#include <fmt/format.h>
#include <openssl/ocsp.h>

#include <signing/timestamp/ocsp.hpp>
#include <signing/timestamp/revocation_client.hpp>

namespace kip::tsp {
namespace {

constexpr std::size_t kMaxSources = 3;
constexpr std::uint64_t kMaxOcsp = 64U << 10U;
constexpr std::uint64_t kMaxCrl = CertificateFile::kMaxBytes;

using AccessList = std::unique_ptr<AUTHORITY_INFO_ACCESS, Deleter<AUTHORITY_INFO_ACCESS_free>>;
using DistributionPoints = std::unique_ptr<CRL_DIST_POINTS, Deleter<CRL_DIST_POINTS_free>>;

void add_url(const GENERAL_NAME* name, std::vector<std::string>& list) {
  int type = 0;
  const void* value = GENERAL_NAME_get0_value(name, &type);
  if (type != GEN_URI || list.size() == kMaxSources) return;
  const auto* text = static_cast<const ASN1_STRING*>(value);
  std::string url(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                  static_cast<std::size_t>(ASN1_STRING_length(text)));
  if (url.starts_with("http://") || url.starts_with("https://")) list.push_back(std::move(url));
}

RevocationSources sources_of(X509* certificate) {
  RevocationSources out;
  const DistributionPoints points(
      static_cast<CRL_DIST_POINTS*>(X509_get_ext_d2i(certificate, NID_crl_distribution_points, nullptr, nullptr)));
  for (int i = 0; i < sk_DIST_POINT_num(points.get()); ++i) {
    const DIST_POINT* point = sk_DIST_POINT_value(points.get(), i);
    if (point->distpoint == nullptr || point->distpoint->type != 0) continue;
    const GENERAL_NAMES* names = point->distpoint->name.fullname;
    for (int j = 0; j < sk_GENERAL_NAME_num(names); ++j)
      add_url(sk_GENERAL_NAME_value(names, j), out.crls);
  }
  const AccessList access(
      static_cast<AUTHORITY_INFO_ACCESS*>(X509_get_ext_d2i(certificate, NID_info_access, nullptr, nullptr)));
  for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(access.get()); ++i) {
    const ACCESS_DESCRIPTION* one = sk_ACCESS_DESCRIPTION_value(access.get(), i);
    if (OBJ_obj2nid(one->method) == NID_ad_OCSP) add_url(one->location, out.ocsp);
  }
  return out;
}

/// Asks for one certificate of the chain after the other.
class Fetcher {
 public:
  Fetcher(const STACK_OF(X509) * chain, std::chrono::sys_seconds at, HttpClient& http)
      : chain_(chain), at_(at), http_(http) {}

  /// Errors: rollback.
  Result<RevocationFetch> run() {
    for (int place = 0; place + 1 < sk_X509_num(chain_); ++place)
      KIP_TRY_VOID(ask_for(place));
    KIP_TRY(out_.status, check_revocation(chain_, out_.data, at_));
    out_.complete = true;
    for (int place = 0; place + 1 < sk_X509_num(chain_); ++place) {
      const RevocationSources sources = sources_of(sk_X509_value(chain_, place));
      const auto& as_of = out_.status[static_cast<std::size_t>(place)].as_of;
      const bool can_be_asked = !sources.crls.empty() || !sources.ocsp.empty();
      out_.complete = out_.complete && (!can_be_asked || (as_of && *as_of >= at_));
    }
    return std::move(out_);
  }

 private:
  Result<void> ask_for(int place) {
    const RevocationSources sources = sources_of(sk_X509_value(chain_, place));
    for (const std::string& url : sources.ocsp) {
      RevocationData found;
      found.ocsp = ask_ocsp(place, url);
      KIP_TRY(const bool after, take(place, std::move(found), url));
      if (after) return {};
    }
    for (const std::string& url : sources.crls) {
      RevocationData found;
      found.crls = ask_crl(url);
      KIP_TRY(const bool after, take(place, std::move(found), url));
      if (after) return {};
    }
    return {};
  }

  std::vector<Bytes> ask_ocsp(int place, const std::string& url) {
    HttpRequest request{"POST", url, {{"Content-Type", "application/ocsp-request"}}, {}, kMaxOcsp};
    request.body = ocsp_request(sk_X509_value(chain_, place), sk_X509_value(chain_, place + 1));
    auto body = send(request);
    return body ? std::vector<Bytes>{*std::move(body)} : std::vector<Bytes>();
  }

  std::vector<Bytes> ask_crl(const std::string& url) {
    auto body = send({"GET", url, {}, {}, kMaxCrl});
    if (!body) return {};
    auto file = parse_certificate_file(*body);
    if (file && !file->crls.empty()) return std::move(file->crls);
    out_.problems.push_back(fmt::format("{} gives no list of revoked certificates", url));
    return {};
  }

  std::optional<Bytes> send(const HttpRequest& request) {
    auto answer = http_.send(request);
    if (answer && answer->status == 200) return std::move(answer->body);
    out_.problems.push_back(answer ? std::move(http_failure(*answer, request.url)).take().message
                                   : answer.error().message);
    return std::nullopt;
  }

  /// Keeps what holds and is about the certificate. Whether that was said after the token. Errors: rollback.
  Result<bool> take(int place, RevocationData found, const std::string& url) {
    if (found.crls.empty() && found.ocsp.empty()) return false;
    const auto status = check_revocation(chain_, found, at_);
    if (!status && status.error().code == ErrorCode::rollback) return Unexpected(status.error());
    const auto as_of = status ? (*status)[static_cast<std::size_t>(place)].as_of : std::nullopt;
    if (!as_of) {
      out_.problems.push_back(fmt::format("{} gives nothing that holds and is about \"{}\"", url,
                                          name_text(X509_get_subject_name(sk_X509_value(chain_, place)))));
      return false;
    }
    keep(std::move(found.crls), out_.data.crls);
    keep(std::move(found.ocsp), out_.data.ocsp);
    return *as_of >= at_;
  }

  static void keep(std::vector<Bytes> found, std::vector<Bytes>& kept) {
    for (Bytes& one : found) {
      if (std::find(kept.begin(), kept.end(), one) == kept.end()) kept.push_back(std::move(one));
    }
  }

  const STACK_OF(X509) * chain_;
  std::chrono::sys_seconds at_;
  HttpClient& http_;
  RevocationFetch out_;
};

}  // namespace

Result<RevocationSources> revocation_sources(BytesView certificate) {
  const Certificate parsed = parse_certificate(certificate);
  if (!parsed) return fail(ErrorCode::malformed, "is no certificate in DER");
  return sources_of(parsed.get());
}

Result<RevocationFetch> fetch_revocation(const VerifiedToken& token, HttpClient& http) {
  const Certificates chain(sk_X509_new_null());
  for (const CertificateFacts& certificate : token.chain)
    KIP_TRY_VOID(add_certificates(chain.get(), {certificate.der}));
  const auto at = std::chrono::floor<std::chrono::seconds>(token.claims.gen_time);
  return Fetcher(chain.get(), at, http).run();
}

}  // namespace kip::tsp
