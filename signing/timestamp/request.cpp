#include <openssl/err.h>

#include <signing/timestamp/request.hpp>
#include <signing/timestamp/tst_info.hpp>

namespace kip::tsp {
namespace {

using TsRequest = std::unique_ptr<TS_REQ, Deleter<TS_REQ_free>>;
using Imprinted = std::unique_ptr<TS_MSG_IMPRINT, Deleter<TS_MSG_IMPRINT_free>>;
using Algorithm = std::unique_ptr<X509_ALGOR, Deleter<X509_ALGOR_free>>;
using Integer = std::unique_ptr<ASN1_INTEGER, Deleter<ASN1_INTEGER_free>>;
using Oid = std::unique_ptr<ASN1_OBJECT, Deleter<ASN1_OBJECT_free>>;

void set_imprint(TS_REQ* request, const Sha256Digest& digest) {
  const Imprinted imprint(TS_MSG_IMPRINT_new());
  const Algorithm algorithm(X509_ALGOR_new());
  Bytes octets = digest.bytes();
  KIP_CHECK(X509_ALGOR_set0(algorithm.get(), OBJ_nid2obj(NID_sha256), V_ASN1_NULL, nullptr) == 1 &&
            TS_MSG_IMPRINT_set_algo(imprint.get(), algorithm.get()) == 1 &&
            TS_MSG_IMPRINT_set_msg(imprint.get(), evp::octets(octets), static_cast<int>(octets.size())) == 1 &&
            TS_REQ_set_msg_imprint(request, imprint.get()) == 1);
}

void set_nonce(TS_REQ* request, RandomSource& random) {
  constexpr std::size_t kNonceOctets = 8;
  const Bytes drawn = random.bytes(kNonceOctets);
  const Number number(BN_bin2bn(evp::octets(drawn), static_cast<int>(drawn.size()), nullptr));
  const Integer nonce(BN_to_ASN1_INTEGER(number.get(), nullptr));
  KIP_CHECK(nonce && TS_REQ_set_nonce(request, nonce.get()) == 1);
}

Bytes request_der(const TS_REQ* request) {
  unsigned char* out = nullptr;
  const int size = i2d_TS_REQ(request, &out);
  KIP_CHECK(size > 0);
  Bytes der(reinterpret_cast<const char*>(out), static_cast<std::size_t>(size));
  OPENSSL_free(out);
  return der;
}

}  // namespace

Result<Request> Request::parse(BytesView der) {
  const auto wrong = [](std::string_view why) {
    ERR_clear_error();
    return fail(ErrorCode::malformed, "this is no request for a time stamp: " + std::string(why));
  };
  if (der.size() > kMaxBytes) return wrong("it is too long");
  const auto parsed = parse_exactly<d2i_TS_REQ>(der);
  const TsRequest request(parsed.object);
  if (!parsed.whole) return wrong("it does not parse");
  TS_MSG_IMPRINT* imprint = TS_REQ_get_msg_imprint(request.get());
  const auto algorithm = imprint_algorithm(TS_MSG_IMPRINT_get_algo(imprint));
  if (!algorithm || *algorithm != HashAlgorithm::sha256) return wrong("its hash is not SHA-256");
  const ASN1_OCTET_STRING* octets = TS_MSG_IMPRINT_get_msg(imprint);
  const auto digest = Sha256Digest::from_bytes(BytesView(reinterpret_cast<const char*>(ASN1_STRING_get0_data(octets)),
                                                         static_cast<std::size_t>(ASN1_STRING_length(octets))));
  if (!digest) return wrong("its hash is not as long as SHA-256 makes it");
  const ASN1_INTEGER* nonce = TS_REQ_get_nonce(request.get());
  if (nonce == nullptr) return wrong("it has no nonce");
  return Request{Bytes(der), *digest, integer_text(nonce)};
}

Result<Request> make_request(const Sha256Digest& digest, RandomSource& random, const std::string& policy) {
  const TsRequest request(TS_REQ_new());
  KIP_CHECK(TS_REQ_set_version(request.get(), 1) == 1 && TS_REQ_set_cert_req(request.get(), 1) == 1);
  set_imprint(request.get(), digest);
  set_nonce(request.get(), random);
  if (!policy.empty()) {
    const Oid oid(OBJ_txt2obj(policy.c_str(), 1));
    ERR_clear_error();
    if (!oid) return fail(ErrorCode::malformed, "\"" + policy + "\" is no policy; write it like 1.2.3.4");
    KIP_CHECK(TS_REQ_set_policy_id(request.get(), oid.get()) == 1);
  }
  return Request{request_der(request.get()), digest, integer_text(TS_REQ_get_nonce(request.get()))};
}

}  // namespace kip::tsp
