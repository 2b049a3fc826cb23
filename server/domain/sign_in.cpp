#include <algorithm>

#include <fmt/format.h>

#include <manifests/core/unicode.hpp>
#include <server/domain/sign_in.hpp>
#include <server/domain/staff_events.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/fetch/client_network.hpp>

namespace kip::server {
namespace {

Unexpected wrong() {
  return fail(
      ErrorCode::denied,
      "name and password do not belong together; an administrator can make a new invitation (kip person invite)");
}

/// The same password, however the keyboard composed its letters. Source: RFC 8265 section 4.2.2
SecretBytes normal_form(const SecretBytes& password) {
  auto normal = to_nfc(password.reveal());
  return SecretBytes(normal ? *std::move(normal) : Bytes(password.reveal()));
}

Result<void> check_new(std::string_view name, const SecretBytes& password) {
  const BytesView text = password.reveal();
  if (!to_nfc(text)) return fail(ErrorCode::usage, "a password is text in UTF-8");
  std::size_t characters = 0;
  for (const char octet : text)
    characters += (static_cast<unsigned char>(octet) & 0xC0U) != 0x80U ? 1 : 0;
  if (characters < SignIn::kMinPassword || text.size() > SignIn::kMaxPassword) {
    return fail(ErrorCode::usage, fmt::format("a password has at least {} characters and at most {} octets",
                                              SignIn::kMinPassword, SignIn::kMaxPassword));
  }
  if (is_blank(text)) return fail(ErrorCode::usage, "a password must not be of blanks only");
  if (text == name) return fail(ErrorCode::usage, "a password must not be the name");
  return {};
}

}  // namespace

SignIn::SignIn(const Ports& ports, std::chrono::hours session_life)
    : ports_(ports), session_life_(session_life), nobodys_(PasswordHash::of_nobody(ports.recorder.random())) {}

std::optional<Instant> SignIn::locked_until(std::string_view name, const std::string& from) const {
  const Instant now = ports_.recorder.now();
  return std::max(ports_.throttle.locked_until(name, now), addresses_.locked_until(network_of(from), now));
}

Result<CredentialRecord> SignIn::check(std::string_view name, const SecretBytes& proof, bool invitation,
                                       const std::string& from) {
  if (locked_until(name, from))
    return fail(ErrorCode::busy, "too many wrong passwords for this name or from this address; wait and try again");
  const std::string network = network_of(from);
  const auto turn = turns_.take(network, addresses_.failures(network));
  if (!turn) return fail(ErrorCode::busy, "others are signing in at this moment; try again");
  const Instant now = ports_.recorder.now();
  std::optional<CredentialRecord> known;
  if (const auto person = PersonName::parse(name)) {
    KIP_TRY(const auto unit, ports_.store.begin(ports_.recorder.tenant(), Access::read));
    KIP_TRY(const auto member, unit->projection().people.find(*person));
    if (member && !member->removed) {
      KIP_TRY(known, unit->credentials().find(*person));
    }
  }
  bool right = false;
  if (invitation) {
    right = known && known->invitation && now < known->invitation->expires &&
            known->invitation->secret == sha256(proof.reveal());
  } else {
    const bool has = known && known->password;
    right = (has ? *known->password : nobodys_).is_of(normal_form(proof)) && has;
  }
  if (!right) {
    ports_.throttle.failed(name, now);
    addresses_.failed(network, now);
    ports_.log.write("staff.refused", {{"name", std::string(name.substr(0, 63))}, {"from", from}});
    return wrong();
  }
  ports_.throttle.forget(name);
  addresses_.forget(network);
  return *std::move(known);
}

Result<NewSession> SignIn::begin(std::string_view name, const SecretBytes& password, const std::string& from) {
  KIP_TRY(const CredentialRecord known, check(name, password, false, from));
  std::string text = new_secret(kSessionPrefix, ports_.recorder.random());
  const Instant now = ports_.recorder.now();
  const SessionRecord session{sha256(text), known.person, now, now + session_life_};
  KIP_TRY(const auto unit, ports_.store.begin(ports_.recorder.tenant(), Access::write));
  // To check a password takes a while: it may have been taken away meanwhile, or the person.
  KIP_TRY(const auto still, unit->credentials().find(known.person));
  if (still != known) return wrong();
  KIP_TRY_VOID(unit->sessions().end_expired(now));
  KIP_TRY_VOID(unit->sessions().put(session));
  KIP_TRY_VOID(unit->commit());
  ports_.log.write("staff.signed_in", {{"name", known.person.str()}, {"session", session.id()}, {"from", from}});
  return NewSession{std::move(text), session.expires};
}

Result<void> SignIn::end(const Sha256Digest& session) {
  KIP_TRY(const auto unit, ports_.store.begin(ports_.recorder.tenant(), Access::write));
  KIP_TRY_VOID(unit->sessions().end(session));
  return unit->commit();
}

Result<void> SignIn::set_password(std::string_view name, const SecretBytes& proof, const SecretBytes& password,
                                  const std::string& from) {
  KIP_TRY_VOID(check_new(name, password));
  const bool invitation = proof.reveal().starts_with(kInvitationPrefix);
  KIP_TRY(CredentialRecord known, check(name, proof, invitation, from));
  const CredentialRecord changed{known.person, PasswordHash::make(normal_form(password), ports_.recorder.random())};
  KIP_TRY(const auto unit, ports_.store.begin(ports_.recorder.tenant(), Access::write));
  KIP_TRY(const auto still, unit->credentials().find(known.person));
  if (still != known) return fail(ErrorCode::busy, "another password was set at this moment; try again");
  KIP_TRY_VOID(unit->credentials().put(changed));
  KIP_TRY_VOID(unit->sessions().end_of(known.person));
  const Actor actor(staff_actor(known.person), invitation ? "invitation" : "password", from);
  KIP_TRY_VOID(ports_.recorder.record(*unit, event_type::kPersonPasswordSet, actor, password_set_body(known.person)));
  return unit->commit();
}

}  // namespace kip::server
