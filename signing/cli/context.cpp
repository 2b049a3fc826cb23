#include <cstdio>

#include <fmt/format.h>

#include <signing/cli/context.hpp>

namespace kip::cli {

void Context::print(const std::vector<std::string>& lines, const json::Value& value) const {
  if (json) {
    fmt::print("{}\n", json::to_compact(value));
  } else {
    for (const std::string& line : lines)
      fmt::print("{}\n", line);
  }
}

Result<SecretBytes> get_passphrase(Context& context, const std::optional<int>& descriptor, const std::string& prompt,
                                   bool confirm) {
  return descriptor ? context.person.passphrase_from(*descriptor) : context.person.passphrase(prompt, confirm);
}

}  // namespace kip::cli
