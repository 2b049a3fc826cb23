#include <manifests/core/printable.hpp>
#include <signing/cli/context.hpp>
#include <signing/terminal/write_out.hpp>

namespace kip::cli {

void Context::print(const std::vector<std::string>& lines, const json::Value& value) {
  std::string text;
  if (json) {
    text = json::to_compact(value) + "\n";
  } else {
    for (const std::string& line : lines)
      text += printable(line) + "\n";
  }
  finish(write_out(text));
}

Result<SecretBytes> get_passphrase(Context& context, const std::optional<int>& descriptor, const std::string& prompt,
                                   bool confirm) {
  return descriptor ? context.person.passphrase_from(*descriptor) : context.person.passphrase(prompt, confirm);
}

}  // namespace kip::cli
