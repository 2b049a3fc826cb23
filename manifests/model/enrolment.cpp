#include <manifests/codec/reader.hpp>
#include <manifests/core/printable.hpp>
#include <manifests/core/unicode.hpp>
#include <manifests/model/enrolment.hpp>

namespace kip {
namespace {

constexpr std::string_view kPrefix = "kip1:";
constexpr std::size_t kCheckOctets = 4;
constexpr std::size_t kMaxCode = 4096;

Unexpected damaged() {
  return fail(ErrorCode::malformed,
              "the enrolment code is incomplete or mistyped; copy it again, whole, from \"kip1:\" on");
}

Result<std::string> parse_secret(std::string_view text) {
  KIP_TRY(const Bytes octets, from_hex(text));
  if (octets.size() != 16) return fail(ErrorCode::malformed, "an enrolment secret has 32 hexadecimal digits");
  return std::string(text);
}

Result<std::string> parse_base_url(std::string_view text) {
  const bool http = text.starts_with("http://") || text.starts_with("https://");
  if (http && text.back() != '/' && text.find_first_of(" \t\r\n\"<>") == std::string_view::npos)
    return std::string(text);
  return fail(ErrorCode::malformed, "is not an http or https URL without a slash at its end");
}

}  // namespace

Result<EnrolmentCode> parse_enrolment_code(std::string_view text, const Sha256Function& sha256) {
  text = trim(text);
  if (!text.starts_with(kPrefix) || text.size() > kMaxCode) return damaged();
  const auto decoded = from_base64url(text.substr(kPrefix.size()));
  if (!decoded || decoded->size() <= kCheckOctets) return damaged();
  const BytesView body = BytesView(*decoded).substr(0, decoded->size() - kCheckOctets);
  if (sha256(body).bytes().substr(0, kCheckOctets) != decoded->substr(body.size())) return damaged();
  KIP_TRY(const json::Value value, json::parse(body));
  json::ObjectReader in(value, "enrolment code");
  auto url = in.parsed("url", parse_base_url);
  auto tenant = in.parsed("tenant", TenantId::parse);
  auto product = in.parsed("product", ProductId::parse);
  const auto root = in.parsed("root", Sha256Digest::parse);
  auto log_key = in.parsed("log_key", from_base64url);
  auto secret = in.parsed("secret", parse_secret);
  KIP_TRY_VOID(in.finish());
  return EnrolmentCode{*std::move(url), *std::move(tenant),  *std::move(product),
                       *root,           *std::move(log_key), *std::move(secret)};
}

std::string to_text(const EnrolmentCode& code, const Sha256Function& sha256) {
  Bytes body = json::to_compact(json::Object{{"url", code.url},
                                             {"tenant", code.tenant.str()},
                                             {"product", code.product.str()},
                                             {"root", code.root.hex()},
                                             {"log_key", to_base64url(code.log_key)},
                                             {"secret", code.secret}});
  body += sha256(body).bytes().substr(0, kCheckOctets);
  return std::string(kPrefix) + to_base64url(body);
}

Result<EnrolmentRequest> parse_enrolment_request(BytesView payload) {
  KIP_TRY(const json::Value value, json::parse(payload, {.bytes = 64U << 10U}));
  json::ObjectReader in(value, "enrolment request");
  in.format("kip.enrolment", 1);
  auto tenant = in.parsed("tenant", TenantId::parse);
  auto product = in.parsed("product", ProductId::parse);
  auto secret = in.parsed("secret", parse_secret);
  json::Value key = in.object("public_key");
  std::string label = in.text("label", 200);
  if (!is_printable_line(label)) in.refuse("label", "has control characters; give the machine a plain name");
  KIP_TRY_VOID(in.finish());
  return EnrolmentRequest{*std::move(tenant), *std::move(product), *std::move(secret), std::move(key),
                          std::move(label)};
}

json::Value to_json(const EnrolmentRequest& request) {
  return json::Object{{"format", "kip.enrolment/1"},      {"tenant", request.tenant.str()},
                      {"product", request.product.str()}, {"secret", request.secret},
                      {"public_key", request.public_key}, {"label", request.label}};
}

}  // namespace kip
