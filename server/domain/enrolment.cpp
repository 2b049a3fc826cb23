#include <utility>

#include <fmt/format.h>

#include <server/domain/enrolment.hpp>
#include <server/domain/event_bodies.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/dsse/envelope.hpp>

namespace kip::server {
namespace {

constexpr std::size_t kSecretOctets = 16;
/// A code that leaked must not fill the log: the alarm has been raised by then.
constexpr std::size_t kMaxSurplus = 7;

Unexpected code_reused() {
  return fail(ErrorCode::conflict,
              "this enrolment code was used by another machine already; both are held until the vendor's support has "
              "looked at it. Ask for a new code");
}

Unexpected seats_taken() {
  return fail(
      ErrorCode::conflict,
      "all seats of this enrolment code are taken; this machine is held until the vendor's support has looked at "
      "it. Ask for a code for one more");
}

Unexpected code_unknown() {
  return fail(ErrorCode::denied, "this enrolment code is not known here or has expired; ask the vendor for a new one");
}

Unexpected cannot_be_replaced(const InstallRecord& install) {
  return fail(ErrorCode::denied,
              fmt::format("the install that this enrolment code was made to replace has been {} already; ask the "
                          "vendor for a new code",
                          install.replaced_by ? "replaced by another code" : "retired by the vendor"));
}

Unexpected declined() {
  return fail(ErrorCode::denied,
              "the vendor has decided that this machine is not let in; ask the vendor for another code");
}

Result<InstallRecord> require_install(Projection& from, const InstallId& id) {
  KIP_TRY(auto install, from.installs.find(id));
  if (install) return *std::move(install);
  return fail(ErrorCode::not_found, fmt::format("there is no install {}; kip install list shows them all", id.str()));
}

Result<WaitingInstall> require_waiting(Projection& from, const InstallId& id) {
  KIP_TRY(auto waiting, from.waiting.find(id));
  if (!waiting)
    return fail(ErrorCode::not_found, fmt::format("no install {} waits; kip install waiting shows them all", id.str()));
  if (waiting->state == WaitingState::waiting) return *std::move(waiting);
  return fail(ErrorCode::conflict, fmt::format("install {} was {} already", id.str(), to_string(waiting->state)));
}

/// The answer to who was admitted, now or before.
Result<Enrolled> welcome(Projection& from, const EnrolmentCodeRecord& code, const InstallId& install, bool created) {
  KIP_TRY(const auto customer, from.customers.find({code.customer, code.product}));
  Enrolled out{install, customer ? customer->name : std::string(), created};
  if (!code.replaces) return out;
  KIP_TRY(const auto replaced, from.installs.find(*code.replaces));
  if (!replaced) return fail(ErrorCode::internal, "a code that replaces an unknown install");
  KIP_TRY(out.replaced, read_replaced(from, *replaced));
  return out;
}

/// Whether the install that a fresh code replaces is still there to be replaced.
Result<void> expect_replaceable(Projection& from, const EnrolmentCodeRecord& code) {
  if (!code.replaces) return {};
  KIP_TRY(const auto replaced, from.installs.find(*code.replaces));
  if (!replaced) return fail(ErrorCode::internal, "a code that replaces an unknown install");
  if (replaced->standing == Standing::retired) return cannot_be_replaced(*replaced);
  return {};
}

}  // namespace

EnrolmentCode Enrolment::new_code(const ProductId& product, const Sha256Digest& root) const {
  return {recorder_.origin(),
          recorder_.tenant(),
          product,
          root,
          recorder_.public_key().material(),
          to_hex(recorder_.random().bytes(kSecretOctets))};
}

Result<NewCodes> Enrolment::create_codes(const Actor& actor, const CodeRequest& request, const Sha256Digest& root) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY(const auto customer, unit->projection().customers.find({request.customer, request.product}));
  if (!customer) {
    return fail(ErrorCode::not_found,
                fmt::format("there is no customer {} with the product {}; import the customer first",
                            request.customer.str(), request.product.str()));
  }
  NewCodes out{{}, recorder_.now() + request.life.value_or(code_life_)};
  for (std::int64_t i = 0; i < request.count; ++i) {
    EnrolmentCode code = new_code(request.product, root);
    const EnrolmentCodeRecord record{sha256(code.secret), request.customer, request.product,
                                     request.label,       out.expires,      {},
                                     request.seats,       request.approval};
    KIP_TRY_VOID(recorder_.record(*unit, event_type::kCodeCreated, actor, code_created_body(record)));
    out.codes.push_back(std::move(code));
  }
  KIP_TRY_VOID(unit->commit());
  return out;
}

Result<ReplacementCode> Enrolment::create_replacement(const Actor& actor, const InstallId& replaced,
                                                      const Sha256Digest& root) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY(InstallRecord install, require_install(unit->projection(), replaced));
  if (install.standing == Standing::retired) {
    const std::string what = install.replaced_by
                                 ? fmt::format("replaced by {} already; replace that one", install.replaced_by->str())
                                 : "retired, with no other one in its place";
    return fail(ErrorCode::conflict, fmt::format("install {} was {}, or make a code for one more computer with "
                                                 "--customer and --product",
                                                 replaced.str(), what));
  }
  EnrolmentCode code = new_code(install.product, root);
  const EnrolmentCodeRecord record{sha256(code.secret),          install.customer, install.product, install.label,
                                   recorder_.now() + code_life_, install.id};
  KIP_TRY_VOID(recorder_.record(*unit, event_type::kCodeCreated, actor, code_created_body(record)));
  KIP_TRY_VOID(unit->commit());
  return ReplacementCode{std::move(code), record.expires, std::move(install)};
}

Result<Enrolled> Enrolment::enrol(BytesView bytes) {
  KIP_TRY(const dsse::Envelope envelope, dsse::parse(bytes));
  // The key to verify with stands in what is verified: the signature proves that the sender has it, the secret that he
  // may come in with it.
  KIP_TRY(const EnrolmentRequest request, parse_enrolment_request(envelope.payload));
  KIP_TRY(const Key key, Key::parse(request.public_key));
  if (!key.usable()) return fail(ErrorCode::malformed, "the install's key is of a type that is not known here");
  KIP_TRY_VOID(dsse::verify(envelope, kEnrolmentType, {*key.usable()}));
  if (request.tenant != recorder_.tenant()) return code_unknown();
  {
    // Anybody may ask: an unknown code must not cost a turn as the writer.
    KIP_TRY(const auto reading, store_.begin(recorder_.tenant(), Access::read));
    KIP_TRY(const auto code, reading->projection().codes.find(sha256(request.secret)));
    if (!code) return code_unknown();
  }
  return admit(request, key);
}

/// What is known of that key under the code; how many computers have used the code.
Result<std::optional<Enrolled>> Enrolment::known(Projection& from, const EnrolmentCodeRecord& code, const Key& key,
                                                 std::size_t& used) const {
  KIP_TRY(const auto admitted, from.installs.admitted_by(code.secret));
  used = admitted.size();
  for (const InstallRecord& install : admitted) {
    if (install.key != key) continue;
    if (install.standing == Standing::held) return code.seats == 1 ? code_reused() : seats_taken();
    if (install.standing == Standing::retired) return fail(ErrorCode::denied, std::string(retired_words(install)));
    KIP_TRY(Enrolled again, welcome(from, code, install.id, false));
    return std::optional(std::move(again));
  }
  if (!code.approval) return std::optional<Enrolled>();
  KIP_TRY(const auto all, from.waiting.all());
  for (const WaitingInstall& waiting : all) {
    if (waiting.code != code.secret || waiting.state == WaitingState::admitted) continue;
    ++used;
    if (waiting.key != key) continue;
    if (waiting.state == WaitingState::declined) return declined();
    return std::optional(Enrolled{.install = waiting.id, .waiting = true});
  }
  return std::optional<Enrolled>();
}

Result<Enrolled> Enrolment::admit(const EnrolmentRequest& request, const Key& key) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  const Sha256Digest secret = sha256(request.secret);
  KIP_TRY(const auto code, unit->projection().codes.find(secret));
  if (!code || code->product != request.product) return code_unknown();
  std::size_t used = 0;
  KIP_TRY(auto before, known(unit->projection(), *code, key, used));
  if (before) return *std::move(before);
  const auto seats = static_cast<std::size_t>(code->seats);
  if (used < seats && recorder_.now() >= code->expires) return code_unknown();
  if (used >= seats + kMaxSurplus) return seats == 1 ? code_reused() : seats_taken();
  if (used == 0) KIP_TRY_VOID(expect_replaceable(unit->projection(), *code));
  const EnrolledInstall install{InstallId::make(recorder_.now(), recorder_.random().ulid_bits()),
                                key,
                                code->customer,
                                code->product,
                                request.label,
                                secret};
  if (code->approval) return let_wait(*unit, install);
  KIP_TRY_VOID(recorder_.record(*unit, event_type::kInstallEnrolled, "install:" + install.id.str(),
                                install_enrolled_body(install)));
  if (used == 0 && code->replaces) {
    KIP_TRY_VOID(recorder_.record(*unit, event_type::kInstallReplaced, kServerActor,
                                  install_replaced_body({*code->replaces, install.id})));
  }
  if (used >= seats) KIP_TRY_VOID(raise_alarm(*unit, *code, install.id));
  KIP_TRY(Enrolled answer, welcome(unit->projection(), *code, install.id, true));
  KIP_TRY_VOID(unit->commit());
  if (used >= seats) return seats == 1 ? code_reused() : seats_taken();
  return answer;
}

/// Of a code for one computer all who used it are held: any of them may be the one that was meant.
Result<void> Enrolment::raise_alarm(UnitOfWork& unit, const EnrolmentCodeRecord& code, const InstallId& newest) const {
  Alarm alarm{AlarmReason::code_reused, {newest}};
  KIP_TRY(const auto admitted, unit.projection().installs.admitted_by(code.secret));
  for (const InstallRecord& other : admitted) {
    if (code.seats == 1 && other.id != newest) alarm.installs.push_back(other.id);
  }
  KIP_TRY_VOID(recorder_.record(unit, event_type::kInstallAlarm, kServerActor, install_alarm_body(alarm)));
  return {};
}

Result<Enrolled> Enrolment::let_wait(UnitOfWork& unit, const EnrolledInstall& install) const {
  KIP_TRY_VOID(recorder_.record(unit, event_type::kInstallWaiting, "install:" + install.id.str(),
                                install_enrolled_body(install)));
  KIP_TRY_VOID(unit.commit());
  return Enrolled{.install = install.id, .created = true, .waiting = true};
}

/// More may wait than the code has seats, so that a person can choose.
Result<void> Enrolment::expect_seat(Projection& from, const Sha256Digest& secret) const {
  KIP_TRY(const auto code, from.codes.find(secret));
  KIP_TRY(const auto admitted, from.installs.admitted_by(secret));
  if (!code || std::cmp_less(admitted.size(), code->seats)) return {};
  return fail(
      ErrorCode::conflict,
      fmt::format("the code is good for {} computers, and as many were let in by it: decline this one, and make "
                  "a code for it (kip install code)",
                  code->seats));
}

Result<InstallRecord> Enrolment::approve(const Actor& actor, const InstallId& id) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY(const WaitingInstall waiting, require_waiting(unit->projection(), id));
  KIP_TRY_VOID(expect_seat(unit->projection(), waiting.code));
  const EnrolledInstall install{waiting.id,      waiting.key,   waiting.customer,
                                waiting.product, waiting.label, waiting.code};
  KIP_TRY_VOID(recorder_.record(*unit, event_type::kInstallEnrolled, actor, install_enrolled_body(install)));
  KIP_TRY(InstallRecord admitted, require_install(unit->projection(), id));
  KIP_TRY_VOID(unit->commit());
  return admitted;
}

Result<void> Enrolment::decline(const Actor& actor, const InstallEnd& end) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY_VOID(require_waiting(unit->projection(), end.install));
  KIP_TRY_VOID(recorder_.record(*unit, event_type::kInstallDeclined, actor, install_end_body(end)));
  return unit->commit();
}

Result<InstallRecord> Enrolment::retire(const Actor& actor, const InstallEnd& end) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY(InstallRecord install, require_install(unit->projection(), end.install));
  if (install.standing == Standing::retired)
    return fail(ErrorCode::conflict, fmt::format("install {} is retired already", install.id.str()));
  KIP_TRY_VOID(recorder_.record(*unit, event_type::kInstallRetired, actor, install_end_body(end)));
  KIP_TRY_VOID(unit->commit());
  install.standing = Standing::retired;
  return install;
}

}  // namespace kip::server
