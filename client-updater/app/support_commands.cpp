#include <algorithm>
#include <iostream>

#include <fmt/format.h>

#include <client-updater/app/running.hpp>
#include <client-updater/app/support_commands.hpp>
#include <manifests/core/unicode.hpp>

namespace kip::updater {
namespace {

/// As it was given, or all of standard input: one octet more than is allowed is enough to refuse it.
Result<std::string> note_text(const std::string& argument) {
  if (argument != "-") return argument;
  std::string text(kMaxServiceNote + 2, '\0');
  std::cin.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::cin.gcount()));
  return std::string(trim(text));
}

Result<HelpWanted> wanted_of(const Arguments& arguments) {
  if (arguments.kind.empty() || arguments.note.empty()) {
    return fail(ErrorCode::usage,
                "say what is wanted (--kind) and what it is about (--note TEXT, or - for standard "
                "input)");
  }
  KIP_TRY(const ServiceKind kind, parse_service_kind(arguments.kind));
  KIP_TRY(std::string note, note_text(arguments.note));
  return HelpWanted{kind, arguments.grade, std::move(note)};
}

Result<void> run_withdraw(const Arguments& arguments, Install& install) {
  KIP_TRY(const RequestId id, RequestId::parse(arguments.withdraw));
  KIP_TRY_VOID(withdraw_request(install, id));
  print(arguments, {{fmt::format("request {} is forgotten", id.str())}, {{"withdrawn", id.str()}}});
  return {};
}

}  // namespace

Result<void> run_support(const Arguments& arguments) {
  const bool withdraws = !arguments.withdraw.empty();
  std::optional<HelpWanted> wanted;
  if (!withdraws) {
    KIP_TRY(wanted, wanted_of(arguments));
  }
  KIP_TRY(const auto session, Session::open(arguments, Session::Access::exclusive));
  KIP_TRY(Install install, open_install(arguments, *session));
  if (withdraws) return run_withdraw(arguments, install);
  KIP_TRY(const KeptRequest made, ask_for_help(install, *wanted));
  KIP_TRY(const SupportResult result, send_requests(install));
  const auto is_made = [&made](const KeptRequest& one) { return one.id == made.id; };
  const auto kept = std::find_if(result.kept.begin(), result.kept.end(), is_made);
  if (kept != result.kept.end() && !kept->refusal.empty()) {
    return fail(result.failure ? result.failure->code : ErrorCode::denied,
                fmt::format("{}. The request is kept, and sent again by each later round; kip-updater support "
                            "--withdraw {} forgets it",
                            kept->refusal, made.id.str()));
  }
  print(arguments, describe(result));
  return {};
}

}  // namespace kip::updater
