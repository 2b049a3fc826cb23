#include <fmt/format.h>
#include <sys/stat.h>

#include <server/app/commands.hpp>
#include <server/app/dev_tsa.hpp>
#include <signing/daemon/posix_stop_signal.hpp>
#include <signing/daemon/stderr_log.hpp>
#include <signing/storage/atomic_file.hpp>
#include <signing/storage/posix_file_system.hpp>
#include <signing/terminal/system_clock.hpp>
#include <signing/terminal/write_out.hpp>

namespace kip::server {

Result<void> run_dev_tsa(const Arguments& arguments) {
  ::umask(077);
  StopSignal stop;
  PosixFileSystem files;
  const SystemClock clock;
  SystemRandom random;
  StderrLog log(clock);
  KIP_TRY(const ListenAddress listen,
          parse_listen(arguments.listen.empty() ? fmt::format("127.0.0.1:{}", arguments.port) : arguments.listen));
  KIP_TRY(auto authority, DevTsa::start({files, clock, random, log, name_thread}, arguments.folder, listen));
  log.write("dev_tsa.ready", {{"address", authority->address()}, {"independent", "false"}});
  KIP_TRY_VOID(write_out(
      fmt::format("NOT INDEPENDENT: a development authority, by this machine's clock. Its time stamps prove nothing.\n"
                  "kip-server dev-tsa listens on {}/tsa; its root is {}/ca.pem; its policy is {}\n",
                  authority->address(), arguments.folder, tsp::kDevelopmentPolicy)));
  if (!arguments.ready_file.empty()) {
    KIP_TRY_VOID(replace_file(files, arguments.ready_file, authority->address() + "\n", 0644));
  }
  log.write("dev_tsa.stopping", {{"signal", std::to_string(stop.wait())}});
  return {};
}

}  // namespace kip::server
