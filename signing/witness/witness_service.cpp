#include <fmt/format.h>

#include <signing/http/http_server.hpp>
#include <signing/keys/key_file.hpp>
#include <signing/storage/atomic_file.hpp>
#include <signing/storage/whole_folder.hpp>
#include <signing/witness/witness_handler.hpp>
#include <signing/witness/witness_service.hpp>

namespace kip::tlog {
namespace {

constexpr unsigned kPrivateFile = 0600;
constexpr std::uint64_t kMaxSettings = 1U << 20U;
constexpr std::size_t kThreads = 8;
constexpr std::size_t kQueue = 64;
/// A kept connection holds a thread; a log that asks twice, once for the size, needs no second one.
constexpr std::size_t kRequestsPerConnection = 4;

Result<NoteKey> fill(FileSystem& files, const std::filesystem::path& folder, const std::string& name) {
  KIP_TRY(const PrivateKey key, PrivateKey::generate(KeyType::ed25519));
  KIP_TRY(NoteKey public_half, NoteKey::create(name, NoteSignatureType::cosignature, key.public_key()));
  KIP_TRY_VOID(write_key_file(files, folder / kWitnessKeyFile, key, SecretBytes()));
  KIP_TRY_VOID(Witness::create(files, folder / kWitnessLogsFolder));
  KIP_TRY_VOID(replace_file(files, folder / kWitnessSettingsFile, sample_witness_settings(name), kPrivateFile));
  return public_half;
}

Result<void> expect_nothing(FileSystem& files, const std::filesystem::path& folder) {
  const auto names = files.list_directory(folder);
  if (!names && names.error().code == ErrorCode::not_found) return {};
  if (!names) return Unexpected(names.error());
  if (names->empty()) return {};
  return fail(ErrorCode::conflict,
              fmt::format("{} has something in it already; nothing was changed. Choose another folder with --dir",
                          folder.string()));
}

Result<WitnessSettings> read_settings(FileSystem& files, const std::filesystem::path& folder) {
  const auto path = folder / kWitnessSettingsFile;
  auto text = read_file(files, path, kMaxSettings, Links::follow);
  if (!text && text.error().code == ErrorCode::not_found) {
    return fail(ErrorCode::not_found,
                fmt::format("{} is no witness's folder (no {}); make one with \"kip witness init --dir {}\"",
                            folder.string(), kWitnessSettingsFile, folder.string()));
  }
  if (!text) return Unexpected(std::move(text).error());
  KIP_TRY(WitnessSettings settings, read_witness_settings(*text, path));
  if (!settings.logs.empty()) return settings;
  return fail(ErrorCode::usage,
              fmt::format("{} names no log to watch: add a group [[log]] with its key", path.string()));
}

}  // namespace

Result<NoteKey> make_witness(FileSystem& files, const std::filesystem::path& at, const std::string& name) {
  const auto folder = folder_path(at);
  KIP_TRY_VOID(expect_nothing(files, folder));
  std::optional<NoteKey> key;
  KIP_TRY_VOID(make_whole_folder(files, folder, [&](const std::filesystem::path& draft) -> Result<void> {
    KIP_TRY(key, fill(files, draft, name));
    return {};
  }));
  return *std::move(key);
}

struct WitnessService::Parts {
  Parts(std::unique_ptr<Witness> opened, const Clock& clock, NoteKey own, ListenAddress address, std::size_t count,
        std::unique_ptr<http::HttpServer> server)
      : witness(std::move(opened)),
        key(std::move(own)),
        listen(std::move(address)),
        logs(count),
        handler(*witness, clock, key),
        http(std::move(server)) {}

  std::unique_ptr<Witness> witness;
  NoteKey key;
  ListenAddress listen;
  std::size_t logs;
  WitnessHandler handler;
  std::unique_ptr<http::HttpServer> http;  ///< last, so that it stops before what it asks is gone
};

WitnessService::WitnessService(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<WitnessService>> WitnessService::start(const Ports& ports, const std::filesystem::path& folder,
                                                              const std::optional<ListenAddress>& listen) {
  KIP_TRY(WitnessSettings settings, read_settings(ports.files, folder));
  KIP_TRY(PrivateKey signing, read_key_file(ports.files, folder / kWitnessKeyFile, SecretBytes()));
  KIP_TRY(NoteKey key, NoteKey::create(settings.name, NoteSignatureType::cosignature, signing.public_key()));
  const std::size_t count = settings.logs.size();
  KIP_TRY(auto witness, Witness::open({ports.files, ports.clock, ports.log}, folder / kWitnessLogsFolder,
                                      std::move(settings.logs), {key, std::move(signing)}));
  http::HttpOptions options;
  options.host = listen ? listen->host : settings.listen.host;
  options.port = listen ? listen->port : settings.listen.port;
  options.threads = kThreads;
  options.queue = kQueue;
  options.requests_per_connection = kRequestsPerConnection;
  options.max_body_bytes = AddCheckpoint::kMaxBytes;
  options.name_thread = ports.name_thread;
  options.steady_now = ports.steady_now;
  KIP_TRY(auto http, http::HttpServer::bind(options, ports.log));
  auto parts = std::make_unique<Parts>(std::move(witness), ports.clock, std::move(key),
                                       listen.value_or(settings.listen), count, std::move(http));
  parts->http->start(parts->handler);
  return std::unique_ptr<WitnessService>(new WitnessService(std::move(parts)));
}

WitnessService::~WitnessService() {
  parts_->http->stop();
}

std::string WitnessService::address() const {
  return http_address(parts_->listen.host, parts_->http->port());
}

const NoteKey& WitnessService::key() const {
  return parts_->key;
}

std::size_t WitnessService::logs() const {
  return parts_->logs;
}

}  // namespace kip::tlog
