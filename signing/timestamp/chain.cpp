#include <fmt/format.h>
#include <openssl/err.h>

#include <signing/timestamp/chain.hpp>

namespace kip::tsp {
namespace {

using Store = std::unique_ptr<X509_STORE, Deleter<X509_STORE_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, Deleter<X509_STORE_CTX_free>>;
using Usages = std::unique_ptr<EXTENDED_KEY_USAGE, Deleter<EXTENDED_KEY_USAGE_free>>;

constexpr int kMaxDepth = 10;

Unexpected refused(ErrorCode code, std::string why) {
  ERR_clear_error();
  return fail(code, std::move(why));
}

Unexpected chain_failure(X509_STORE_CTX* context, std::chrono::sys_seconds at) {
  const int error = X509_STORE_CTX_get_error(context);
  X509* certificate = X509_STORE_CTX_get_current_cert(context);
  const std::string who =
      certificate == nullptr ? "its signer" : fmt::format("\"{}\"", name_text(X509_get_subject_name(certificate)));
  if (error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID) {
    return refused(ErrorCode::expired,
                   fmt::format("the certificate of {} was {} at the token's time, {}", who,
                               error == X509_V_ERR_CERT_HAS_EXPIRED ? "expired" : "not yet valid", format_instant(at)));
  }
  return refused(ErrorCode::signature, fmt::format("the token is by nobody who is trusted: {} ({})", who,
                                                   X509_verify_cert_error_string(error)));
}

}  // namespace

Result<void> check_made_for_time_stamps(X509* signer) {
  const auto wrong = [&](std::string_view why) {
    return refused(ErrorCode::signature, fmt::format("its signer \"{}\" may not stamp: its certificate {}",
                                                     name_text(X509_get_subject_name(signer)), why));
  };
  const int at = X509_get_ext_by_NID(signer, NID_ext_key_usage, -1);
  if (at < 0 || X509_get_ext_by_NID(signer, NID_ext_key_usage, at) >= 0)
    return wrong("does not say that it is for that");
  const Usages usages(static_cast<EXTENDED_KEY_USAGE*>(X509_get_ext_d2i(signer, NID_ext_key_usage, nullptr, nullptr)));
  if (sk_ASN1_OBJECT_num(usages.get()) != 1 || OBJ_obj2nid(sk_ASN1_OBJECT_value(usages.get(), 0)) != NID_time_stamp) {
    return wrong("is not for that and nothing else (extended key usage timeStamping)");
  }
  if (X509_EXTENSION_get_critical(X509_get_ext(signer, at)) != 1) {
    return wrong("does not make it binding (its extended key usage is not critical)");
  }
  return {};
}

Result<Certificates> verify_chain(X509* signer, STACK_OF(X509) * roots, STACK_OF(X509) * others,
                                  std::chrono::sys_seconds at) {
  const Store store(X509_STORE_new());
  for (int i = 0; i < sk_X509_num(roots); ++i)
    KIP_CHECK(X509_STORE_add_cert(store.get(), sk_X509_value(roots, i)) == 1);
  const StoreContext context(X509_STORE_CTX_new());
  KIP_CHECK(X509_STORE_CTX_init(context.get(), store.get(), signer, others) == 1);
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(parameters, at.time_since_epoch().count());
  X509_VERIFY_PARAM_set_depth(parameters, kMaxDepth);
  KIP_CHECK(X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_TIMESTAMP_SIGN) == 1);
  if (X509_verify_cert(context.get()) != 1) return chain_failure(context.get(), at);
  ERR_clear_error();
  return Certificates(X509_STORE_CTX_get1_chain(context.get()));
}

Result<std::vector<CertificateFacts>> facts_of_chain(const STACK_OF(X509) * chain) {
  std::vector<CertificateFacts> out;
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    KIP_TRY(CertificateFacts facts, facts_of(sk_X509_value(chain, i)));
    out.push_back(std::move(facts));
  }
  return out;
}

Result<std::vector<std::string>> check_strength(const STACK_OF(X509) * chain) {
  std::vector<std::string> out;
  for (int i = 0; i + 1 < sk_X509_num(chain); ++i) {  // the root is believed, whatever its own signature is
    X509* certificate = sk_X509_value(chain, i);
    int digest = NID_undef;
    X509_get_signature_info(certificate, &digest, nullptr, nullptr, nullptr);
    const std::string who = name_text(X509_get_subject_name(certificate));
    if (digest == NID_md5 || digest == NID_md4 || digest == NID_md2) {
      return refused(ErrorCode::signature,
                     fmt::format("the certificate of \"{}\" is signed by a hash that is broken", who));
    }
    if (digest == NID_sha1) {
      out.push_back(fmt::format("the certificate of \"{}\" is signed by SHA-1, which is weak today", who));
    }
  }
  return out;
}

}  // namespace kip::tsp
