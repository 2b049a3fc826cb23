#include <cstdlib>

#include <client-updater/app/running.hpp>
#include <manifests/core/printable.hpp>
#include <signing/terminal/write_out.hpp>

namespace kip::updater {
namespace {

/// "vi" of "vi_VN.UTF-8".
std::string language_of_environment() {
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string_view text(value);
    return std::string(text.substr(0, text.find_first_of("_.@")));
  }
  return {};
}

/// Where nobody can be reached: what is to be sent is kept at least.
Result<SupportResult> keep_request(Install& install) {
  if (install.ports().automatic_support) KIP_TRY_VOID(ask_about_failure(install));
  return SupportResult{};
}

}  // namespace

void settle_key(const Arguments& arguments, Install& install) {
  const auto change = finish_key_rotation(install);
  if (arguments.json) return;
  if (!change) {
    print_line(printable("attention: this install's new key is not in use yet (" + change.error().message +
                         "); the next command tries again"));
  } else if (*change) {
    for (const std::string& line : describe(**change).lines)
      print_line(printable(line));
  }
}

Result<Install> open_install(const Arguments& arguments, Session& session) {
  KIP_TRY(Install install, Install::open(session.ports(), session.layout()));
  settle_key(arguments, install);
  return install;
}

void print_line(const std::string& line) {
  static_cast<void>(write_out(line + "\n"));
}

void print(const Arguments& arguments, const Output& output) {
  if (arguments.json) {
    print_line(json::to_compact(output.value));
    return;
  }
  for (const std::string& line : output.lines)
    print_line(printable(line));
}

void keep_language(std::map<std::string, std::string>& notes, const std::string& language) {
  const auto exact = notes.find(language);
  const auto found = exact != notes.end() ? exact : notes.find(language.substr(0, language.find('-')));
  if (found == notes.end()) return;
  std::map<std::string, std::string> kept = {*found};
  notes = std::move(kept);
}

Narrator narrator_for(const Arguments& arguments, const UpdaterSettings& settings, ProgressBar& bar) {
  if (arguments.json) return {};
  return {.language = settings.language.empty() ? language_of_environment() : settings.language,
          .say =
              [&bar](std::string_view line) {
                bar.wipe();
                print_line(printable(line));
              },
          .progress = [&bar](std::uint64_t done, std::uint64_t total) { bar.show(done, total); }};
}

Result<void> finish(const Arguments& arguments, Install& install, Output output) {
  KIP_TRY(const DeliveryResult delivery, deliver(install, Urgency::when_due));
  const Output reports = describe(delivery);
  output.lines.insert(output.lines.end(), reports.lines.begin(), reports.lines.end());
  output.value["reports"] = reports.value;
  KIP_TRY(const SupportResult support, delivery.next_try ? keep_request(install) : send_requests(install));
  const Output requests = describe(support);
  output.lines.insert(output.lines.end(), requests.lines.begin(), requests.lines.end());
  if (!requests.lines.empty()) output.value["requests"] = requests.value;
  print(arguments, output);
  return {};
}

Unexpected finish_failed(const Arguments& arguments, Install& install, Error failure) {
  const auto delivery = deliver(install, Urgency::when_due);
  if (delivery && !arguments.json) print(arguments, describe(*delivery));
  const bool is_reachable = delivery && !delivery->next_try;
  const auto support = is_reachable ? send_requests(install) : keep_request(install);
  if (support && !arguments.json) print(arguments, describe(*support));
  return Unexpected(std::move(failure));
}

}  // namespace kip::updater
