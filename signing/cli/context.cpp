#include <manifests/core/printable.hpp>
#include <signing/cli/context.hpp>
#include <signing/terminal/write_out.hpp>

namespace kip::cli {

std::string Context::text_of(const std::vector<std::string>& lines, const json::Value& value) const {
  if (json) return json::to_compact(value) + "\n";
  std::string text;
  for (const std::string& line : lines)
    text += printable(line) + "\n";
  return text;
}

void Context::print(const std::vector<std::string>& lines, const json::Value& value) {
  finish(write_out(text_of(lines, value)));
}

void Context::answer_no(const std::string& what, const Error& why) {
  no = true;
  print({"not valid: " + what + ": " + why.message},
        json::Object{{"valid", false}, {"code", to_string(why.code)}, {"reason", why.message}});
}

Result<void> Context::hand_out(const std::vector<std::string>& lines, const json::Value& value) {
  return kip::hand_out(text_of(lines, value));
}

Result<SecretBytes> get_passphrase(Context& context, const std::optional<int>& descriptor, const std::string& prompt,
                                   bool confirm) {
  return descriptor ? context.person.passphrase_from(*descriptor) : context.person.passphrase(prompt, confirm);
}

}  // namespace kip::cli
