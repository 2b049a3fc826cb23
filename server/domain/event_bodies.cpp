#include <manifests/codec/reader.hpp>
#include <server/domain/event_bodies.hpp>

namespace kip::server {

json::Value code_created_body(const EnrolmentCodeRecord& code) {
  json::Object out{{"secret_sha256", code.secret.hex()},
                   {"customer", code.customer.str()},
                   {"product", code.product.str()},
                   {"label", code.label},
                   {"expires", format_instant(code.expires)}};
  if (code.replaces) out["replaces"] = code.replaces->str();
  return out;
}

Result<EnrolmentCodeRecord> read_code_created(const json::Value& body) {
  json::ObjectReader in(body, "code.created");
  const auto secret = in.parsed("secret_sha256", Sha256Digest::parse);
  auto customer = in.parsed("customer", TaxCode::parse);
  auto product = in.parsed("product", ProductId::parse);
  std::string label = in.text("label");
  const auto expires = in.parsed("expires", parse_instant);
  auto replaces = in.optional_parsed("replaces", InstallId::parse);
  KIP_TRY_VOID(in.finish());
  return EnrolmentCodeRecord{*secret,  *std::move(customer), *std::move(product), std::move(label),
                             *expires, std::move(replaces)};
}

json::Value token_created_body(const TokenRecord& token) {
  return json::Object{{"token_sha256", token.hash.hex()}, {"name", token.name}, {"role", token.role}};
}

Result<TokenRecord> read_token_created(const json::Value& body, Instant created) {
  json::ObjectReader in(body, "token.created");
  const auto hash = in.parsed("token_sha256", Sha256Digest::parse);
  std::string name = in.text("name", 64);
  std::string role = in.text("role", 64);
  KIP_TRY_VOID(in.finish());
  return TokenRecord{*hash, std::move(name), std::move(role), created};
}

}  // namespace kip::server
