#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <signing/cli/commands.hpp>
#include <signing/cli/context.hpp>
#include <signing/cli/open_key.hpp>
#include <signing/cli/public_keys.hpp>
#include <signing/cli/repository_output.hpp>
#include <signing/keys/key_file.hpp>
#include <signing/storage/atomic_file.hpp>

namespace kip::cli {
namespace {

constexpr unsigned kPublicMode = 0644;
constexpr std::size_t kMinPassphrase = 8;

struct KeyOptions {
  std::string name;
  std::string file;
  std::string to;
  std::string type = "ed25519";
  std::optional<int> passphrase_fd;
  std::optional<int> new_passphrase_fd;
};

std::string public_path(const std::string& key_path) {
  return key_path + ".pub";
}

Result<SecretBytes> new_passphrase(Context& context, const std::optional<int>& descriptor, const std::string& what) {
  KIP_TRY(SecretBytes passphrase,
          get_passphrase(context, descriptor, fmt::format("New passphrase for {}", what), true));
  if (passphrase.reveal().size() < kMinPassphrase) {
    return fail(ErrorCode::usage, "the passphrase is too short; use 8 characters or more, best several words");
  }
  return passphrase;
}

Result<void> key_new(Context& context, const KeyOptions& options) {
  if (!is_key_name(options.name)) {
    return fail(ErrorCode::usage, "--name must be the person's name: 1 to 100 bytes without control characters");
  }
  for (const std::string& path : {options.file, public_path(options.file)}) {
    KIP_TRY(const bool taken, path_exists(context.files, path));
    if (taken) {
      return fail(ErrorCode::conflict,
                  fmt::format("{} exists already; a key is never overwritten, choose another name", path));
    }
  }
  KIP_TRY(const SecretBytes passphrase, new_passphrase(context, options.passphrase_fd, options.file));
  KIP_TRY(const PrivateKey key,
          PrivateKey::generate(options.type == "ed25519" ? KeyType::ed25519 : KeyType::ecdsa_p256));
  const PublicKeyFile half{options.name, Key::of(key.public_key())};
  KIP_TRY_VOID(write_key_file(context.files, options.file, key, passphrase));
  KIP_TRY_VOID(replace_file(context.files, public_path(options.file), to_bytes(half), kPublicMode));
  context.print(
      {fmt::format("Made the key {} for {} (id {}).", options.file, options.name, half.key.id().substr(0, 12)),
       fmt::format("Give {} to the others; keep {} on this machine, and back it up: kip key backup --key {} --to FILE",
                   public_path(options.file), options.file, options.file)},
      json::Object{{"key", options.file}, {"public", public_path(options.file)}, {"id", half.key.id()}});
  return {};
}

/// Both directions of a backup: a key file is opened and written again under another passphrase, then opened once more.
Result<void> key_copy(Context& context, const KeyOptions& options, const std::string& done) {
  KIP_TRY(const PrivateKey key, open_key(context, options.file, options.passphrase_fd));
  KIP_TRY(const SecretBytes passphrase, new_passphrase(context, options.new_passphrase_fd, options.to));
  KIP_TRY_VOID(write_key_file(context.files, options.to, key, passphrase));
  KIP_TRY(const PrivateKey copy, read_key_file(context.files, options.to, passphrase));
  if (!(copy.public_key() == key.public_key()))
    return fail(ErrorCode::internal, "the copy does not open to the same key");
  const std::string id = Key::of(key.public_key()).id();
  context.print({fmt::format("{} {} (id {}); it was opened once to try it.", done, options.to, id.substr(0, 12))},
                json::Object{{"file", options.to}, {"id", id}});
  return {};
}

Result<void> key_show(Context& context, const KeyOptions& options) {
  KIP_TRY(const PublicKeyFile half, open_public_key(context, options.file));
  context.print({fmt::format("{}: {} (id {})", half.name, *half.key.json().find("scheme")->as_text(), half.key.id())},
                json::Object{{"name", half.name}, {"id", half.key.id()}, {"key", half.key.json()}});
  return {};
}

}  // namespace

void add_key_commands(CLI::App& app, Context& context) {
  CLI::App* key = app.add_subcommand("key", "Make, back up and restore the keys of release officers");
  key->require_subcommand(1);
  const auto options = std::make_shared<KeyOptions>();

  CLI::App* make = key->add_subcommand("new", "Make a key: a private file (0600, encrypted) and FILE.pub");
  make->add_option("--name", options->name, "The person who will use it")->required();
  make->add_option("--out", options->file, "Where to write the private key")->required();
  make->add_option("--type", options->type, "ed25519 or ecdsa-p256")->check(CLI::IsMember({"ed25519", "ecdsa-p256"}));
  make->add_option("--passphrase-fd", options->passphrase_fd,
                   "Read the passphrase from this descriptor instead of asking");
  make->callback([&context, options] { context.finish(key_new(context, *options)); });

  CLI::App* backup = key->add_subcommand("backup", "Write an encrypted copy of a key, under a passphrase of its own");
  backup->add_option("--key", options->file, "The private key")->required();
  backup->add_option("--to", options->to, "Where to write the copy")->required();
  backup->add_option("--passphrase-fd", options->passphrase_fd, "Descriptor with the key's passphrase");
  backup->add_option("--backup-passphrase-fd", options->new_passphrase_fd, "Descriptor with the copy's passphrase");
  backup->callback([&context, options] { context.finish(key_copy(context, *options, "Wrote the backup")); });

  CLI::App* restore = key->add_subcommand("restore", "Bring a key back from its backup");
  restore->add_option("--from", options->file, "The backup")->required();
  restore->add_option("--out", options->to, "Where to write the private key")->required();
  restore->add_option("--backup-passphrase-fd", options->passphrase_fd, "Descriptor with the backup's passphrase");
  restore->add_option("--passphrase-fd", options->new_passphrase_fd,
                      "Descriptor with the passphrase that the key shall have");
  restore->callback([&context, options] { context.finish(key_copy(context, *options, "Restored the key")); });

  CLI::App* show = key->add_subcommand("show", "Show whose a public key is");
  show->add_option("file", options->file, "FILE.pub")->required();
  show->callback([&context, options] { context.finish(key_show(context, *options)); });
  add_officer_commands(*key, context);
}

}  // namespace kip::cli
