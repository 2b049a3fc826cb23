#include <iostream>

#include <fmt/format.h>

#include <client-updater/app/commands.hpp>
#include <client-updater/app/running.hpp>
#include <client-updater/platform/posix/machine_name.hpp>
#include <client-updater/platform/posix/person.hpp>
#include <manifests/core/printable.hpp>
#include <signing/crypto/sha256.hpp>

namespace kip::updater {
namespace {

Result<std::string> code_text(const std::string& argument) {
  if (argument != "-") return argument;
  std::string line;
  if (std::getline(std::cin, line)) return line;
  return fail(ErrorCode::usage, "standard input holds no enrolment code");
}

/// Shows what is about to be installed, and goes on where the person wants it.
Result<void> ask_person(const Release& release) {
  print_line(fmt::format("version {} is available:", release.version.str()));
  for (const auto& [language, note] : release.notes)
    print_line(printable(fmt::format("  {}: {}", language, note)));
  print_line("Install it now? [y/N]");
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "y" || answer == "Y" || answer == "yes") return {};
  return fail(ErrorCode::denied, "not installed, as you wish; --yes installs without a question");
}

Result<EnrolOptions> enrol_options(const Arguments& arguments, const std::string& label) {
  EnrolOptions options{.label = label, .layout = {}, .app_folder = {}};
  if (!arguments.layout.empty()) {
    KIP_TRY(options.layout, parse_layout_kind(arguments.layout));
  }
  const bool in_place = options.layout == LayoutKind::in_place;
  if (!arguments.app_folder.empty() && !in_place) {
    return fail(ErrorCode::usage,
                "--app goes with --layout in-place: in the other layout programs read DIR/app/current");
  }
  if (arguments.adopt && !in_place) {
    return fail(ErrorCode::usage, "--adopt goes with --layout in-place: it looks at files that are there already");
  }
  if (arguments.app_folder.empty()) return options;
  std::error_code unknown;
  options.app_folder = std::filesystem::weakly_canonical(std::filesystem::absolute(arguments.app_folder), unknown);
  if (!options.app_folder.has_filename()) options.app_folder = options.app_folder.parent_path();
  if (unknown) return fail(ErrorCode::usage, "name --app by its whole path");
  return options;
}

/// A folder that was enrolled, and by which code.
struct EnrolledSession {
  EnrolmentCode code;
  std::unique_ptr<Session> session;
  EnrolResult result;
};

Result<EnrolledSession> enrol_folder(const Arguments& arguments) {
  KIP_TRY(const std::string text, code_text(arguments.code));
  KIP_TRY(EnrolmentCode code, parse_enrolment_code(text, sha256));
  const std::string label = arguments.label.empty() ? machine_name() : arguments.label;
  if (!is_printable_line(label) || label.size() > 200) {
    return fail(ErrorCode::usage, "the label must be UTF-8 of at most 200 bytes without control characters");
  }
  KIP_TRY(const EnrolOptions options, enrol_options(arguments, label));
  KIP_TRY(auto session, Session::open(arguments, Session::Access::create));
  if (!options.app_folder.empty()) {
    std::error_code unknown;
    KIP_TRY_VOID(
        expect_apart(std::filesystem::weakly_canonical(session->layout().root(), unknown), options.app_folder));
  }
  KIP_TRY(EnrolResult result, enrol(session->ports(), session->layout().root(), code, options));
  return EnrolledSession{std::move(code), std::move(session), std::move(result)};
}

}  // namespace

Result<void> run_enroll(const Arguments& arguments) {
  KIP_TRY(const EnrolledSession enrolled, enrol_folder(arguments));
  const auto& [code, session, result] = enrolled;
  KIP_TRY(Install install, open_install(arguments, *session));
  Output output = describe(result);
  if (!arguments.adopt || install.state().current() != nullptr) return finish(arguments, install, std::move(output));
  ProgressBar bar(session->clock());
  const auto adopted = adopt(install, narrator_for(arguments, session->settings(), bar));
  bar.wipe();
  if (!adopted) return finish_failed(arguments, install, adopted.error());
  add_adopted(output, *adopted, install.layout().app());
  return finish(arguments, install, std::move(output));
}

Result<void> run_restore(const Arguments& arguments) {
  KIP_TRY(const EnrolledSession enrolled, enrol_folder(arguments));
  const Session& session = *enrolled.session;
  KIP_TRY(Install install, open_install(arguments, *enrolled.session));
  ProgressBar bar(session.clock());
  const auto result = restore(install, narrator_for(arguments, session.settings(), bar), enrolled.code);
  bar.wipe();
  if (!result) return finish_failed(arguments, install, result.error());
  return finish(arguments, install, describe(*result, enrolled.result));
}

Result<void> run_check(const Arguments& arguments) {
  return with_install(arguments, [](Install& install, const Narrator& narrator) {
    auto result = check(install, narrator);
    if (result && result->release) keep_language(result->release->notes, narrator.language);
    return result;
  });
}

Result<void> run_update(const Arguments& arguments) {
  return with_install(arguments, [&](Install& install, const Narrator& narrator) {
    auto result = update(install, narrator, arguments.again, [&](const CheckResult& offer) -> Result<Waiting> {
      Release release = *offer.release;
      keep_language(release.notes, narrator.language);
      if (!arguments.yes && !arguments.json && person_is_there()) KIP_TRY_VOID(ask_person(release));
      return Waiting::nothing;
    });
    if (result && result->offer.release) keep_language(result->offer.release->notes, narrator.language);
    return result;
  });
}

Result<void> run_rollback(const Arguments& arguments) {
  std::optional<Version> to;
  if (!arguments.to.empty()) {
    KIP_TRY(to, Version::parse(arguments.to));
  }
  return with_install(arguments,
                      [&](Install& install, const Narrator& narrator) { return rollback(install, narrator, to); });
}

Result<void> run_audit(const Arguments& arguments) {
  if (!arguments.bundle.empty() && !arguments.repair)
    return fail(ErrorCode::usage, "--bundle goes with --repair: it is where missing files come from");
  std::size_t damaged = 0;
  std::optional<Error> not_repaired;
  KIP_TRY_VOID(with_install(arguments, [&](Install& install, const Narrator& narrator) {
    auto result = arguments.bundle.empty() ? audit(install, narrator, arguments.repair)
                                           : repair_by_bundle(install, narrator, arguments.bundle);
    if (result) damaged = result->damaged();
    if (result) not_repaired = result->not_repaired;
    return result;
  }));
  if (damaged == 0) return {};
  if (!not_repaired) {
    return fail(ErrorCode::integrity,
                fmt::format("{} files are corrupted or missing; kip-updater audit --repair brings them back", damaged));
  }
  const bool is_alone = not_repaired->code == ErrorCode::network && arguments.bundle.empty();
  return fail(not_repaired->code,
              fmt::format("{} files are still corrupted or missing: {}{}", damaged, not_repaired->message,
                          is_alone ? "; without a network, add --bundle FILE with a bundle of this version" : ""));
}

Result<void> run_resume(const Arguments& arguments) {
  const ResumeWay way = arguments.keep                ? ResumeWay::keep
                        : arguments.restore_databases ? ResumeWay::back_losing_changes
                                                      : ResumeWay::back;
  return with_install(arguments,
                      [way](Install& install, const Narrator& narrator) { return resume(install, narrator, way); });
}

Result<void> run_report(const Arguments& arguments) {
  KIP_TRY(const auto session, Session::open(arguments, Session::Access::exclusive));
  KIP_TRY(Install install, open_install(arguments, *session));
  KIP_TRY(const DeliveryResult result, deliver(install, Urgency::now));
  Output output = describe(result);
  if (output.lines.empty()) output.lines.emplace_back("there is nothing to report");
  if (result.failure) return fail(result.failure->code, output.lines.back());
  print(arguments, output);
  return {};
}

Result<void> run_status(const Arguments& arguments) {
  KIP_TRY(const auto session, Session::open(arguments, Session::Access::look));
  const Ports ports = session->ports();
  KIP_TRY(const Status status, read_status(ports.files, ports.store, session->layout()));
  print(arguments, describe(status));
  return {};
}

}  // namespace kip::updater
