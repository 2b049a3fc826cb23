#include <fmt/format.h>

#include <client-updater/app/log_commands.hpp>
#include <client-updater/app/running.hpp>
#include <client-updater/update/log_export.hpp>

namespace kip::updater {

Result<void> run_log_show(const Arguments& arguments) {
  KIP_TRY(const auto session, Session::open(arguments, Session::Access::look));
  const Ports ports = session->ports();
  KIP_TRY(const Status status, read_status(ports.files, ports.store, session->layout()));
  print(arguments, describe_log(status.state));
  if (status.state.log_conflicts.empty()) return {};
  return fail(
      ErrorCode::integrity,
      "the vendor's log contradicts itself: kip-updater log export --out FILE writes the proof for your auditor");
}

Result<void> run_log_export(const Arguments& arguments) {
  KIP_TRY(const auto session, Session::open(arguments, Session::Access::look));
  const Ports ports = session->ports();
  KIP_TRY(const Status status, read_status(ports.files, ports.store, session->layout()));
  const State& state = status.state;
  KIP_TRY_VOID(export_log(ports.files, state, arguments.file, ports.clock.now()));
  print(arguments, {{fmt::format("Wrote {}: {} heads of the vendor's log, {} contradictions.", arguments.file.string(),
                                 state.log_heads.size(), state.log_conflicts.size())},
                    {{"result", "exported"},
                     {"file", arguments.file.string()},
                     {"heads", static_cast<std::int64_t>(state.log_heads.size())},
                     {"conflicts", static_cast<std::int64_t>(state.log_conflicts.size())}}});
  return {};
}

}  // namespace kip::updater
