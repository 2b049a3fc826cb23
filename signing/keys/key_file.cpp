#include <fmt/format.h>

#include <manifests/codec/reader.hpp>
#include <manifests/core/printable.hpp>
#include <manifests/core/unicode.hpp>
#include <signing/keys/key_file.hpp>
#include <signing/storage/atomic_file.hpp>

namespace kip {
namespace {

constexpr std::uint64_t kMaxKeyFile = 64U << 10U;
constexpr std::size_t kMaxName = 100;

}  // namespace

bool is_key_name(std::string_view name) {
  return !trim(name).empty() && name.size() <= kMaxName && is_printable_line(name);
}

Result<PublicKeyFile> parse_public_key_file(BytesView bytes) {
  KIP_TRY(const json::Value value, json::parse(bytes, {.bytes = kMaxKeyFile}));
  json::ObjectReader in(value, "public key");
  in.format("kip.public-key", 1);
  std::string name = in.text("name", kMaxName);
  if (!is_key_name(name)) in.refuse("name", "is empty or has control characters");
  const json::Value& object = in.object("key");
  KIP_TRY_VOID(in.finish());
  KIP_TRY(Key key, Key::parse(object));
  if (!key.usable()) return fail(ErrorCode::malformed, "public key: its type or scheme is not one that is used here");
  return PublicKeyFile{std::move(name), std::move(key)};
}

Bytes to_bytes(const PublicKeyFile& file) {
  return json::to_pretty(json::Object{{"format", "kip.public-key/1"}, {"name", file.name}, {"key", file.key.json()}});
}

Result<void> write_key_file(FileSystem& files, const std::filesystem::path& path, const PrivateKey& key,
                            const SecretBytes& passphrase) {
  KIP_TRY(const bool taken, path_exists(files, path));
  if (taken) {
    return fail(ErrorCode::conflict,
                fmt::format("{} exists already; a key is never overwritten, choose another name", path.string()));
  }
  KIP_TRY(const SecretBytes pem, passphrase.empty() ? key.to_plain_pem() : key.to_encrypted_pem(passphrase));
  return replace_file(files, path, pem.reveal(), 0600);
}

Result<PrivateKey> read_key_file(FileSystem& files, const std::filesystem::path& path, const SecretBytes& passphrase) {
  KIP_TRY_VOID(expect_private(files, path));
  KIP_TRY(Bytes bytes, read_file(files, path, kMaxKeyFile));
  auto key = PrivateKey::from_pem(SecretBytes(std::move(bytes)), passphrase);
  if (!key) return fail_while(fmt::format("opening the key {}", path.string()), std::move(key).error());
  return key;
}

Result<bool> needs_passphrase(FileSystem& files, const std::filesystem::path& path) {
  KIP_TRY(Bytes bytes, read_file(files, path, kMaxKeyFile));
  const SecretBytes pem(std::move(bytes));
  return is_encrypted_pem(pem.reveal());
}

}  // namespace kip
