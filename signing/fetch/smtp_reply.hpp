#pragma once

// Inside signing/fetch only.

#include <string>

#include <signing/fetch/mail_client.hpp>

namespace kip {

/// Which of our commands a server's reply answers. libcurl's own codes do not tell the recipient's refusal from the
/// sender's.
enum class SmtpStage {
  opening,    ///< greeting, EHLO, STARTTLS, AUTH
  sender,     ///< MAIL FROM
  recipient,  ///< RCPT TO
  data,       ///< DATA
  content,    ///< the mail itself
};

/// The stage that a command begins; the same as before for one that begins none (NOOP, RSET, QUIT).
SmtpStage stage_of(std::string_view command, SmtpStage before);

/// What a reply means for the mail, by its code and by what it answers. `line` is its last line, "550 5.1.1 no such
/// user". Source: RFC 5321 4.2.1, RFC 2034 4, RFC 3463 3.8
MailAnswer judge_reply(std::string_view line, SmtpStage stage);

}  // namespace kip
