#include <algorithm>

#include <fmt/format.h>

#include <client-updater/update/kept_rotations.hpp>
#include <client-updater/update/server_exchange.hpp>
#include <client-updater/update/support.hpp>
#include <manifests/codec/reader.hpp>
#include <manifests/core/printable.hpp>
#include <manifests/core/unicode.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/dsse/envelope.hpp>

namespace kip::updater {
namespace {

constexpr std::uint64_t kMaxAnswer = 256U << 10U;
constexpr std::size_t kMaxPromises = 1000;
constexpr std::size_t kMaxRefusal = 1000;
constexpr std::size_t kKeptResolved = 20;
constexpr std::chrono::hours kAskAgain(12);
constexpr int kHeldGrade = kHeaviestGrade;
constexpr int kTakenBackGrade = 2;
constexpr int kUnchangedGrade = 3;

/// What can stand in a note: printable, and at most so many octets of whole characters.
std::string fitting(std::string_view text, std::size_t max) {
  std::string out = printable(text);
  if (out.size() <= max) return out;
  out.resize(max);
  while (!out.empty() && !is_utf8(out))
    out.pop_back();
  return out;
}

/// The same request, signed with the present key; nothing where it is.
Result<std::optional<KeptRequest>> signed_anew(const Install& install, const KeptRequest& request) {
  KIP_TRY(const dsse::Envelope before, dsse::parse(request.envelope));
  if (before.signatures.empty() || before.signatures.front().key_id == install.signer().key_id)
    return std::optional<KeptRequest>();
  KIP_TRY(const dsse::Envelope envelope, dsse::sign(before.payload_type, before.payload, install.signer()));
  KeptRequest out = request;
  out.envelope = dsse::to_bytes(envelope);
  out.digest = sha256(out.envelope);
  return std::optional(std::move(out));
}

Result<KeptRequest> sign(Install& install, const HelpWanted& wanted) {
  const Enrolment& enrolment = install.enrolment();
  const Instant now = install.ports().clock.now();
  const ServiceRequest request{enrolment.tenant,
                               enrolment.install,
                               RequestId::make(now, install.ports().random.ulid_bits()),
                               enrolment.product,
                               wanted.kind,
                               wanted.grade,
                               wanted.note,
                               now,
                               wanted.failed};
  KIP_TRY(const dsse::Envelope envelope,
          dsse::sign(std::string(kServiceRequestType), json::to_compact(to_json(request)), install.signer()));
  Bytes bytes = dsse::to_bytes(envelope);
  const Sha256Digest digest = sha256(bytes);
  const auto failed = wanted.failed ? std::optional(wanted.failed->version) : std::nullopt;
  return KeptRequest{request.id, wanted.kind, wanted.grade, now, failed, digest, std::move(bytes)};
}

/// Leaves the newest of those that the vendor has resolved.
Result<void> forget_resolved(StateStore& store, const std::vector<KeptRequest>& all) {
  std::vector<RequestId> resolved;
  for (const KeptRequest& request : all) {
    if (request.answer && !request.answer->open) resolved.push_back(request.id);
  }
  for (std::size_t i = 0; i + kKeptResolved < resolved.size(); ++i)
    KIP_TRY_VOID(store.forget_request(resolved[i]));
  return {};
}

/// How heavily the end of the last attempt weighs; nothing where it is none, or a success.
std::optional<int> grade_of(const Attempt& attempt) {
  if (!attempt.target) return std::nullopt;
  if (attempt.phase == Phase::held) return kHeldGrade;
  if (attempt.move == Move::rollback || !attempt.failure) return std::nullopt;
  if (attempt.phase == Phase::reverted) return kTakenBackGrade;
  return attempt.phase < Phase::applying ? std::optional(kUnchangedGrade) : std::nullopt;
}

/// What the server says of a request, its signature verified.
Result<ServiceAnswer> read_service_answer(const Enrolment& enrolment, const KeptRequest& request,
                                          const Bytes& envelope) {
  KIP_TRY(const Bytes payload, verify_servers_word(enrolment, kServiceAnswerType, envelope));
  KIP_TRY(ServiceAnswer said, parse_service_answer(payload));
  if (said.tenant == enrolment.tenant && said.install == enrolment.install && said.id == request.id &&
      said.request == request.digest) {
    return said;
  }
  return fail(ErrorCode::integrity, "it is about another request");
}

Result<std::optional<Instant>> read_due(const json::Value& promise) {
  json::ObjectReader in(promise, "promise");
  const auto due = in.optional_parsed("due", parse_instant);
  KIP_TRY_VOID(in.finish());
  return due;
}

Result<RequestAnswer> parse_answer(const Install& install, const KeptRequest& request, BytesView body) {
  KIP_TRY(const json::Value value, json::parse(body, {.bytes = kMaxAnswer}));
  json::ObjectReader in(value, "the answer to a request for service");
  const auto envelope = in.parsed("answer", from_base64, kMaxAnswer);
  const bool open = in.boolean_or("open", true);
  const auto dues = in.each("promises", read_due, kMaxPromises);
  KIP_TRY_VOID(in.finish());
  const auto said = read_service_answer(install.enrolment(), request, *envelope);
  if (!said) return fail_while("the server's answer does not hold", said.error());
  RequestAnswer out{said->number, said->recorded_time, install.ports().clock.now(), {}, open, *envelope};
  for (const auto& due : dues) {
    if (due) out.due = out.due ? std::min(*out.due, *due) : *due;
  }
  return out;
}

Result<RequestAnswer> post(Install& install, const KeptRequest& request) {
  HttpRequest out{.method = "POST",
                  .url = install.server_url("service-requests"),
                  .body = json::to_compact(json::Object{{"request", to_base64(request.envelope)}})};
  out.max_body = kMaxAnswer;
  KIP_TRY_VOID(sign_as_install(install, out));
  out.headers.emplace_back("Content-Type", "application/json");
  KIP_TRY(const HttpResponse response, install.ports().http.send(out));
  constexpr int kOk = 200;
  constexpr int kCreated = 201;
  if (response.status != kOk && response.status != kCreated) {
    const Result<void> failure = http_failure(response, out.url);
    return Unexpected(failure.error());
  }
  return parse_answer(install, request, response.body);
}

/// Sends it, and once more where the reason of the refusal lay in this install's key and could be taken away.
Result<RequestAnswer> post_mending(Install& install, KeptRequest& request) {
  auto answer = post(install, request);
  if (answer) return answer;
  if (answer.error().code == ErrorCode::denied) {
    KIP_TRY(const bool mended, repeat_rotations(install));
    return mended ? post(install, request) : std::move(answer);
  }
  if (answer.error().code != ErrorCode::signature) return answer;
  KIP_TRY(auto anew, signed_anew(install, request));
  if (!anew) return answer;
  KIP_TRY_VOID(install.ports().store.put_request(*anew));
  request = *std::move(anew);
  return post(install, request);
}

/// Whether the next request would fare no better.
bool is_servers(ErrorCode code) {
  return code == ErrorCode::network || code == ErrorCode::busy || code == ErrorCode::storage ||
         code == ErrorCode::disk_full || code == ErrorCode::internal;
}

/// Sends those of `requests` for which `is_due` holds, until the server cannot be reached.
template <class Condition>
Result<void> send_each(Install& install, std::vector<KeptRequest>& requests, SupportResult& result,
                       Condition&& is_due) {
  for (KeptRequest& request : requests) {
    if (!is_due(request)) continue;
    auto answer = post_mending(install, request);
    if (answer) {
      const bool is_first = !request.answer;
      request.answer = *std::move(answer);
      request.refusal.clear();
      KIP_TRY_VOID(install.ports().store.put_request(request));
      if (is_first) result.answered.push_back(request);
      continue;
    }
    if (!result.failure) result.failure = answer.error();
    if (is_servers(answer.error().code)) return {};
    std::string refusal = fitting(answer.error().message, kMaxRefusal);
    if (request.answer || request.refusal == refusal) continue;
    request.refusal = std::move(refusal);
    KIP_TRY_VOID(install.ports().store.put_request(request));
  }
  return {};
}

}  // namespace

Result<KeptRequest> ask_for_help(Install& install, const HelpWanted& wanted) {
  KIP_TRY_VOID(parse_service_note(wanted.note));
  StateStore& store = install.ports().store;
  KIP_TRY(const auto all, store.requests());
  const auto waiting = std::count_if(all.begin(), all.end(), [](const KeptRequest& one) { return !one.answer; });
  if (static_cast<std::size_t>(waiting) >= kMaxKeptRequests) {
    return fail(ErrorCode::too_large,
                fmt::format("{} requests wait to be sent already; call the vendor, or forget some "
                            "with kip-updater support --withdraw ID (see status)",
                            waiting));
  }
  KIP_TRY_VOID(forget_resolved(store, all));
  KIP_TRY(KeptRequest request, sign(install, wanted));
  KIP_TRY_VOID(store.put_request(request));
  return request;
}

Result<std::optional<KeptRequest>> ask_about_failure(Install& install) {
  const Attempt& attempt = install.state().attempt;
  const auto grade = grade_of(attempt);
  if (!grade) return std::optional<KeptRequest>();
  const Version& version = attempt.target->version;
  KIP_TRY(const auto all, install.ports().store.requests());
  const bool is_known = std::any_of(all.begin(), all.end(), [&](const KeptRequest& one) {
    return one.failed == version && (one.grade == kHeldGrade || *grade != kHeldGrade);
  });
  if (is_known) return std::optional<KeptRequest>();
  const std::string error = attempt.failure ? fitting(attempt.failure->detail, kMaxServiceNote) : std::string();
  auto request = ask_for_help(
      install, {ServiceKind::failed_update, *grade, "asked by kip-updater itself", FailedUpdate{version, error}});
  if (!request && request.error().code == ErrorCode::too_large) return std::optional<KeptRequest>();
  KIP_TRY(KeptRequest made, std::move(request));
  return std::optional(std::move(made));
}

Result<SupportResult> send_requests(Install& install) {
  SupportResult result;
  if (install.ports().automatic_support) KIP_TRY_VOID(ask_about_failure(install));
  KIP_TRY(auto requests, install.ports().store.requests());
  KIP_TRY_VOID(send_each(install, requests, result, [](const KeptRequest& one) { return !one.answer; }));
  const Instant now = install.ports().clock.now();
  const bool is_reachable = !result.failure || !is_servers(result.failure->code);
  if (is_reachable) {
    SupportResult again;
    KIP_TRY_VOID(send_each(install, requests, again, [&](const KeptRequest& one) {
      return one.answer && one.answer->open && now - one.answer->asked_at >= kAskAgain;
    }));
  }
  for (const KeptRequest& request : requests) {
    if (!request.answer) result.kept.push_back(request);
  }
  return result;
}

Result<void> withdraw_request(Install& install, const RequestId& id) {
  KIP_TRY(const auto all, install.ports().store.requests());
  const auto found = std::find_if(all.begin(), all.end(), [&](const KeptRequest& one) { return one.id == id; });
  if (found == all.end()) return fail(ErrorCode::not_found, fmt::format("there is no request {} here", id.str()));
  if (found->answer) {
    return fail(ErrorCode::conflict,
                fmt::format("the vendor has it already, as number {}; call them", found->answer->number));
  }
  return install.ports().store.forget_request(id);
}

}  // namespace kip::updater
