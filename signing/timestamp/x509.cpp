#include <array>
#include <ctime>

#include <openssl/err.h>
#include <openssl/pem.h>

#include <manifests/core/printable.hpp>
#include <manifests/core/unicode.hpp>
#include <signing/timestamp/x509.hpp>

namespace kip::tsp {
namespace {

template <auto Write, class Object>
Bytes written(const Object* object) {
  unsigned char* out = nullptr;
  const int size = Write(object, &out);
  KIP_CHECK(size > 0);
  Bytes bytes(reinterpret_cast<const char*>(out), static_cast<std::size_t>(size));
  OPENSSL_free(out);
  return bytes;
}

/// One block of a PEM file.
struct PemBlock {
  PemBlock() = default;
  PemBlock(const PemBlock&) = delete;
  PemBlock& operator=(const PemBlock&) = delete;
  ~PemBlock() {
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, static_cast<std::size_t>(size));
  }

  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
};

Result<void> take_certificate(BytesView der, CertificateFile& file) {
  if (!parse_certificate(der)) return fail(ErrorCode::malformed, "a certificate in it does not parse");
  file.certificates.emplace_back(der);
  return {};
}

Result<void> take_block(const PemBlock& block, CertificateFile& file) {
  const std::string_view name = block.name;
  const BytesView der(reinterpret_cast<const char*>(block.data), static_cast<std::size_t>(block.size));
  if (name == PEM_STRING_X509 || name == PEM_STRING_X509_OLD) return take_certificate(der, file);
  if (name == PEM_STRING_X509_TRUSTED) {
    const unsigned char* at = block.data;
    const Certificate certificate(d2i_X509_AUX(nullptr, &at, block.size));
    ERR_clear_error();
    if (!certificate) return fail(ErrorCode::malformed, "a certificate in it does not parse");
    return take_certificate(der_of(certificate.get()), file);
  }
  if (name == PEM_STRING_X509_CRL) {
    if (!parse_crl(der)) return fail(ErrorCode::malformed, "a list of revoked certificates in it does not parse");
    file.crls.emplace_back(der);
  }
  return {};
}

}  // namespace

Certificate parse_certificate(BytesView der) {
  const auto parsed = parse_exactly<d2i_X509>(der);
  Certificate certificate(parsed.object);
  ERR_clear_error();
  return parsed.whole ? std::move(certificate) : nullptr;
}

Crl parse_crl(BytesView der) {
  const auto parsed = parse_exactly<d2i_X509_CRL>(der);
  Crl crl(parsed.object);
  ERR_clear_error();
  return parsed.whole ? std::move(crl) : nullptr;
}

Result<void> add_certificates(STACK_OF(X509) * list, const std::vector<Bytes>& der) {
  for (const Bytes& one : der) {
    const Certificate certificate = parse_certificate(one);
    if (!certificate) return fail(ErrorCode::malformed, "a certificate does not parse");
    KIP_CHECK(X509_add_cert(list, certificate.get(), X509_ADD_FLAG_UP_REF | X509_ADD_FLAG_NO_DUP) == 1);
  }
  return {};
}

Bytes der_of(const X509* certificate) {
  return written<i2d_X509>(certificate);
}

Bytes der_of(const X509_CRL* crl) {
  return written<i2d_X509_CRL>(crl);
}

std::string name_text(const X509_NAME* name) {
  const evp::Bio bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
  ERR_clear_error();
  return printable_line(evp::contents(bio.get()));
}

std::string integer_text(const ASN1_INTEGER* number) {
  const Number value(ASN1_INTEGER_to_BN(number, nullptr));
  if (!value) return {};
  char* text = BN_bn2hex(value.get());
  KIP_CHECK(text != nullptr);
  std::string out = to_lower_ascii(text);
  OPENSSL_free(text);
  return out;
}

std::string oid_text(const ASN1_OBJECT* oid) {
  const int size = OBJ_obj2txt(nullptr, 0, oid, 1);
  if (size <= 0) return {};
  std::string out(static_cast<std::size_t>(size) + 1, '\0');
  OBJ_obj2txt(out.data(), size + 1, oid, 1);
  out.pop_back();
  return out;
}

Result<Instant> instant_of(const ASN1_TIME* time) {
  std::tm fields{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &fields) != 1) {
    ERR_clear_error();
    return fail(ErrorCode::malformed, "a time in it is none");
  }
  constexpr int kTmYear = 1900;
  const std::chrono::year_month_day day{std::chrono::year(fields.tm_year + kTmYear),
                                        std::chrono::month(static_cast<unsigned>(fields.tm_mon) + 1),
                                        std::chrono::day(static_cast<unsigned>(fields.tm_mday))};
  if (!day.ok()) return fail(ErrorCode::malformed, "a time in it is none");
  return Instant(std::chrono::sys_days(day) + std::chrono::hours(fields.tm_hour) + std::chrono::minutes(fields.tm_min) +
                 std::chrono::seconds(fields.tm_sec));
}

Result<CertificateFacts> facts_of(X509* certificate) {
  KIP_TRY(const Instant not_before, instant_of(X509_get0_notBefore(certificate)));
  KIP_TRY(const Instant not_after, instant_of(X509_get0_notAfter(certificate)));
  return CertificateFacts{der_of(certificate),
                          name_text(X509_get_subject_name(certificate)),
                          name_text(X509_get_issuer_name(certificate)),
                          integer_text(X509_get0_serialNumber(certificate)),
                          not_before,
                          not_after};
}

Result<CertificateFile> read_certificate_file(FileSystem& files, const std::filesystem::path& path) {
  KIP_TRY(const Bytes bytes, read_file(files, path, CertificateFile::kMaxBytes, Links::follow));
  auto file = parse_certificate_file(bytes);
  if (!file) return fail_while("reading " + path.string(), std::move(file).error());
  return file;
}

Result<CertificateFacts> read_certificate(BytesView der) {
  const Certificate certificate = parse_certificate(der);
  if (!certificate) return fail(ErrorCode::malformed, "is no certificate in DER");
  return facts_of(certificate.get());
}

Result<CertificateFile> parse_certificate_file(BytesView bytes) {
  CertificateFile out;
  if (bytes.size() > CertificateFile::kMaxBytes) {
    return fail(ErrorCode::too_large, "has more than the 4 MiB that a file of certificates may have");
  }
  if (parse_certificate(bytes)) return CertificateFile{{Bytes(bytes)}, {}};
  if (parse_crl(bytes)) return CertificateFile{{}, {Bytes(bytes)}};
  const evp::Bio bio = evp::reader(bytes);
  while (true) {
    PemBlock block;
    if (PEM_read_bio(bio.get(), &block.name, &block.header, &block.data, &block.size) != 1) break;
    KIP_TRY_VOID(take_block(block, out));
  }
  const unsigned long reason = ERR_peek_last_error();
  ERR_clear_error();
  if (ERR_GET_REASON(reason) != PEM_R_NO_START_LINE) {
    return fail(ErrorCode::malformed, "holds a PEM block that is damaged");
  }
  if (out.certificates.empty() && out.crls.empty()) {
    return fail(ErrorCode::malformed, "holds neither a certificate nor a list of revoked ones, in PEM or in DER");
  }
  return out;
}

}  // namespace kip::tsp
