#pragma once

#include <compare>
#include <string>
#include <string_view>

#include <manifests/core/result.hpp>

namespace kip {

/// An address of e-mail that every mail server takes: a dot-atom of ASCII before the '@' (at most 64 octets), a domain
/// of two labels or more after it (letters, digits and inner hyphens), at most 254 octets in all. Quoted local parts,
/// comments, address literals and internationalised addresses are refused. Nothing in it can end a line or an envelope
/// command. Source: RFC 5321 4.1.2 and 4.5.3.1, RFC 5322 3.4.1 (without its obsolete forms)
class MailAddress {
 public:
  /// Errors: malformed, which says what is wrong.
  static Result<MailAddress> parse(std::string_view text);

  /// "ke.toan@example.vn"; the domain is in lower case.
  const std::string& str() const { return text_; }
  std::string_view domain() const { return std::string_view(text_).substr(at_ + 1); }
  auto operator<=>(const MailAddress&) const = default;

 private:
  MailAddress(std::string text, std::size_t at) : text_(std::move(text)), at_(at) {}

  std::string text_;
  std::size_t at_;
};

/// A domain of two labels or more, in lower case. Errors: malformed.
Result<std::string> parse_mail_domain(std::string_view text);

/// The text with what stands before each '@' taken out, back to a blank, bracket or quote: a mail server's answer often
/// repeats the address, which is a person's and belongs into no log.
std::string without_local_parts(std::string_view text);

}  // namespace kip
