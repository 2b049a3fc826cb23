#pragma once

#include <string>

#include <signing/ceremony/repository_plan.hpp>
#include <signing/cli/context.hpp>

namespace kip::cli {

/// An officer's FILE.pub. Errors name the file.
Result<PublicKeyFile> open_public_key(Context& context, const std::string& path);

/// A server's online-keys.json. Errors name the file.
Result<OnlineKeys> open_online_keys(Context& context, const std::string& path);

}  // namespace kip::cli
