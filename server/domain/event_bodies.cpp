#include <manifests/codec/reader.hpp>
#include <server/domain/event_bodies.hpp>

namespace kip::server {

json::Value code_created_body(const EnrolmentCodeRecord& code) {
  json::Object out{{"secret_sha256", code.secret.hex()},
                   {"customer", code.customer.str()},
                   {"product", code.product.str()},
                   {"label", code.label},
                   {"expires", format_instant(code.expires)},
                   {"seats", code.seats},
                   {"approval", code.approval}};
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
  const std::int64_t seats = in.optional_integer("seats", 1, kMaxSeats).value_or(1);
  const bool approval = in.boolean_or("approval", false);
  KIP_TRY_VOID(in.finish());
  return EnrolmentCodeRecord{
      *secret, *std::move(customer), *std::move(product), std::move(label), *expires, std::move(replaces), seats,
      approval};
}

}  // namespace kip::server
