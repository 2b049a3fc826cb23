#include <fmt/format.h>

#include <manifests/codec/reader.hpp>
#include <manifests/core/printable.hpp>
#include <signing/evidence/claimed_authorities.hpp>

namespace kip {
namespace {

constexpr std::size_t kMaxText = 64U << 20U;
constexpr std::size_t kMaxAuthorities = 20;
constexpr std::size_t kMaxStatements = 500;
/// Over all authorities: each costs a look at each token.
constexpr std::size_t kMaxCertificates = 1000;
constexpr std::size_t kMaxName = 1000;
constexpr std::int64_t kMaxAccuracy = 86'400'000'000;

json::Array in_base64(const std::vector<Bytes>& all) {
  json::Array out;
  for (const Bytes& one : all)
    out.emplace_back(to_base64(one));
  return out;
}

Result<Bytes> read_base64(const json::Value& value) {
  const std::string* text = value.as_text();
  if (text == nullptr) return fail(ErrorCode::malformed, "is no text in base64");
  return from_base64(*text);
}

Result<tsp::Authority> read_authority(const json::Value& value) {
  json::ObjectReader in(value, "authority");
  tsp::Authority out;
  out.name = in.text("name", kMaxName);
  out.trust.roots = in.each("roots", read_base64, kMaxStatements);
  out.trust.untrusted = in.each("untrusted", read_base64, kMaxStatements);
  out.trust.policies = in.texts_or_empty("policies");
  out.trust.revocation.crls = in.each("crls", read_base64, kMaxStatements);
  out.trust.revocation.ocsp = in.each("ocsp", read_base64, kMaxStatements);
  const auto accuracy = in.optional_integer("accuracy_us", 0, kMaxAccuracy);
  if (accuracy) out.accuracy = std::chrono::microseconds(*accuracy);
  out.independent = in.boolean("independent");
  if (out.name.empty() || !is_printable_line(out.name)) in.refuse("name", "is no name");
  KIP_TRY_VOID(in.finish());
  return out;
}

}  // namespace

Bytes claimed_authorities_text(const std::vector<tsp::Authority>& authorities) {
  json::Array all;
  for (const tsp::Authority& authority : authorities) {
    const tsp::Trust& trust = authority.trust;
    json::Object one{{"name", authority.name},
                     {"roots", in_base64(trust.roots)},
                     {"untrusted", in_base64(trust.untrusted)},
                     {"policies", json::Array(trust.policies.begin(), trust.policies.end())},
                     {"crls", in_base64(trust.revocation.crls)},
                     {"ocsp", in_base64(trust.revocation.ocsp)},
                     {"independent", authority.independent}};
    if (authority.accuracy) one["accuracy_us"] = static_cast<std::int64_t>(authority.accuracy->count());
    all.emplace_back(std::move(one));
  }
  return json::to_compact(json::Object{{"format", "kip.evidence-authorities/1"}, {"authorities", std::move(all)}});
}

Result<std::vector<tsp::Authority>> parse_claimed_authorities(BytesView text) {
  KIP_TRY(const json::Value value, json::parse(text, {.bytes = kMaxText}));
  json::ObjectReader in(value, kClaimedAuthoritiesFile);
  in.format("kip.evidence-authorities", 1);
  auto out = in.each("authorities", read_authority, kMaxAuthorities);
  KIP_TRY_VOID(in.finish());
  std::size_t certificates = 0;
  for (const tsp::Authority& one : out)
    certificates += one.trust.roots.size() + one.trust.untrusted.size();
  if (certificates > kMaxCertificates)
    return fail(ErrorCode::too_large, fmt::format("it names more than {} certificates", kMaxCertificates));
  return out;
}

}  // namespace kip
