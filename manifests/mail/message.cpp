#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>

#include <manifests/core/printable.hpp>
#include <manifests/core/unicode.hpp>
#include <manifests/mail/message.hpp>

namespace kip {
namespace {

constexpr std::size_t kMaxWords = 500;
constexpr std::size_t kMaxText = 64U << 10U;
/// A line with an encoded word has at most 76 octets: "Subject: =?UTF-8?B?" + 52 of base64 + "?=".
constexpr std::size_t kWordOctets = 39;
constexpr std::size_t kLine = 76;

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

Result<void> check_words(std::string_view what, std::string_view text) {
  if (text.size() > kMaxWords)
    return fail(ErrorCode::too_large, fmt::format("the {} of a mail is longer than {} octets", what, kMaxWords));
  if (!is_utf8(text) || !is_printable_line(text))
    return fail(ErrorCode::malformed, fmt::format("the {} of a mail has control characters", what));
  return {};
}

/// How many octets of the text make the next encoded word, whole characters only.
std::size_t word_length(std::string_view text) {
  std::size_t length = std::min(text.size(), kWordOctets);
  while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U)
    --length;
  return length;
}

/// Encoded words, each but the first on a line of its own. Source: RFC 2047 2 and 5
std::string encoded_words(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = word_length(text);
    out += fmt::format("{}=?UTF-8?B?{}?=", out.empty() ? "" : "\r\n ", to_base64(text.substr(0, length)));
    text.remove_prefix(length);
  }
  return out;
}

/// Short ASCII that no reader takes for encoded words stands as it is.
bool stands_as_it_is(std::string_view text, std::size_t room) {
  return is_ascii(text) && text.size() <= room && text.find("=?") == std::string_view::npos && trim(text) == text;
}

/// Source: RFC 5322 3.2.4
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

/// "An Phat" or encoded words, then the address on a line of its own. Source: RFC 5322 3.4
std::string mailbox_text(const Mailbox& mailbox) {
  constexpr std::size_t kRoom = 62;
  const std::string address = fmt::format("<{}>", mailbox.address.str());
  if (mailbox.name.empty()) return address;
  const std::string name = quoted(mailbox.name);
  const bool fits = stands_as_it_is(mailbox.name, kRoom) && name.size() <= kRoom;
  return fmt::format("{}\r\n {}", fits ? name : encoded_words(mailbox.name), address);
}

/// "Tue, 28 Oct 2025 02:00:00 +0000". Source: RFC 5322 3.3
std::string date_text(Instant instant) {
  constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(instant - day));
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000", kDays.at(std::chrono::weekday(day).c_encoding()),
                     static_cast<unsigned>(date.day()), kMonths.at(static_cast<unsigned>(date.month()) - 1),
                     static_cast<int>(date.year()), time.hours().count(), time.minutes().count(),
                     time.seconds().count());
}

/// One line without its end; soft breaks keep it within 76 octets. Source: RFC 2045 6.7
std::string quoted_printable_line(std::string_view line) {
  std::string out;
  std::size_t column = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const auto octet = static_cast<unsigned char>(line[i]);
    const bool last_blank = (octet == ' ' || octet == '\t') && i + 1 == line.size();
    const bool plain = (octet == '\t' || (octet >= 0x20 && octet < 0x7F)) && octet != '=' && !last_blank;
    const std::size_t width = plain ? 1 : 3;
    if (column + width > kLine - 1) {
      out += "=\r\n";
      column = 0;
    }
    // A line of one dot ends a mail and "From " begins one in some mailboxes: neither is left to the next program.
    const bool escape_start = column == 0 && (octet == '.' || octet == 'F');
    if (plain && !escape_start) {
      out += line[i];
    } else {
      out += fmt::format("={:02X}", static_cast<unsigned>(octet));
    }
    column += escape_start ? 3 : width;
  }
  return out;
}

std::string quoted_printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    out += quoted_printable_line(text.substr(0, end)) + "\r\n";
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

Result<void> check(const MailMessage& message) {
  KIP_TRY_VOID(check_words("subject", message.subject));
  KIP_TRY_VOID(check_words("sender's name", message.from.name));
  KIP_TRY_VOID(check_words("recipient's name", message.to.name));
  KIP_TRY_VOID(notice_of_message_id(message.message_id));
  if (message.text.size() > kMaxText) return fail(ErrorCode::too_large, "the text of a mail is longer than 64 KiB");
  if (!is_utf8(message.text)) return fail(ErrorCode::malformed, "the text of a mail is not UTF-8");
  return {};
}

}  // namespace

std::string make_message_id(const NoticeId& notice, std::string_view domain) {
  return fmt::format("{}@{}", notice.str(), domain);
}

Result<NoticeId> notice_of_message_id(std::string_view message_id) {
  if (message_id.starts_with('<') && message_id.ends_with('>'))
    message_id = message_id.substr(1, message_id.size() - 2);
  const auto at = message_id.find('@');
  auto notice = NoticeId::parse(message_id.substr(0, at));
  const bool has_domain = at != std::string_view::npos && parse_mail_domain(message_id.substr(at + 1));
  if (notice && has_domain) return notice;
  return fail(ErrorCode::malformed, fmt::format("\"{}\" is not the Message-ID of a notice of ours",
                                                printable_line(message_id.substr(0, kMaxWords))));
}

Result<Bytes> to_internet_message(const MailMessage& message) {
  constexpr std::size_t kSubjectRoom = 65;
  KIP_TRY_VOID(check(message));
  std::string out;
  const auto add = [&out](std::string_view name, std::string_view value) {
    out += fmt::format("{}: {}\r\n", name, value);
  };
  add("Date", date_text(message.date));
  add("From", mailbox_text(message.from));
  add("To", mailbox_text(message.to));
  if (message.reply_to) add("Reply-To", message.reply_to->str());
  add("Subject", stands_as_it_is(message.subject, kSubjectRoom) ? message.subject : encoded_words(message.subject));
  add("Message-ID", fmt::format("<{}>", message.message_id));
  add("Auto-Submitted", "auto-generated");
  add("MIME-Version", "1.0");
  add("Content-Type", "text/plain; charset=utf-8");
  add("Content-Language", to_string(message.language));
  add("Content-Transfer-Encoding", "quoted-printable");
  return out + "\r\n" + quoted_printable(message.text);
}

}  // namespace kip
