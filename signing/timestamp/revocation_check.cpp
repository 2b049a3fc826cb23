#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <openssl/err.h>

#include <signing/timestamp/ocsp.hpp>
#include <signing/timestamp/revocation_check.hpp>

namespace kip::tsp {
namespace {

using DistributionPoint = std::unique_ptr<ISSUING_DIST_POINT, Deleter<ISSUING_DIST_POINT_free>>;
using DistributionPoints = std::unique_ptr<CRL_DIST_POINTS, Deleter<CRL_DIST_POINTS_free>>;

/// unspecified, affiliationChanged, superseded, cessationOfOperation: what was signed before stays good.
/// Source: RFC 3161 section 4
constexpr std::array<int, 4> kLeavesThePast = {0, 3, 4, 5};

bool shares_name(const GENERAL_NAMES* a, const GENERAL_NAMES* b) {
  for (int i = 0; i < sk_GENERAL_NAME_num(a); ++i) {
    for (int j = 0; j < sk_GENERAL_NAME_num(b); ++j) {
      if (GENERAL_NAME_cmp(sk_GENERAL_NAME_value(a, i), sk_GENERAL_NAME_value(b, j)) == 0) return true;
    }
  }
  return false;
}

/// Whether the certificate names the list that its issuer has split off under these names.
bool is_listed_at(X509* certificate, const DIST_POINT_NAME* name) {
  constexpr int kFullName = 0;
  if (name->type != kFullName) return false;
  const DistributionPoints points(
      static_cast<CRL_DIST_POINTS*>(X509_get_ext_d2i(certificate, NID_crl_distribution_points, nullptr, nullptr)));
  for (int i = 0; i < sk_DIST_POINT_num(points.get()); ++i) {
    const DIST_POINT* point = sk_DIST_POINT_value(points.get(), i);
    if (point->distpoint != nullptr && point->distpoint->type == kFullName &&
        shares_name(point->distpoint->name.fullname, name->name.fullname)) {
      return true;
    }
  }
  return false;
}

/// Whether a list is about this certificate, as far as its extensions limit it, and for every reason.
bool covers(X509_CRL* crl, X509* certificate) {
  for (int i = 0; i < X509_CRL_get_ext_count(crl); ++i) {
    X509_EXTENSION* extension = X509_CRL_get_ext(crl, i);
    const int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
    if (X509_EXTENSION_get_critical(extension) == 1 && nid != NID_issuing_distribution_point) return false;
  }
  if (X509_CRL_get_ext_by_NID(crl, NID_issuing_distribution_point, -1) < 0) return true;
  const DistributionPoint limit(
      static_cast<ISSUING_DIST_POINT*>(X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point, nullptr, nullptr)));
  if (!limit || limit->indirectCRL > 0 || limit->onlyattr > 0 || limit->onlysomereasons != nullptr) return false;
  const bool is_ca = X509_check_ca(certificate) > 0;
  if ((limit->onlyuser > 0 && is_ca) || (limit->onlyCA > 0 && !is_ca)) return false;
  return limit->distpoint == nullptr || is_listed_at(certificate, limit->distpoint);
}

std::optional<int> reason_of(const X509_REVOKED* entry) {
  const std::unique_ptr<ASN1_ENUMERATED, Deleter<ASN1_ENUMERATED_free>> reason(
      static_cast<ASN1_ENUMERATED*>(X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, nullptr, nullptr)));
  if (!reason) return std::nullopt;
  return static_cast<int>(ASN1_ENUMERATED_get(reason.get()));
}

std::string reason_text(std::optional<int> reason) {
  constexpr std::array<std::string_view, 11> kReasons = {
      "unspecified",   "keyCompromise",        "cACompromise",    "affiliationChanged",
      "superseded",    "cessationOfOperation", "certificateHold", "7",
      "removeFromCRL", "privilegeWithdrawn",   "aACompromise"};
  if (!reason) return "no reason given";
  const auto at = static_cast<std::size_t>(*reason);
  return at < kReasons.size() ? std::string(kReasons.at(at)) : fmt::format("reason {}", *reason);
}

/// Takes a statement into what is known. Errors: rollback.
Result<void> take(const Statement& statement, std::string_view source, X509* certificate, std::chrono::sys_seconds at,
                  RevocationStatus& status) {
  if (statement.revoked) {
    const bool leaves_past = statement.reason && std::find(kLeavesThePast.begin(), kLeavesThePast.end(),
                                                           *statement.reason) != kLeavesThePast.end();
    if (!leaves_past || at >= statement.revoked_at) {
      return fail(ErrorCode::rollback,
                  fmt::format("the certificate of \"{}\" is revoked since {} ({}), which reaches this token of {}",
                              name_text(X509_get_subject_name(certificate)), format_instant(statement.revoked_at),
                              reason_text(statement.reason), format_instant(at)));
    }
    status.revoked_at = statement.revoked_at;
  }
  if (!status.as_of || *status.as_of < statement.as_of) {
    status.as_of = statement.as_of;
    status.source = source;
  }
  return {};
}

}  // namespace

std::optional<Statement> read_crl(X509_CRL* crl, X509* certificate, X509* issuer) {
  const bool by_issuer = X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_issuer_name(certificate)) == 0 &&
                         (X509_get_key_usage(issuer) & KU_CRL_SIGN) != 0 &&
                         X509_CRL_verify(crl, X509_get0_pubkey(issuer)) == 1;
  ERR_clear_error();
  const auto as_of = instant_of(X509_CRL_get0_lastUpdate(crl));
  if (!by_issuer || !as_of || !covers(crl, certificate)) return std::nullopt;
  Statement out{*as_of};
  X509_REVOKED* entry = nullptr;
  if (X509_CRL_get0_by_cert(crl, &entry, certificate) != 1) return out;
  const auto since = instant_of(X509_REVOKED_get0_revocationDate(entry));
  out.revoked = true;
  out.revoked_at = since ? *since : Instant();
  out.reason = reason_of(entry);
  return out;
}

Result<std::vector<RevocationStatus>> check_revocation(const STACK_OF(X509) * chain, const RevocationData& known,
                                                       std::chrono::sys_seconds at) {
  std::vector<RevocationStatus> out(static_cast<std::size_t>(std::max(sk_X509_num(chain) - 1, 0)));
  for (const Bytes& der : known.crls) {
    const Crl crl = parse_crl(der);
    if (!crl) return fail(ErrorCode::malformed, "a list of revoked certificates does not parse");
    for (std::size_t i = 0; i < out.size(); ++i) {
      X509* certificate = sk_X509_value(chain, static_cast<int>(i));
      const auto statement = read_crl(crl.get(), certificate, sk_X509_value(chain, static_cast<int>(i) + 1));
      if (statement) KIP_TRY_VOID(take(*statement, "crl", certificate, at, out[i]));
    }
  }
  for (const Bytes& response : known.ocsp) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      KIP_TRY(const auto statement, read_ocsp(response, chain, static_cast<int>(i)));
      if (statement) KIP_TRY_VOID(take(*statement, "ocsp", sk_X509_value(chain, static_cast<int>(i)), at, out[i]));
    }
  }
  return out;
}

}  // namespace kip::tsp
