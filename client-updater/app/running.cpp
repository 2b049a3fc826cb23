#include <client-updater/app/running.hpp>
#include <manifests/core/printable.hpp>
#include <signing/terminal/write_out.hpp>

namespace kip::updater {
namespace {

/// To standard output. That nobody reads it any more is no reason to break an update off.
void print_line(const std::string& line) {
  static_cast<void>(write_out(line + "\n"));
}

}  // namespace

void print(const Arguments& arguments, const Output& output) {
  if (arguments.json) {
    print_line(json::to_compact(output.value));
    return;
  }
  for (const std::string& line : output.lines)
    print_line(printable(line));
}

Narrator narrator_for(const Arguments& arguments, ProgressBar& bar) {
  if (arguments.json) return {};
  return {.say =
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
  print(arguments, output);
  return {};
}

Unexpected finish_failed(const Arguments& arguments, Install& install, Error failure) {
  const auto delivery = deliver(install, Urgency::when_due);
  if (delivery && !arguments.json) print(arguments, describe(*delivery));
  return Unexpected(std::move(failure));
}

}  // namespace kip::updater
