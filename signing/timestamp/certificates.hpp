#pragma once

#include <string>
#include <vector>

#include <manifests/core/bytes.hpp>
#include <manifests/core/instant.hpp>
#include <signing/storage/file_system.hpp>

/// Time stamps of independent authorities. Source: RFC 3161, RFC 5816. Format: docs/formats/timestamp.md
namespace kip::tsp {

/// What a certificate says.
struct CertificateFacts {
  Bytes der;
  std::string subject;  ///< as RFC 2253 writes names, fit to be shown
  std::string issuer;
  std::string serial;  ///< hexadecimal
  Instant not_before;
  Instant not_after;  ///< good until then, inclusive

  bool operator==(const CertificateFacts&) const = default;
};

/// What stands in a file of certificates, in DER.
struct CertificateFile {
  static constexpr std::size_t kMaxBytes = 4U << 20U;

  std::vector<Bytes> certificates;
  std::vector<Bytes> crls;  ///< lists of revoked certificates

  bool operator==(const CertificateFile&) const = default;
};

/// Reads PEM with any number of certificates and lists, whatever else stands between them, or one of either in DER.
/// Errors: malformed where something in it does not parse or there is neither.
Result<CertificateFile> parse_certificate_file(BytesView bytes);

/// The same out of a file. Errors also: those of reading.
Result<CertificateFile> read_certificate_file(FileSystem& files, const std::filesystem::path& path);

/// Errors: malformed.
Result<CertificateFacts> read_certificate(BytesView der);

}  // namespace kip::tsp
