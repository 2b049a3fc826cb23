#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <manifests/core/bytes.hpp>
#include <manifests/core/instant.hpp>

namespace kip::testing {

/// A key with its certificate. A value; made by make_identity().
struct Identity {
  std::shared_ptr<void> key;          ///< OpenSSL's
  std::shared_ptr<void> certificate;  ///< OpenSSL's

  Bytes der() const;
  std::string pem() const;
  std::string key_pem() const;
};

struct IdentitySpec {
  std::string name = "Other";
  const Identity* issuer = nullptr;  ///< null: itself
  bool ca = false;
  std::string not_before = "2024-01-01T00:00:00Z";
  std::string not_after = "2034-01-01T00:00:00Z";
  std::string usage = "critical,timeStamping";  ///< extended key usage as OpenSSL writes it; empty: none
  std::string key_usage = "critical,digitalSignature";
  std::string more = {};  ///< a further extension, "crlDistributionPoints=URI:http://..."
  bool rsa = false;
  const char* signed_by = "SHA256";
  int serial = 0;                      ///< 0: the next one
  const Identity* same_key = nullptr;  ///< whose key is certified once more
};

Identity make_identity(const IdentitySpec& spec);

/// What a token says, true or not.
struct TokenSpec {
  Bytes digest = {};
  const char* algorithm = "SHA256";
  std::string time = "20260301120000.25Z";
  std::string policy = "1.2.3.4";
  long seconds = 1;  ///< accuracy; 0: none stated
  long millis = 500;
  std::string nonce = {};  ///< hexadecimal
  std::string tsa = {};    ///< a DNS name
  const char* signing_digest = "SHA256";
  std::vector<Bytes> certificates = {};  ///< embedded after the signer's
  bool embed_signer = true;
  bool first = false;            ///< the further ones stand before the signer's
  bool name_certificate = true;  ///< attribute signingCertificateV2
  bool critical_extension = false;
  bool pss = false;
  int version = 1;
  int content_type = 0;  ///< NID; 0: a time stamp's
  const Identity* second_signer = nullptr;
  std::vector<Bytes> crls = {};
};

Bytes make_token(const Identity& signer, const TokenSpec& spec);
/// A response that grants the token, or one with another status and no token.
Bytes grant(const Bytes& token, int status = 0);
Bytes reject(int status, int failure_bit, const std::string& text);

struct RevokedSpec {
  const Identity* certificate;
  std::string since;
  std::optional<int> reason = {};
};
/// `more`: a further extension, "issuingDistributionPoint=critical,onlyuser:TRUE".
Bytes make_crl(const Identity& issuer, const std::string& this_update, const std::vector<RevokedSpec>& revoked,
               const std::string& more = {});

struct OcspSpec {
  const Identity* certificate;
  const Identity* issuer;
  const Identity* signer;  ///< the issuer, or whom it has certified
  std::string this_update;
  std::string revoked = {};  ///< since when; empty: it is good
  int reason = -1;
  bool unknown = false;
  const char* named_by = "SHA1";
};
Bytes make_ocsp(const OcspSpec& spec);
std::string crl_pem(const Bytes& crl);

}  // namespace kip::testing
