#include <signing/cli/open_key.hpp>
#include <signing/keys/key_file.hpp>

namespace kip::cli {

Result<PrivateKey> open_key(Context& context, const std::string& path, const std::optional<int>& passphrase_fd) {
  KIP_TRY(const bool locked, needs_passphrase(context.files, path));
  SecretBytes passphrase;
  if (locked) {
    KIP_TRY(passphrase, get_passphrase(context, passphrase_fd, "Passphrase of " + path, false));
  }
  return read_key_file(context.files, path, passphrase);
}

}  // namespace kip::cli
