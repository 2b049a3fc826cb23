#include <array>

#include <fmt/format.h>
#include <openssl/err.h>

#include <manifests/core/printable.hpp>
#include <signing/timestamp/der.hpp>
#include <signing/timestamp/response.hpp>
#include <signing/timestamp/tst_info.hpp>

namespace kip::tsp {
namespace {

struct Algorithm {
  HashAlgorithm algorithm;
  int nid;
  std::size_t octets;
  std::string_view name;
};

constexpr std::array<Algorithm, 3> kAlgorithms = {{
    {HashAlgorithm::sha256, NID_sha256, 32, "sha256"},
    {HashAlgorithm::sha384, NID_sha384, 48, "sha384"},
    {HashAlgorithm::sha512, NID_sha512, 64, "sha512"},
}};

const Algorithm& row(HashAlgorithm algorithm) {
  return kAlgorithms.at(static_cast<std::size_t>(algorithm));
}

Unexpected wrong(std::string_view why) {
  ERR_clear_error();
  return fail(ErrorCode::malformed, fmt::format("this is no time stamp token: {}", why));
}

BytesView octets_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Of digits only.
int number_of(std::string_view digits) {
  int out = 0;
  for (const char c : digits)
    out = out * 10 + (c - '0');
  return out;
}

struct Fraction {
  std::chrono::microseconds value{0};
  bool cut = false;  ///< there were more digits
};

/// ".25" -> 250 ms. Nothing where it is no fraction.
std::optional<Fraction> parse_fraction(std::string_view text) {
  constexpr std::size_t kDigits = 6;
  constexpr std::size_t kMaxDigits = 18;
  if (text.empty()) return Fraction{};
  if (text.size() < 2 || text.size() > kMaxDigits + 1 || text[0] != '.') return std::nullopt;
  text.remove_prefix(1);
  Fraction out;
  std::int64_t value = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_digit(text[i])) return std::nullopt;
    if (i < kDigits) value = value * 10 + (text[i] - '0');
    out.cut = out.cut || (i >= kDigits && text[i] != '0');
  }
  for (std::size_t i = text.size(); i < kDigits; ++i)
    value *= 10;
  out.value = std::chrono::microseconds(value);
  return out;
}

struct ReadTime {
  GenTime time;
  bool cut = false;
};

/// "20251103170000.25Z". Source: RFC 3161 section 2.4.2
std::optional<ReadTime> parse_gen_time(std::string_view text) {
  constexpr std::size_t kWhole = 14;
  if (text.size() <= kWhole || text.back() != 'Z') return std::nullopt;
  for (const char c : text.substr(0, kWhole)) {
    if (!is_digit(c)) return std::nullopt;
  }
  const auto fraction = parse_fraction(text.substr(kWhole, text.size() - kWhole - 1));
  const auto part = [&](std::size_t at) { return number_of(text.substr(at, 2)); };
  const std::chrono::year_month_day day{std::chrono::year(number_of(text.substr(0, 4))),
                                        std::chrono::month(static_cast<unsigned>(part(4))),
                                        std::chrono::day(static_cast<unsigned>(part(6)))};
  const int hours = part(8);
  const int minutes = part(10);
  const int seconds = part(12);
  constexpr int kEpoch = 1970;
  if (!fraction || !day.ok() || int{day.year()} < kEpoch || hours > 23 || minutes > 59 || seconds > 59)
    return std::nullopt;
  return ReadTime{std::chrono::sys_days(day) + std::chrono::hours(hours) + std::chrono::minutes(minutes) +
                      std::chrono::seconds(seconds) + fraction->value,
                  fraction->cut};
}

/// A part of an accuracy; 0 where it is missing, nothing where it is out of bounds.
std::optional<std::int64_t> bounded(const ASN1_INTEGER* number, std::int64_t max) {
  if (number == nullptr) return 0;
  std::int64_t value = 0;
  if (ASN1_INTEGER_get_int64(&value, number) != 1 || value < 0 || value > max) return std::nullopt;
  return value;
}

Result<std::optional<std::chrono::microseconds>> read_accuracy(TS_TST_INFO* info) {
  using Accuracy = std::optional<std::chrono::microseconds>;
  constexpr std::int64_t kMaxSeconds = 366LL * 24 * 3600;
  constexpr std::int64_t kMaxPart = 999;
  const TS_ACCURACY* accuracy = TS_TST_INFO_get_accuracy(info);
  if (accuracy == nullptr) return Accuracy();
  const auto seconds = bounded(TS_ACCURACY_get_seconds(accuracy), kMaxSeconds);
  const auto millis = bounded(TS_ACCURACY_get_millis(accuracy), kMaxPart);
  const auto micros = bounded(TS_ACCURACY_get_micros(accuracy), kMaxPart);
  if (!seconds || !millis || !micros) return wrong("its accuracy is none");
  return Accuracy(std::chrono::seconds(*seconds) + std::chrono::milliseconds(*millis) +
                  std::chrono::microseconds(*micros));
}

std::string general_name_text(const GENERAL_NAME* name) {
  int type = 0;
  const void* value = GENERAL_NAME_get0_value(name, &type);
  if (type == GEN_DIRNAME) return name_text(static_cast<const X509_NAME*>(value));
  if (type == GEN_URI || type == GEN_DNS || type == GEN_EMAIL) {
    return printable_line(octets_of(static_cast<const ASN1_STRING*>(value)));
  }
  return {};
}

Result<Imprint> read_imprint(TS_TST_INFO* info) {
  TS_MSG_IMPRINT* imprint = TS_TST_INFO_get_msg_imprint(info);
  KIP_TRY(const HashAlgorithm algorithm, imprint_algorithm(TS_MSG_IMPRINT_get_algo(imprint)));
  const BytesView digest = octets_of(TS_MSG_IMPRINT_get_msg(imprint));
  if (digest.size() != digest_size(algorithm)) return wrong("the hash in it is not as long as its algorithm says");
  return Imprint{algorithm, Bytes(digest)};
}

/// What nobody here knows and yet has to be heeded.
bool has_critical_extension(TS_TST_INFO* info) {
  for (int i = 0; i < TS_TST_INFO_get_ext_count(info); ++i) {
    if (X509_EXTENSION_get_critical(TS_TST_INFO_get_ext(info, i)) == 1) return true;
  }
  return false;
}

}  // namespace

std::string_view to_string(HashAlgorithm algorithm) {
  return row(algorithm).name;
}

std::size_t digest_size(HashAlgorithm algorithm) {
  return row(algorithm).octets;
}

std::string format_gen_time(GenTime time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  std::string out = format_instant(whole);
  const auto micros = (time - whole).count();
  if (micros == 0) return out;
  std::string fraction = fmt::format(".{:06}", micros);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return out.insert(out.size() - 1, fraction);
}

Result<HashAlgorithm> imprint_algorithm(const X509_ALGOR* algorithm) {
  const ASN1_OBJECT* oid = nullptr;
  int type = V_ASN1_UNDEF;
  X509_ALGOR_get0(&oid, &type, nullptr, algorithm);
  const int nid = OBJ_obj2nid(oid);
  for (const Algorithm& known : kAlgorithms) {
    if (known.nid == nid && (type == V_ASN1_UNDEF || type == V_ASN1_NULL)) return known.algorithm;
  }
  return wrong(
      fmt::format("its hash algorithm is {}; only SHA-256, SHA-384 and SHA-512 are accepted (SHA-1 and MD5 "
                  "are broken)",
                  oid_text(oid)));
}

Result<Cms> parse_cms(BytesView token) {
  const auto parsed = parse_exactly<d2i_CMS_ContentInfo>(token);
  Cms cms(parsed.object);
  if (!parsed.whole) return wrong("it does not parse");
  if (OBJ_obj2nid(CMS_get0_type(cms.get())) != NID_pkcs7_signed) return wrong("it is not signed data");
  if (OBJ_obj2nid(CMS_get0_eContentType(cms.get())) != NID_id_smime_ct_TSTInfo) {
    return wrong("what is signed is not a time stamp");
  }
  const ASN1_OCTET_STRING* const* content = CMS_get0_content(cms.get());
  if (content == nullptr || *content == nullptr) return wrong("what is signed is missing");
  const int signatures = sk_CMS_SignerInfo_num(CMS_get0_SignerInfos(cms.get()));
  if (signatures != 1) return wrong(fmt::format("it has {} signatures, a token has one", std::max(signatures, 0)));
  return cms;
}

Result<TstInfo> parse_tst_info(CMS_ContentInfo* cms) {
  const BytesView content = octets_of(*CMS_get0_content(cms));
  if (const auto der = read_element(content, Encoding::der); !der) return wrong(der.error().message);
  const auto parsed = parse_exactly<d2i_TS_TST_INFO>(content);
  TstInfo info(parsed.object);
  if (!parsed.whole) return wrong("what is signed does not parse");
  if (TS_TST_INFO_get_version(info.get()) != 1) return wrong("it is not of version 1");
  if (has_critical_extension(info.get())) return wrong("it has a critical extension, which nothing here knows");
  return info;
}

Result<Claims> read_claims(TS_TST_INFO* info) {
  const auto time = parse_gen_time(octets_of(TS_TST_INFO_get_time(info)));
  if (!time) return wrong("its time is none");
  KIP_TRY(auto accuracy, read_accuracy(info));
  if (accuracy && time->cut) *accuracy += std::chrono::microseconds(1);
  KIP_TRY(Imprint imprint, read_imprint(info));
  Claims out{.gen_time = time->time,
             .accuracy = accuracy,
             .serial = integer_text(TS_TST_INFO_get_serial(info)),
             .policy = oid_text(TS_TST_INFO_get_policy_id(info)),
             .imprint = std::move(imprint)};
  if (const ASN1_INTEGER* nonce = TS_TST_INFO_get_nonce(info)) out.nonce = integer_text(nonce);
  out.ordering = TS_TST_INFO_get_ordering(info) == 1;
  if (const GENERAL_NAME* tsa = TS_TST_INFO_get_tsa(info)) out.tsa = general_name_text(tsa);
  return out;
}

Result<UnverifiedToken> UnverifiedToken::parse(BytesView token_or_response) {
  KIP_TRY(Bytes token, unwrap_token(token_or_response));
  KIP_TRY(const Cms cms, parse_cms(token));
  KIP_TRY(const TstInfo info, parse_tst_info(cms.get()));
  KIP_TRY(Claims claims, read_claims(info.get()));
  return UnverifiedToken(std::move(token), std::move(claims));
}

}  // namespace kip::tsp
