#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include <manifests/core/printable.hpp>
#include <server/domain/access.hpp>
#include <server/domain/staff_events.hpp>
#include <server/domain/staff_projection.hpp>
#include <signing/crypto/sha256.hpp>

namespace kip::server {
namespace {

constexpr std::string_view kTokenPrefix = "kip_";
constexpr std::size_t kSecretOctets = 32;
constexpr std::size_t kMaxToken = 128;
constexpr std::size_t kMaxLabel = 200;

Result<void> check_request(const TokenRequest& request) {
  if (request.life <= std::chrono::hours(0) || request.life > TokenRequest::kLongestLife) {
    return fail(ErrorCode::usage, "a token lives from 1 hour to 730 days");
  }
  if (request.scopes && request.scopes->empty())
    return fail(ErrorCode::usage, "a token without a scope is good for nothing");
  if (request.label.size() > kMaxLabel || !is_printable_line(request.label)) {
    return fail(ErrorCode::usage, fmt::format("a token's label is one line of at most {} octets", kMaxLabel));
  }
  return {};
}

}  // namespace

std::string new_secret(std::string_view prefix, RandomSource& random) {
  return std::string(prefix) + to_base64url(random.bytes(kSecretOctets));
}

Result<NewToken> StaffAccess::create_in(UnitOfWork& unit, const Actor& actor, const PersonName& person,
                                        const TokenRequest& request) const {
  std::string token = new_secret(kTokenPrefix, recorder_.random());
  const Instant now = recorder_.now();
  const TokenRecord record{sha256(token), person, request.label, request.scopes, now, now + request.life};
  KIP_TRY_VOID(recorder_.record(unit, event_type::kTokenCreated, actor, token_created_body(record)));
  return NewToken{std::move(token), record};
}

Result<NewToken> StaffAccess::provide_token(const Actor& actor, std::string_view name, const StaffRoles& roles,
                                            const TokenRequest& request) {
  KIP_TRY(const PersonName person, PersonName::parse(name));
  KIP_TRY_VOID(check_request(request));
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY(const auto known, unit->projection().people.find(person));
  if (!known) {
    KIP_TRY_VOID(expect_name_of_person(person));
    if (roles.empty()) {
      return fail(ErrorCode::usage, fmt::format("{} is new here and needs a role at least: --role", person.str()));
    }
    KIP_TRY_VOID(recorder_.record(*unit, event_type::kPersonAdded, actor, person_body({person, roles})));
  }
  KIP_TRY(NewToken made, create_in(*unit, actor, person, request));
  KIP_TRY_VOID(unit->commit());
  return made;
}

Result<NewToken> StaffAccess::create_token(const Actor& actor, const PersonName& person, const TokenRequest& request) {
  KIP_TRY_VOID(check_request(request));
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY(NewToken made, create_in(*unit, actor, person, request));
  KIP_TRY_VOID(unit->commit());
  return made;
}

Result<void> StaffAccess::expect_within(const StaffCaller& caller, const TokenRequest& request, Instant now) {
  if (request.scopes && !caller.limited) {
    for (const StaffAction action : *request.scopes) {
      if (caller.may(action)) continue;
      return fail(ErrorCode::denied, fmt::format("your roles do not allow {}, so that no token of yours can: leave it "
                                                 "out of the scopes",
                                                 to_string(action)));
    }
  }
  const bool outlives = caller.expires && now + request.life > *caller.expires;
  const bool more =
      caller.limited && (!request.scopes || !std::includes(caller.actions.begin(), caller.actions.end(),
                                                           request.scopes->begin(), request.scopes->end()));
  if (!outlives && !more) return {};
  return fail(ErrorCode::denied,
              "a token makes no token that may more than it or outlives it; sign in with your password (kip login) to "
              "make this one");
}

Result<void> StaffAccess::revoke_token(const Actor& actor, const std::optional<PersonName>& of, std::string_view id) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY(const auto all, unit->projection().tokens.all());
  const auto found = std::find_if(all.begin(), all.end(), [&](const TokenRecord& token) {
    return token.id() == id && (!of || token.person == *of);
  });
  if (found == all.end()) return fail(ErrorCode::not_found, fmt::format("there is no token {}", id.substr(0, 40)));
  if (found->revoked) return fail(ErrorCode::conflict, fmt::format("the token {} was ended before", id));
  KIP_TRY_VOID(recorder_.record(*unit, event_type::kTokenRevoked, actor, token_revoked_body(*found)));
  return unit->commit();
}

Result<std::vector<TokenRecord>> StaffAccess::tokens(const PersonName& of) const {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::read));
  KIP_TRY(auto out, unit->projection().tokens.all());
  std::erase_if(out, [&](const TokenRecord& token) { return token.person != of; });
  std::sort(out.begin(), out.end(), [](const TokenRecord& a, const TokenRecord& b) {
    return std::tie(a.created, a.hash) < std::tie(b.created, b.hash);
  });
  return out;
}

Result<StaffCaller> StaffAccess::recognise(std::string_view text) const {
  const bool session = text.starts_with(kSessionPrefix);
  if ((!session && !text.starts_with(kTokenPrefix)) || text.size() > kMaxToken) return not_recognised();
  // The lookup is by a digest, so that its timing tells nothing about a token.
  const Sha256Digest hash = sha256(text);
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::read));
  return caller_by(*unit, hash, session, recorder_.now());
}

}  // namespace kip::server
