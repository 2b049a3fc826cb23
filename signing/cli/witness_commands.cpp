#include <chrono>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <sys/stat.h>

#include <signing/cli/commands.hpp>
#include <signing/cli/context.hpp>
#include <signing/daemon/posix_stop_signal.hpp>
#include <signing/daemon/stderr_log.hpp>
#include <signing/storage/atomic_file.hpp>
#include <signing/witness/witness_service.hpp>

namespace kip::cli {
namespace {

constexpr mode_t kOthersGetNothing = 077;
constexpr unsigned kForAll = 0644;

struct WitnessOptions {
  std::string folder;
  std::string name;
  std::string listen;
  std::string ready_file;
};

Result<void> witness_init(Context& context, const WitnessOptions& options) {
  KIP_TRY(const tlog::NoteKey key, tlog::make_witness(context.files, options.folder, options.name));
  const std::string settings = fmt::format("{}/{}", options.folder, tlog::kWitnessSettingsFile);
  context.print(
      {fmt::format("Made the witness \"{}\" in {}.", key.name(), options.folder),
       fmt::format("Its key, for logs and for those who check: {}", key.text()),
       fmt::format("Name the logs that it watches in {}, then: kip witness serve --dir {}", settings, options.folder)},
      json::Object{{"folder", options.folder}, {"name", key.name()}, {"key", key.text()}});
  return {};
}

Result<void> witness_serve(Context& context, const WitnessOptions& options) {
  ::umask(kOthersGetNothing);
  StopSignal stop;
  StderrLog log(context.clock);
  std::optional<ListenAddress> listen;
  if (!options.listen.empty()) {
    KIP_TRY(listen, parse_listen(options.listen));
  }
  KIP_TRY(const auto service,
          tlog::WitnessService::start({context.files, context.clock, log, name_thread, std::chrono::steady_clock::now},
                                      options.folder, listen));
  log.write(
      "witness.ready",
      {{"address", service->address()}, {"key", service->key().text()}, {"logs", std::to_string(service->logs())}});
  if (!options.ready_file.empty())
    KIP_TRY_VOID(replace_file(context.files, options.ready_file, service->address() + "\n", kForAll));
  log.write("witness.stopping", {{"signal", std::to_string(stop.wait())}});
  return {};
}

}  // namespace

void add_witness_commands(CLI::App& app, Context& context) {
  const auto options = std::make_shared<WitnessOptions>();
  CLI::App* witness = app.add_subcommand(
      "witness", "Watch transparency logs: cosign checkpoints that extend the ones before (C2SP tlog-witness)");
  witness->require_subcommand(1);
  CLI::App* init = witness->add_subcommand("init", "Make the folder of a witness, with a key of its own");
  init->add_option("--dir", options->folder, "The folder; it must be empty or missing")->required();
  init->add_option("--name", options->name, "Name of its key, such as witness.example/kip; it never changes")
      ->required();
  init->callback([&context, options] { context.finish(witness_init(context, *options)); });
  CLI::App* serve =
      witness->add_subcommand("serve", "Answer POST /add-checkpoint until SIGTERM or SIGINT; logs to standard error");
  serve->add_option("--dir", options->folder, "The witness's folder")->required();
  serve->add_option("--listen", options->listen, "HOST:PORT instead of the settings'; port 0 lets the system choose");
  serve->add_option("--ready-file", options->ready_file, "Written with the address once requests are answered");
  serve->callback([&context, options] { context.finish(witness_serve(context, *options)); });
}

}  // namespace kip::cli
