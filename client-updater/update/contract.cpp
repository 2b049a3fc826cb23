#include <fmt/format.h>

#include <client-updater/update/contract.hpp>
#include <client-updater/update/server_exchange.hpp>

namespace kip::updater {
namespace {

Result<Postponement> verify_statement(const Enrolment& enrolment, BytesView bytes) {
  KIP_TRY(const Bytes payload, verify_servers_word(enrolment, kPostponementType, bytes));
  KIP_TRY(const PostponementStatement said, parse_postponement(payload));
  if (said.tenant == enrolment.tenant && said.install == enrolment.install) return said.postponement;
  return fail(ErrorCode::integrity, "it is about another install");
}

Result<Postponement> ask(const Install& install) {
  constexpr std::uint64_t kMaxAnswer = 16U << 10U;
  constexpr int kOk = 200;
  HttpRequest request{.method = "GET", .url = install.server_url("postponement")};
  request.max_body = kMaxAnswer;
  KIP_TRY_VOID(sign_as_install(install, request));
  KIP_TRY(const HttpResponse response, install.ports().http.send(request));
  if (response.status != kOk) return http_failure(response, request.url);
  KIP_TRY(const Postponement said, verify_statement(install.enrolment(), response.body));
  const auto& known = install.state().postponement;
  // An older word that is played again would bring back what the contract said then.
  if (!known || known->said_at <= said.said_at) return said;
  return fail(ErrorCode::rollback, fmt::format("it is of {}, a later one is known", format_instant(said.said_at)));
}

}  // namespace

Result<Postponement> ask_postponement(Install& install, const Narrator& narrator) {
  const Result<Postponement> said = ask(install);
  if (!said) {
    const auto& known = install.state().postponement;
    const std::string holds =
        known ? "what it said on " + format_instant(known->said_at) + " holds" : "nothing is forced until then";
    narrator.say(
        fmt::format("the vendor's server could not be asked what the contract says about putting updates off and "
                    "which labels this install has ({}); {}",
                    said.error().message, holds));
    return known.value_or(Postponement{});
  }
  State next = install.state();
  next.postponement = *said;
  KIP_TRY_VOID(install.save(std::move(next), std::nullopt));
  return *said;
}

}  // namespace kip::updater
