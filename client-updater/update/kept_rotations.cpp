#include <client-updater/update/kept_rotations.hpp>
#include <client-updater/update/server_exchange.hpp>
#include <manifests/codec/reader.hpp>
#include <signing/protocol/key_rotation.hpp>
#include <signing/storage/atomic_file.hpp>

namespace kip::updater {
namespace {

constexpr std::uint64_t kMaxAnswer = 64U << 10U;
constexpr std::uint64_t kMaxFile = 1U << 20U;
constexpr std::size_t kKept = 16;
constexpr unsigned kOwnerOnly = 0600;

Result<void> verify_answer(const Enrolment& enrolment, const Key& expected, BytesView body) {
  KIP_TRY(const Bytes payload, verify_servers_word(enrolment, kKeyRotationAnswerType, body));
  KIP_TRY(const KeyRotationAnswer said, parse_key_rotation_answer(payload));
  if (said.tenant == enrolment.tenant && said.install == enrolment.install && said.key == expected.id()) return {};
  return fail(ErrorCode::integrity, "it is about another install or key");
}

/// Oldest first; none where there is no file.
Result<std::vector<Bytes>> read_kept(FileSystem& files, const Layout& layout) {
  std::vector<Bytes> out;
  KIP_TRY(const bool exists, path_exists(files, layout.kept_rotations()));
  if (!exists) return out;
  KIP_TRY(const Bytes text, read_file(files, layout.kept_rotations(), kMaxFile));
  KIP_TRY(const json::Value value, json::parse(text, {.bytes = kMaxFile}));
  json::ObjectReader in(value, layout.kept_rotations().string());
  in.format("kip.key-rotations", 1);
  const std::vector<std::string> rotations = in.texts_or_empty("rotations", kKept);
  KIP_TRY_VOID(in.finish());
  for (const std::string& rotation : rotations) {
    KIP_TRY(Bytes envelope, from_base64(rotation));
    out.push_back(std::move(envelope));
  }
  return out;
}

}  // namespace

Result<bool> post_rotation(const Install& install, const Bytes& envelope) {
  KIP_TRY(const SignedRotation rotation, read_rotation(envelope));
  const std::string url = install.server_url("install-keys");
  KIP_TRY(const HttpResponse response, install.ports().http.send({.method = "POST",
                                                                  .url = url,
                                                                  .headers = {{"Content-Type", "application/json"}},
                                                                  .body = envelope,
                                                                  .max_body = kMaxAnswer}));
  constexpr int kOk = 200;
  constexpr int kCreated = 201;
  if (response.status != kOk && response.status != kCreated) return http_failure(response, url);
  const auto verified = verify_answer(install.enrolment(), rotation.new_key, response.body);
  if (!verified) return fail_while("the server's answer to the new key does not hold", verified.error());
  return response.status == kCreated;
}

Result<void> keep_rotation(FileSystem& files, const Layout& layout, const Bytes& envelope) {
  auto kept = read_kept(files, layout);
  // What cannot be read is worth less than going on: it is needed only where a server has lost what it knew.
  std::vector<Bytes> all = kept ? *std::move(kept) : std::vector<Bytes>();
  all.push_back(envelope);
  json::Array list;
  for (std::size_t i = all.size() > kKept ? all.size() - kKept : 0; i < all.size(); ++i)
    list.push_back(to_base64(all[i]));
  const json::Object file{{"format", "kip.key-rotations/1"}, {"rotations", std::move(list)}};
  return replace_file(files, layout.kept_rotations(), json::to_compact(file), kOwnerOnly);
}

Result<bool> repeat_rotations(const Install& install) {
  KIP_TRY(const std::vector<Bytes> kept, read_kept(install.ports().files, install.layout()));
  bool recorded = false;
  for (const Bytes& envelope : kept) {
    const auto created = post_rotation(install, envelope);
    if (created && *created) recorded = true;
  }
  return recorded;
}

}  // namespace kip::updater
