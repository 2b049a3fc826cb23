#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <signing/bundle/bundle_maker.hpp>
#include <signing/ceremony/repository_folder.hpp>
#include <signing/cli/commands.hpp>
#include <signing/cli/open_key.hpp>
#include <signing/cli/server_options.hpp>
#include <signing/fetch/curl_http_client.hpp>

namespace kip::cli {
namespace {

constexpr std::size_t kMaxRoot = 512'000;

struct OfflineOptions {
  ServerOptions server;
  std::string folder;
  std::string published;
  std::string product;
  std::string from;
  std::string out;
  std::string key;
  std::optional<int> passphrase_fd;
  int valid_days = 30;
};

class PublishedByHttp final : public PublishedRepository {
 public:
  explicit PublishedByHttp(std::string base_url) : base_url_(std::move(base_url)) {}

  Result<std::optional<Bytes>> read(std::string_view path, std::size_t max_bytes) override {
    // Names of metadata are percent-encoded already.
    const bool is_plain = path.starts_with(BundleIndex::kTargets);
    const std::string url = base_url_ + (is_plain ? encode_url_path(path) : std::string(path));
    KIP_TRY(HttpResponse response, http_.send({.url = url, .max_body = max_bytes}));
    constexpr int kOk = 200;
    constexpr int kForbidden = 403;
    constexpr int kNotFound = 404;
    if (response.status == kOk) return std::optional(std::move(response.body));
    if (response.status == kNotFound || response.status == kForbidden) return std::optional<Bytes>();
    return http_failure(response, url);
  }

 private:
  CurlHttpClient http_;
  std::string base_url_;
};

class PublishedInFolder final : public PublishedRepository {
 public:
  PublishedInFolder(FileSystem& files, std::filesystem::path folder) : files_(files), folder_(std::move(folder)) {}

  Result<std::optional<Bytes>> read(std::string_view path, std::size_t max_bytes) override {
    auto bytes = read_file(files_, folder_ / path, max_bytes);
    if (bytes) return std::optional(*std::move(bytes));
    if (bytes.error().code == ErrorCode::not_found) return std::optional<Bytes>();
    return Unexpected(std::move(bytes).error());
  }

 private:
  FileSystem& files_;
  std::filesystem::path folder_;
};

Result<std::unique_ptr<PublishedRepository>> open_published(Context& context, const OfflineOptions& options,
                                                            const TenantId& tenant) {
  if (!options.published.empty())
    return std::unique_ptr<PublishedRepository>(new PublishedInFolder(context.files, options.published));
  if (!options.server.tenant.empty() && options.server.tenant != tenant.str()) {
    return fail(ErrorCode::usage,
                fmt::format("the repository is that of {}, not of {}", tenant.str(), options.server.tenant));
  }
  KIP_TRY(const std::string server, find_server_url(context, options.server));
  return std::unique_ptr<PublishedRepository>(new PublishedByHttp(fmt::format("{}/t/{}/", server, tenant.str())));
}

Result<void> offline_bundle(Context& context, const OfflineOptions& options) {
  KIP_TRY(const RepositoryFolder folder, RepositoryFolder::open(context.files, options.folder));
  KIP_TRY(ProductId product, ProductId::parse(options.product));
  KIP_TRY(Bytes root, read_file(context.files, folder.path() / "metadata" / "1.root.json", kMaxRoot));
  BundleRequest request{.tenant = folder.tenant(),
                        .product = std::move(product),
                        .first_root = std::move(root),
                        .now = context.clock.now(),
                        .life = std::chrono::days(options.valid_days)};
  if (!options.from.empty()) {
    KIP_TRY(request.from, Version::parse(options.from));
  }
  KIP_TRY(const auto published, open_published(context, options, folder.tenant()));
  KIP_TRY(const BundleContent content, gather_bundle(*published, request));
  KIP_TRY(PrivateKey key, open_key(context, options.key, options.passphrase_fd));
  KIP_TRY(const dsse::Envelope statement, sign_statement(content, Signer::of(std::move(key))));
  const OfflineStatement& said = content.statement;
  const std::string out =
      options.out.empty() ? fmt::format("{}-{}.kpo", said.product.str(), said.version.str()) : options.out;
  const auto package = folder.target_file(content.package.path, content.package.file);
  KIP_TRY(const BundleIndex index, write_bundle(context.files, out, content, statement, package));
  KIP_TRY(const FileStatus status, context.files.status(out));
  std::vector<std::string> lines = {
      fmt::format("Wrote {}: {} {}{}, {} bytes.", out, said.product.str(), said.version.str(),
                  options.from.empty() ? "" : fmt::format(" for those that have {}", options.from), status.size),
      fmt::format("It can be applied until {}. A stop that comes later cannot be in it.",
                  format_instant(said.valid_until))};
  if (content.shortened)
    lines.emplace_back("That is sooner than you asked for: the officers' metadata expires then; see kip repo renew.");
  context.print(lines, json::Object{{"file", out},
                                    {"bytes", static_cast<std::int64_t>(status.size)},
                                    {"entries", static_cast<std::int64_t>(index.entries.size())},
                                    {"statement", to_json(said)}});
  return {};
}

}  // namespace

void add_offline_commands(CLI::App& app, Context& context) {
  const auto options = std::make_shared<OfflineOptions>();
  CLI::App* command =
      app.add_subcommand("offline-bundle", "Write what is rolled out into one file, for offices without internet");
  command->add_option("--repo", options->folder, "The officers' repository folder: its first root is trusted")
      ->required();
  command->add_option("--product", options->product, "The product")->required();
  command->add_option("--key", options->key, "Key of an officer of the product, who signs until when it may be used")
      ->required();
  command->add_option("--passphrase-fd", options->passphrase_fd,
                      "Read the passphrase from this descriptor instead of asking");
  command->add_option("--out", options->out, "The file (default: PRODUCT-VERSION.kpo)");
  command->add_option("--from", options->from, "Hold what changes from this version, not the whole package");
  command->add_option("--valid-days", options->valid_days, "For how long it may be applied, 1 to 90 (30)")
      ->check(CLI::Range(1, 90));
  command->add_option("--published", options->published,
                      "Folder with metadata/ and targets/ as published, in the place of the server");
  command->add_option("--server", options->server.url, "Base URL of the vendor's server")->group("Server");
  command->add_option("--tenant", options->server.tenant, "The vendor's name there")->group("Server");
  command->add_option("--config", options->server.config, "Settings file (or the variable KIP_CONFIG)")
      ->group("Server");
  command->callback([&context, options] { context.finish(offline_bundle(context, *options)); });
}

}  // namespace kip::cli
