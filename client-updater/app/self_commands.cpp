#include <fmt/format.h>

#include <client-updater/app/running.hpp>
#include <client-updater/app/self_commands.hpp>
#include <client-updater/platform/posix/replace_program.hpp>

namespace kip::updater {
namespace {

class SqliteTrial final : public TrialGround {
 public:
  SqliteTrial(const Arguments& arguments, const Layout& layout, SqliteStateStore& store)
      : arguments_(arguments), layout_(layout), store_(store) {}

  Result<void> copy_state(const std::filesystem::path& file) override { return store_.copy(file); }
  Result<State> reread_state(const std::filesystem::path& file) override {
    KIP_TRY(const auto copy, SqliteStateStore::open(file));
    KIP_TRY(const State state, copy->load());
    KIP_TRY_VOID(copy->save(state, {}));
    return copy->load();
  }
  Result<void> expect_startable(const std::filesystem::path& program) override {
    return kip::updater::expect_startable(layout_.root(), program);
  }
  std::vector<std::string> options() const override {
    std::vector<std::string> out = {"--dir", layout_.root().string()};
    if (!arguments_.settings.empty()) out.insert(out.end(), {"--config", arguments_.settings.string()});
    return out;
  }

 private:
  const Arguments& arguments_;
  const Layout& layout_;
  SqliteStateStore& store_;
};

}  // namespace

Output describe(const SelfUpdateResult& result) {
  Output out;
  out.value = {{"running", result.running.str()}};
  if (!result.warning.empty()) {
    out.lines.push_back("warning: " + result.warning);
    out.value["warning"] = result.warning;
  }
  if (result.chosen) {
    out.lines.push_back(
        fmt::format("the updater is version {} from the next command on", result.chosen->version.str()));
    out.value["chosen"] = to_json(*result.chosen);
  } else if (!result.refused.empty()) {
    out.lines.push_back("the new version of the updater is not used: " + result.refused);
    out.value["refused"] = result.refused;
  } else if (!result.published) {
    out.lines.push_back(fmt::format("the vendor publishes no updater for this system ({})", updater_product()));
  } else {
    out.lines.push_back(fmt::format("no later version of the updater than {} is to be used", result.running.str()));
  }
  out.value["result"] = result.chosen ? "chosen" : !result.refused.empty() ? "refused" : "unchanged";
  return out;
}

Result<SelfUpdateResult> update_itself(const Arguments& arguments, Session& session, Install& install,
                                       const Narrator& narrator, bool again) {
  KIP_TRY(const ProductId product, ProductId::parse(updater_product()));
  FileSystem& files = install.ports().files;
  const Layout layout = Layout::of_updater(install.layout());
  constexpr unsigned kForAll = 0755;
  constexpr unsigned kOwnerOnly = 0700;
  KIP_TRY_VOID(make_directories(files, layout.root(), kForAll));
  KIP_TRY_VOID(make_directories(files, layout.state(), kOwnerOnly));
  KIP_TRY(const auto store, SqliteStateStore::open(layout.database()));
  Ports ports{files,
              install.ports().http,
              *store,
              install.ports().clock,
              install.ports().random,
              install.ports().databases,
              install.ports().machine,
              {}};  // nothing is stopped for it
  KIP_TRY(Install own, install.beside(ports, product));
  SqliteTrial trial(arguments, install.layout(), session.store());
  return kip::updater::update_itself(install, own, narrator, arguments.version.value(), trial, again);
}

Result<void> run_self_update(const Arguments& arguments) {
  KIP_TRY(const auto session, Session::open(arguments, Session::Access::exclusive));
  KIP_TRY(Install install, open_install(arguments, *session));
  KIP_TRY_VOID(Applier(install, {}).recover());
  ProgressBar bar(session->clock());
  const auto result =
      update_itself(arguments, *session, install, narrator_for(arguments, session->settings(), bar), true);
  bar.wipe();
  if (!result) return finish_failed(arguments, install, result.error());
  KIP_TRY_VOID(finish(arguments, install, describe(*result)));
  if (result->refused.empty()) return {};
  return fail(ErrorCode::integrity, "the new version of the updater did not pass its check here; this one stays");
}

Result<void> run_self_check(const Arguments& arguments) {
  PosixFileSystem files;
  const Layout layout(arguments.folder);
  KIP_TRY(UpdaterSettings settings, read_updater_settings(files, arguments, layout));
  KIP_TRY_VOID(start_network_process(std::move(settings)));
  KIP_TRY(const auto store, SqliteStateStore::open(arguments.file));
  KIP_TRY(const State state, store->load());
  if (!state.enrolment) return fail(ErrorCode::not_found, arguments.file.string() + " is of no enrolled install");
  const std::string version = arguments.version.value().str();
  print(arguments, {{fmt::format("version {} can work here", version)}, {{"version", version}}});
  return {};
}

}  // namespace kip::updater
