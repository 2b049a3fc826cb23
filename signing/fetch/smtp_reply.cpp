#include <algorithm>

#include <manifests/core/printable.hpp>
#include <manifests/core/unicode.hpp>
#include <signing/fetch/smtp_reply.hpp>

namespace kip {
namespace {

constexpr std::size_t kShown = 300;

bool is_digits(std::string_view text, std::size_t most) {
  return !text.empty() && text.size() <= most &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

int code_of(std::string_view line) {
  const std::string_view code = line.substr(0, 3);
  if (code.size() != 3 || !is_digits(code, 3)) return 0;
  const int value = (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');
  return value >= 200 && value <= 599 ? value : 0;
}

/// "5.1.1" behind the code, where its class is that of the code.
std::string status_of(std::string_view line) {
  if (line.size() < 5) return {};
  std::string_view rest = line.substr(4);
  const std::string word(rest.substr(0, rest.find(' ')));
  const auto first = word.find('.');
  const auto second = word.find('.', first == std::string::npos ? first : first + 1);
  if (second == std::string::npos) return {};
  const bool digits = is_digits(std::string_view(word).substr(first + 1, second - first - 1), 3) &&
                      is_digits(std::string_view(word).substr(second + 1), 3);
  return first == 1 && word[0] == line[0] && digits ? word : std::string();
}

}  // namespace

SmtpStage stage_of(std::string_view command, SmtpStage before) {
  const std::string verb = to_lower_ascii(command.substr(0, command.find_first_of(" :\r\n")));
  if (verb == "ehlo" || verb == "helo" || verb == "starttls" || verb == "auth") return SmtpStage::opening;
  if (verb == "mail") return SmtpStage::sender;
  if (verb == "rcpt") return SmtpStage::recipient;
  if (verb == "data") return SmtpStage::data;
  return before;
}

MailAnswer judge_reply(std::string_view line, SmtpStage stage) {
  MailAnswer out;
  out.reply_code = code_of(line);
  out.status = status_of(line);
  out.text = printable_line(without_local_parts(line.substr(0, kShown)));
  const bool about_mail = stage == SmtpStage::recipient || stage == SmtpStage::content;
  // 421: the server is closing down, whatever was asked.
  if (out.reply_code == 250 && stage == SmtpStage::content) {
    out.kind = MailAnswer::Kind::accepted;
  } else if (out.reply_code >= 500 && about_mail) {
    out.kind = out.status.starts_with("5.7.") ? MailAnswer::Kind::policy : MailAnswer::Kind::permanent;
  } else if (out.reply_code >= 400 && out.reply_code < 500 && out.reply_code != 421 && stage != SmtpStage::opening) {
    out.kind = MailAnswer::Kind::temporary;
  }
  return out;
}

}  // namespace kip
