#include <cstdio>
#include <iostream>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <manifests/core/unicode.hpp>
#include <server/app/commands.hpp>
#include <server/app/service.hpp>
#include <server/app/setup.hpp>
#include <server/domain/obligation_rows.hpp>
#include <server/domain/projection.hpp>
#include <signing/daemon/posix_stop_signal.hpp>
#include <signing/daemon/stderr_log.hpp>
#include <signing/storage/atomic_file.hpp>
#include <signing/storage/posix_file_system.hpp>
#include <signing/terminal/system_clock.hpp>
#include <signing/terminal/write_out.hpp>

namespace kip::server {
namespace {

constexpr const char* kDefaultListen = "127.0.0.1:8080";

/// A value from an option, else from the person, else the one that is offered.
Result<std::string> obtain(const std::string& given, const Arguments& arguments, std::string_view option,
                           std::string_view question, std::string_view offered) {
  if (!given.empty()) return given;
  if (arguments.yes || ::isatty(STDIN_FILENO) == 0) {
    if (!offered.empty()) return std::string(offered);
    return fail(ErrorCode::usage, fmt::format("{} is needed; give it, or run this on a terminal", option));
  }
  std::cout << question << (offered.empty() ? "" : fmt::format(" [{}]", offered)) << ": " << std::flush;
  std::string line;
  if (!std::getline(std::cin, line)) return fail(ErrorCode::usage, "no answer");
  const std::string answer(trim(line));
  if (answer.empty() && offered.empty()) return fail(ErrorCode::usage, fmt::format("{} is needed", option));
  return answer.empty() ? std::string(offered) : answer;
}

/// The settings of a database on a PostgreSQL server; none where it is to be a file.
Result<std::map<std::string_view, std::string>> postgresql_from(const Arguments& arguments) {
  std::map<std::string_view, std::string> out = arguments.postgresql;
  std::erase_if(out, [](const auto& one) { return one.second.empty(); });
  if (!out.empty() && !out.contains("postgresql.host"))
    return fail(ErrorCode::usage, "--postgresql is needed with the other options of the kind");
  for (const char* name : {"postgresql.password_file", "postgresql.ca_file"}) {
    if (const auto path = out.find(name); path != out.end())
      path->second = std::filesystem::absolute(path->second).string();
  }
  return out;
}

Result<SetupPlan> plan_from(const Arguments& arguments) {
  KIP_TRY(const std::string tenant_text,
          obtain(arguments.tenant, arguments, "--tenant", "Short name of the vendor (a-z, 0-9, hyphens)", ""));
  KIP_TRY(TenantId tenant, TenantId::parse(tenant_text));
  KIP_TRY(const std::string listen,
          obtain(arguments.listen, arguments, "--listen", "Address and port to listen on", kDefaultListen));
  KIP_TRY_VOID(parse_listen(listen));
  KIP_TRY(const std::string url_text,
          obtain(arguments.url, arguments, "--url", "URL under which installs will reach it", "http://" + listen));
  KIP_TRY(std::string url, parse_public_url(url_text));
  SetupPlan plan{arguments.folder, std::move(tenant), std::move(url), listen, arguments.staff};
  KIP_TRY(plan.postgresql, postgresql_from(arguments));
  if (!arguments.passphrase_file.empty()) plan.passphrase_file = arguments.passphrase_file;
  return plan;
}

/// A file for a new token, open for writing before the token is made; null where it goes to the screen.
Result<std::unique_ptr<AtomicFile>> reserve(FileSystem& files, const std::string& path) {
  constexpr unsigned kOwnerOnly = 0600;
  if (path.empty()) return std::unique_ptr<AtomicFile>();
  KIP_TRY(const bool taken, path_exists(files, path));
  if (taken) return fail(ErrorCode::conflict, path + " exists already; choose another --token-file");
  return AtomicFile::create(files, path, kOwnerOnly);
}

/// "all" stands for every role.
Result<StaffRoles> roles_of(const std::vector<std::string>& names) {
  StaffRoles out;
  for (const std::string& name : names) {
    if (name == "all") {
      out = every_role();
    } else {
      KIP_TRY(const StaffRole role, parse_staff_role(name));
      out.insert(role);
    }
  }
  return out;
}

Result<void> hand_over(AtomicFile* file, const Arguments& arguments, const NewToken& token) {
  const auto done = [&]() -> Result<void> {
    if (file == nullptr) {
      return hand_out(fmt::format("Staff token of {}, shown this once:\n{}\n", token.record.person.str(), token.token));
    }
    KIP_TRY_VOID(file->write(token.token + "\n"));
    KIP_TRY_VOID(file->finish());
    KIP_TRY_VOID(file->commit());
    return write_out(fmt::format("Staff token of {}: {}\n", token.record.person.str(), arguments.token_file));
  }();
  if (done) return {};
  return fail_while(fmt::format("handing over the token of {}, which is made and which nobody has now; make another "
                                "with \"kip-server token create\"",
                                token.record.person.str()),
                    done.error());
}

}  // namespace

Result<void> run_init(const Arguments& arguments) {
  PosixFileSystem files;
  const SystemClock clock;
  SystemRandom random;
  ::umask(077);
  KIP_TRY(const SetupPlan plan, plan_from(arguments));
  KIP_TRY(const auto token_file, reserve(files, arguments.token_file));
  KIP_TRY(const NewToken token, set_up({files, clock, random}, plan));
  KIP_TRY_VOID(hand_over(token_file.get(), arguments, token));
  return write_out(
      fmt::format("\n{0} is ready for {1} at {2}.\n"
                  "Next: give {0}/online-keys.json to the release officers (\"kip repo init --online\"), then\n"
                  "  kip-server run --dir {0}\n",
                  arguments.folder, plan.tenant.str(), plan.url));
}

Result<void> run_server(const Arguments& arguments) {
  ::umask(077);
  StopSignal stop;
  PosixFileSystem files;
  const SystemClock clock;
  SystemRandom random;
  StderrLog log(clock);
  ServiceOptions options{arguments.folder};
  options.others.assign(arguments.others.begin(), arguments.others.end());
  if (!arguments.listen.empty()) {
    KIP_TRY(options.listen, parse_listen(arguments.listen));
  }
  KIP_TRY(auto service, Service::start({files, clock, random, log, name_thread}, options));
  log.write("server.ready", {{"address", service->address()}});
  KIP_TRY_VOID(write_out(fmt::format("kip-server listens on {}\n", service->address())));
  if (!arguments.ready_file.empty()) {
    KIP_TRY_VOID(replace_file(files, arguments.ready_file, service->address() + "\n", 0644));
  }
  log.write("server.stopping", {{"signal", std::to_string(stop.wait())}});
  service.reset();
  log.write("server.stopped", {});
  return {};
}

Result<void> run_token_create(const Arguments& arguments) {
  PosixFileSystem files;
  const SystemClock clock;
  SystemRandom random;
  ::umask(077);
  KIP_TRY(const StaffRoles roles, roles_of(arguments.roles));
  const std::chrono::hours life = std::chrono::days(arguments.days);
  KIP_TRY(const auto token_file, reserve(files, arguments.token_file));
  KIP_TRY(const ServerFolder folder, open_server_folder(files, arguments.folder));
  const Recorder recorder(folder.settings.tenant, folder.settings.url, folder.keys.entry, clock, random);
  KIP_TRY(const NewToken token,
          StaffAccess(*folder.store, recorder).provide_token(kServerActor, arguments.staff, roles, {.life = life}));
  return hand_over(token_file.get(), arguments, token);
}

Result<void> run_rebuild(const Arguments& arguments) {
  PosixFileSystem files;
  ::umask(077);
  KIP_TRY(const ServerFolder folder, open_server_folder(files, arguments.folder));
  KIP_TRY(const std::int64_t events,
          rebuild(*folder.store, folder.settings.tenant, {folder.keys.entry.key.public_key()}));
  return write_out(fmt::format("The state was made again from {} events.\n", events));
}

Result<void> run_check(const Arguments& arguments) {
  PosixFileSystem files;
  KIP_TRY(const ServerFolder folder, open_server_folder(files, arguments.folder));
  KIP_TRY(const auto unit, folder.store->begin(folder.settings.tenant, Access::read));
  KIP_TRY(const auto wrong, find_wrong_rows(unit->projection()));
  if (wrong.empty()) return write_out("The numbers kept beside obligations are those that the facts give.\n");
  return fail(
      ErrorCode::integrity,
      fmt::format("the numbers kept beside these obligations are wrong: {}; stop the server and make the state again "
                  "with \"kip-server rebuild\"",
                  fmt::join(wrong, ", ")));
}

}  // namespace kip::server
