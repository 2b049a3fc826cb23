#include <cerrno>
#include <iostream>
#include <optional>

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <server/app/guided_setup.hpp>
#include <server/app/server_keys.hpp>
#include <server/app/server_settings.hpp>
#include <signing/storage/atomic_file.hpp>
#include <signing/storage/posix_file_system.hpp>
#include <signing/storage/whole_folder.hpp>
#include <signing/terminal/system_clock.hpp>
#include <signing/terminal/write_out.hpp>

namespace kip::server {
namespace {

constexpr const char* kServiceUser = "kip";
constexpr const char* kServiceSettings = "/etc/kip/kip-server.env";
constexpr const char* kPassphrase = "/etc/kip/credentials/passphrase";
constexpr std::uint64_t kMaxText = 1U << 20U;
constexpr unsigned kOwnerOnly = 0600;

/// Who runs the service that the Debian package has set up; nobody where there is none, or where we are not root.
struct ServiceUser {
  uid_t user;
  gid_t group;
};

std::optional<ServiceUser> service_user() {
  if (::geteuid() != 0) return std::nullopt;
  const passwd* const entry = ::getpwnam(kServiceUser);
  if (entry == nullptr || ::access("/etc/kip/credentials", F_OK) != 0) return std::nullopt;
  return ServiceUser{entry->pw_uid, entry->pw_gid};
}

/// What is made meanwhile is the service's, and a database on this machine is spoken to as the service will.
class ActingAs {
 public:
  static Result<std::unique_ptr<ActingAs>> take(const std::optional<ServiceUser>& as) {
    auto out = std::unique_ptr<ActingAs>(new ActingAs());
    if (!as) return out;
    if (::setgroups(0, nullptr) != 0 || ::setegid(as->group) != 0 || ::seteuid(as->user) != 0)
      return fail(ErrorCode::denied, fmt::format("cannot act as the user {}", kServiceUser));
    out->acting_ = true;
    return out;
  }
  ~ActingAs() {
    if (!acting_) return;
    KIP_CHECK(::seteuid(0) == 0 && ::setegid(0) == 0);
  }
  ActingAs(const ActingAs&) = delete;
  ActingAs& operator=(const ActingAs&) = delete;

 private:
  ActingAs() = default;
  bool acting_ = false;
};

Result<std::string> ask_on_terminal(const std::string& question) {
  std::cout << "\n" << question << "\n> " << std::flush;
  std::string line;
  if (std::getline(std::cin, line)) return line;
  return fail(ErrorCode::usage, "nobody answered; nothing was made");
}

/// One for all keys of this machine, made where there is none. Only root can read it; systemd hands it to the service.
Result<SecretBytes> service_passphrase(FileSystem& files, RandomSource& random) {
  constexpr std::size_t kOctets = 32;
  KIP_TRY(const bool there, path_exists(files, kPassphrase));
  if (!there) {
    Bytes text = to_base64(random.bytes(kOctets)) + "\n";
    const auto written = replace_file(files, kPassphrase, text, kOwnerOnly);
    SecretBytes::wipe(text);
    if (!written) return Unexpected(written.error());
  }
  return read_passphrase(files, std::filesystem::path(kPassphrase));
}

/// Names of others in it cannot be listed, but nginx comes through to what is published.
Result<void> let_through(const std::filesystem::path& folder) {
  constexpr mode_t kPassage = 0711;
  if (::chmod(folder.c_str(), kPassage) == 0) return {};
  return fail(ErrorCode::storage,
              fmt::format("cannot change the mode of {}; it belongs to somebody else: chown -R {} it "
                          "where it is a folder of kip-server's, and run this again",
                          folder.string(), kServiceUser));
}

Result<void> name_folder_to_service(FileSystem& files, const std::filesystem::path& folder) {
  constexpr unsigned kReadableFile = 0644;
  if (folder.string().find_first_of(" \t\n\"'$\\") != std::string::npos) {
    return fail(ErrorCode::usage, fmt::format("{} has blanks or quotation marks in it, which systemd would take for "
                                              "something else; choose another folder",
                                              folder.string()));
  }
  const auto before = read_file(files, kServiceSettings, kMaxText);
  const Bytes text = with_served_folder(before ? *before : Bytes(), folder);
  if (before && *before == text) return {};
  return replace_file(files, kServiceSettings, text, kReadableFile);
}

std::string what_comes_next(const std::filesystem::path& folder, const ServerSettings& settings, bool is_service) {
  if (!is_service) {
    const char* const advice =
        settings.passphrase_file ? "" : "The keys are not encrypted: kip-server keys encrypt --help\n";
    return advice + fmt::format(
                        "Next: give {0}/online-keys.json to the release officers (\"kip repo init --online\"), then\n"
                        "  kip-server run --dir {0}\n",
                        folder.string());
  }
  const std::string host = settings.url.substr(settings.url.find("://") + 3);
  return fmt::format(
      "Next, as root:\n"
      "  sed 's/updates.example.vn/{1}/' /usr/share/doc/kip-server/examples/nginx-site.conf "
      ">/etc/nginx/sites-available/kip-server\n"
      "  ln -sf ../sites-available/kip-server /etc/nginx/sites-enabled/kip-server; rm -f "
      "/etc/nginx/sites-enabled/default\n"
      "  (put the certificate to /etc/ssl/kip/{1}.pem and its key to /etc/ssl/kip/{1}.key)\n"
      "  nginx -t && systemctl reload nginx\n"
      "  systemctl enable --now kip-server && journalctl -u kip-server -n 20\n"
      "Keep a copy of {2} apart from every backup: without it the server's keys are lost.\n"
      "Then give {0}/online-keys.json to the release officers: kip repo init --online online-keys.json ...\n",
      folder.string(), host, kPassphrase);
}

/// A first token, and to whom it is handed.
Result<void> make_server(const SetupPorts& ports, SetupAnswers& answers, const std::optional<ServiceUser>& as,
                         const std::string& token_file) {
  std::optional<SecretBytes> passphrase;
  if (as) {
    KIP_TRY(passphrase, service_passphrase(ports.files, ports.random));
    answers.plan.passphrase_file = kPassphrase;
    answers.plan.passphrase = &*passphrase;
  }
  if (!token_file.empty()) {
    KIP_TRY(const bool taken, path_exists(ports.files, token_file));
    if (taken) return fail(ErrorCode::conflict, token_file + " exists already; choose another --token-file");
  }
  std::string token;
  {
    KIP_TRY(const auto acting, ActingAs::take(as));
    KIP_TRY(NewToken made, set_up(ports, answers.plan));
    token = std::move(made.token);
  }
  if (token_file.empty())
    return hand_out(fmt::format("\nThe token of {}, shown this once:\n{}\n", answers.plan.staff, token));
  KIP_TRY_VOID(replace_file(ports.files, token_file, token + "\n", kOwnerOnly));
  return write_out(fmt::format("The token of {} is in {}.\n", answers.plan.staff, token_file));
}

/// The server's folder of a tenant that has one already; the arguments may not have named it.
std::optional<std::filesystem::path> present_folder(FileSystem& files, const Arguments& arguments) {
  if (arguments.folder.empty() && arguments.tenant.empty()) return std::nullopt;
  std::filesystem::path folder = arguments.folder;
  if (folder.empty()) folder = std::filesystem::path(kServiceState) / arguments.tenant;
  const auto there = path_exists(files, folder / kSettingsFile);
  return there && *there ? std::optional(folder_path(folder)) : std::nullopt;
}

}  // namespace

Result<void> run_setup(const Arguments& arguments) {
  PosixFileSystem files;
  const SystemClock clock;
  SystemRandom random;
  ::umask(077);
  const auto as = service_user();
  const bool asks = !arguments.yes && ::isatty(STDIN_FILENO) != 0;
  std::optional<std::filesystem::path> folder = present_folder(files, arguments);
  if (!folder) {
    KIP_TRY(SetupAnswers answers, obtain_answers(files, arguments, asks ? Ask(ask_on_terminal) : Ask(), asks));
    folder = folder_path(answers.plan.folder);
    KIP_TRY(const bool there, path_exists(files, *folder / kSettingsFile));
    if (!there) {
      if (!as && !arguments.passphrase_file.empty()) answers.plan.passphrase_file = arguments.passphrase_file;
      KIP_TRY_VOID(make_server({files, clock, random}, answers, as, arguments.token_file));
    }
  }
  KIP_TRY(const Bytes text, read_file(files, *folder / kSettingsFile, kMaxText, Links::follow));
  KIP_TRY(const ServerSettings settings, read_server_settings(text, *folder / kSettingsFile));
  if (as) {
    KIP_TRY_VOID(let_through(*folder));
    KIP_TRY_VOID(name_folder_to_service(files, *folder));
  }
  return write_out(fmt::format(
      "\n{} is ready for {} at {}. Running this again changes nothing that is there; another token is made by\n"
      "  {} token create --dir {} --name NAME\n\n{}",
      folder->string(), settings.tenant.str(), settings.url, as ? "kip-admin" : "kip-server", folder->string(),
      what_comes_next(*folder, settings, as.has_value())));
}

}  // namespace kip::server
