#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <manifests/core/bytes.hpp>
#include <manifests/core/ids.hpp>
#include <manifests/core/instant.hpp>
#include <manifests/deadline/language.hpp>
#include <manifests/mail/address.hpp>

namespace kip {

using NoticeId = Ulid<struct NoticeTag>;

/// Someone who writes or gets mail: a name for people, which may be empty, and an address.
struct Mailbox {
  std::string name = {};
  MailAddress address;
};

/// What one mail by a program consists of.
struct MailMessage {
  Mailbox from;
  Mailbox to;
  std::optional<MailAddress> reply_to = {};
  std::string subject;
  std::string text;  ///< UTF-8, lines end with '\n'
  Instant date;
  std::string message_id;  ///< without angle brackets: make_message_id()
  Language language = Language::en;
};

/// "01JB...@example.vn"
std::string make_message_id(const NoticeId& notice, std::string_view domain);
/// The notice of an identifier that make_message_id() made; it may stand in angle brackets. Errors: malformed.
Result<NoticeId> notice_of_message_id(std::string_view message_id);

/// The message as it goes over the wire: ASCII, lines that end with CRLF and of which only an address or identifier
/// makes one longer than 78 octets (and never longer than 400), the text as quoted-printable. "Auto-Submitted:
/// auto-generated" keeps answering machines quiet. The same message gives the same octets. No value can begin a header
/// of its own. Format: docs/formats/notice.md. Errors: malformed where subject or a name has a control character or a
/// text is not UTF-8; too_large for a subject or name above 500 octets or a text above 64 KiB. Source: RFC 5322, RFC
/// 2045 6.7, RFC 2047, RFC 3834 5
Result<Bytes> to_internet_message(const MailMessage& message);

}  // namespace kip
