#pragma once

#include <optional>
#include <string>

#include <signing/cli/context.hpp>
#include <signing/crypto/private_key.hpp>

namespace kip::cli {

/// Opens a private key file, asking for its passphrase only where it has one.
Result<PrivateKey> open_key(Context& context, const std::string& path, const std::optional<int>& passphrase_fd);

}  // namespace kip::cli
