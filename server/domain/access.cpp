#include <algorithm>

#include <fmt/format.h>

#include <server/domain/access.hpp>
#include <server/domain/event_bodies.hpp>
#include <signing/crypto/secret.hpp>
#include <signing/crypto/sha256.hpp>

namespace kip::server {
namespace {

constexpr std::string_view kPrefix = "kip_";
constexpr std::size_t kTokenOctets = 32;
constexpr std::size_t kMaxToken = 128;

using PersonName = Slug<struct PersonTag>;

}  // namespace

Result<NewToken> StaffAccess::create_token(std::string_view actor, std::string_view name, std::string_view role) {
  KIP_TRY(const PersonName person, PersonName::parse(name));
  std::string token = std::string(kPrefix) + to_base64url(recorder_.random().bytes(kTokenOctets));
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY(const auto present, unit->projection().tokens.all());
  const bool taken =
      std::any_of(present.begin(), present.end(), [&](const TokenRecord& other) { return other.name == person.str(); });
  if (taken) return fail(ErrorCode::conflict, fmt::format("{} has a token already; choose another name", person.str()));
  const TokenRecord record{sha256(token), person.str(), std::string(role), {}};
  KIP_TRY_VOID(recorder_.record(*unit, event_type::kTokenCreated, actor, token_created_body(record)));
  KIP_TRY_VOID(unit->commit());
  return NewToken{std::move(token), person.str()};
}

Result<std::string> StaffAccess::recognise(std::string_view token) {
  const auto refused = [] {
    return fail(ErrorCode::denied, "this needs a valid staff token (Authorization: Bearer kip_…)");
  };
  if (!token.starts_with(kPrefix) || token.size() > kMaxToken) return refused();
  const Sha256Digest hash = sha256(token);
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::read));
  KIP_TRY(const auto found, unit->projection().tokens.find(hash));
  // The lookup is by a digest, so that its timing tells nothing about a token; the comparison is for good measure.
  if (!found || !equal_in_constant_time(found->hash.bytes(), hash.bytes())) return refused();
  return "staff:" + found->name;
}

}  // namespace kip::server
