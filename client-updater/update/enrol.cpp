#include <algorithm>

#include <fmt/format.h>

#include <client-updater/update/enrol.hpp>
#include <client-updater/update/metadata.hpp>
#include <client-updater/update/versions.hpp>
#include <manifests/codec/reader.hpp>
#include <manifests/model/event.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/dsse/envelope.hpp>
#include <signing/keys/key_file.hpp>

namespace kip::updater {
namespace {

struct Answer {
  InstallId install;
  std::string customer;  ///< empty where the server does not tell
  std::string standing;
  std::optional<ReplacedInstall> replaced = {};
};

Result<ReplacedInstall> read_replaced(const json::Value& value) {
  json::ObjectReader in(value, "the replaced install");
  auto install = in.parsed("install", InstallId::parse);
  auto version = in.optional_parsed("version", Version::parse);
  const auto manifest = in.optional_parsed("manifest", Sha256Digest::parse);
  KIP_TRY_VOID(in.finish());
  ReplacedInstall out{*std::move(install)};
  if (version && manifest) out.in_use = Target{*std::move(version), *manifest};
  return out;
}

Result<Answer> parse_answer(BytesView body) {
  KIP_TRY(const json::Value value, json::parse(body, {.bytes = 64U << 10U, .depth = 8, .values = 1000}));
  json::ObjectReader in(value, "the answer to the enrolment");
  auto install = in.parsed("install", InstallId::parse);
  std::string customer = in.optional_text("customer", 1000).value_or("");
  std::string standing = in.text("standing", 64);
  KIP_TRY_VOID(in.finish());
  Answer out{*std::move(install), std::move(customer), std::move(standing)};
  if (const json::Value* replaced = value.find("replaces")) {
    KIP_TRY(out.replaced, read_replaced(*replaced));
  }
  return out;
}

/// The first root, trusted because the enrolment code names its hash.
Result<Bytes> fetch_root(const Ports& ports, const EnrolmentCode& code) {
  const std::string base = fmt::format("{}/t/{}/metadata/", code.url, code.tenant.str());
  HttpMetadataFetcher fetcher(ports.http, base);
  KIP_TRY(std::optional<Bytes> root, fetcher.fetch("1.root.json", tuf::Limits{}.root_bytes));
  if (!root) {
    return fail(ErrorCode::not_found,
                fmt::format("{}1.root.json does not exist; check the code with the vendor", base));
  }
  if (sha256(*root) != code.root) {
    return fail(ErrorCode::integrity,
                fmt::format("{}1.root.json is not the root that the enrolment code names, so nothing from there can be "
                            "trusted; check the code with the vendor",
                            base));
  }
  KIP_TRY_VOID(tuf::TrustedSet::create(*root, ports.clock.now()));
  return *std::move(root);
}

/// The key of an earlier call, or a new one that is durable before anybody hears of it.
Result<Signer> obtain_key(FileSystem& files, const Layout& layout) {
  KIP_TRY(const bool exists, path_exists(files, layout.install_key()));
  if (!exists) {
    KIP_TRY(const PrivateKey key, PrivateKey::generate(KeyType::ed25519));
    KIP_TRY_VOID(write_key_file(files, layout.install_key(), key, SecretBytes()));
  }
  KIP_TRY(PrivateKey key, read_key_file(files, layout.install_key(), SecretBytes()));
  return Signer::of(std::move(key));
}

Unexpected held(const EnrolmentCode& code) {
  return fail(
      ErrorCode::denied,
      fmt::format("this enrolment code was used before by another machine or folder, or all its seats are taken. The "
                  "server at {} holds what came with it and has alarmed the vendor; nothing was installed. Ask the "
                  "vendor for a new code, "
                  "and tell them if you did not expect this",
                  code.url));
}

Result<Answer> ask_server(const Ports& ports, const EnrolmentCode& code, const Signer& signer,
                          const std::string& label) {
  const EnrolmentRequest request{.tenant = code.tenant,
                                 .product = code.product,
                                 .secret = code.secret,
                                 .public_key = Key::of(signer.key.public_key()).json(),
                                 .label = label};
  KIP_TRY(const dsse::Envelope envelope,
          dsse::sign(std::string(kEnrolmentType), json::to_compact(to_json(request)), signer));
  const std::string url = fmt::format("{}/v1/tenants/{}/enrolments", code.url, code.tenant.str());
  KIP_TRY(const HttpResponse response, ports.http.send({.method = "POST",
                                                        .url = url,
                                                        .headers = {{"Content-Type", "application/json"}},
                                                        .body = dsse::to_bytes(envelope)}));
  constexpr int kOk = 200;
  constexpr int kCreated = 201;
  constexpr int kAccepted = 202;
  constexpr int kConflict = 409;
  if (response.status == kConflict) return held(code);
  if (response.status != kOk && response.status != kCreated && response.status != kAccepted)
    return http_failure(response, url);
  auto answer = parse_answer(response.body);
  if (!answer) return fail_while("reading the answer of " + url, std::move(answer).error());
  if (answer->standing == "held") return held(code);
  if (answer->standing == "active") return answer;
  if (answer->standing == "waiting") {
    return fail(
        ErrorCode::denied,
        fmt::format("a person at the vendor has to let this machine in (install {}); tell them, and run the same "
                    "command again once they have",
                    answer->install.str()));
  }
  return fail(ErrorCode::denied,
              fmt::format("{} says that this install is \"{}\"; ask the vendor", url, answer->standing.substr(0, 40)));
}

/// What was chosen then holds: a retry may leave it out, but not ask for something else.
Result<EnrolResult> enrolled_before(const std::filesystem::path& root, const Enrolment& enrolment,
                                    const EnrolOptions& options) {
  const bool same_layout = !options.layout || *options.layout == enrolment.layout;
  const bool same_folder = options.app_folder.empty() || options.app_folder.string() == enrolment.app_folder;
  if (same_layout && same_folder) return EnrolResult{enrolment, true};
  return fail(
      ErrorCode::conflict,
      fmt::format("{} was enrolled with --layout {}{}, and that stays; enrol another folder (--dir) with a code of "
                  "its own",
                  root.string(), to_string(enrolment.layout),
                  enrolment.app_folder.empty() ? "" : " --app " + enrolment.app_folder));
}

/// Whether a path lies in a directory or is that.
bool is_within(const std::filesystem::path& path, const std::filesystem::path& directory) {
  const auto [end, rest] = std::mismatch(directory.begin(), directory.end(), path.begin(), path.end());
  return end == directory.end() || (end->empty() && std::next(end) == directory.end());
}

}  // namespace

Result<std::optional<ReplacedInstall>> ask_replaced(const Install& install, const EnrolmentCode& code) {
  KIP_TRY(Answer answer, ask_server(install.ports(), code, install.signer(), install.enrolment().label));
  return std::move(answer.replaced);
}

Result<void> expect_apart(const std::filesystem::path& root, const std::filesystem::path& app_folder) {
  const Layout layout(root);
  if (!is_within(root, app_folder) && !is_within(app_folder, layout.state())) return {};
  return fail(ErrorCode::usage,
              fmt::format("--app {} would hold the updater's own files, which are in {}: an update could replace them. "
                          "Name another folder, or leave --app out for {}",
                          app_folder.string(), layout.state().string(), layout.app().string()));
}

Result<EnrolResult> enrol(const Ports& ports, const std::filesystem::path& root, const EnrolmentCode& code,
                          const EnrolOptions& options) {
  KIP_TRY(State state, ports.store.load());
  const Sha256Digest code_digest = sha256(to_text(code, sha256));
  if (state.enrolment) {
    if (state.enrolment->code == code_digest) return enrolled_before(root, *state.enrolment, options);
    return fail(ErrorCode::conflict,
                fmt::format("{} is enrolled already, for {} at {} with another code; use another folder (--dir)",
                            root.string(), state.enrolment->product.str(), state.enrolment->url));
  }
  if (!options.app_folder.empty()) KIP_TRY_VOID(expect_apart(root, options.app_folder));
  KIP_TRY(const Bytes root_bytes, fetch_root(ports, code));
  const Layout layout(root, options.layout.value_or(LayoutKind::versioned), options.app_folder);
  KIP_TRY_VOID(make_layout(ports.files, layout));
  KIP_TRY(const Signer signer, obtain_key(ports.files, layout));
  KIP_TRY(Answer answer, ask_server(ports, code, signer, options.label));
  // What an earlier call may have left there belongs to another root.
  KIP_TRY_VOID(keep_only(ports.files, layout.metadata(), ""));
  KIP_TRY_VOID(FileMetadataStore(ports.files, layout.metadata()).save(tuf::kRoot, root_bytes));
  state.enrolment = Enrolment{.code = code_digest,
                              .url = code.url,
                              .tenant = code.tenant,
                              .product = code.product,
                              .root = code.root,
                              .log_key = code.log_key,
                              .install = std::move(answer.install),
                              .incarnation = new_incarnation(ports.random),
                              .customer = std::move(answer.customer),
                              .label = options.label,
                              .enrolled_at = ports.clock.now(),
                              .layout = layout.kind(),
                              .app_folder = options.app_folder.string()};
  KIP_TRY_VOID(ports.store.save(state, {}));
  return EnrolResult{*state.enrolment, false};
}

}  // namespace kip::updater
