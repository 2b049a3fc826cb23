#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <signing/crypto/secret.hpp>
#include <signing/fetch/mail_client.hpp>

namespace kip {

enum class MailSecurity {
  starttls,  ///< plain until STARTTLS, which has to succeed; port 587 as a rule
  tls,       ///< TLS from the first octet on; port 465 as a rule
  none,      ///< nothing is encrypted: only to this machine, unless the administrator has said otherwise
};

struct SmtpOptions {
  std::string host;
  int port = 587;
  MailSecurity security = MailSecurity::starttls;
  std::string ca_file = "";  ///< PEM certificates to trust instead of the system's; empty: the system's
  std::string hello = "";    ///< the name under which we introduce ourselves: the sender's domain
  std::string user = "";     ///< empty: nobody logs in
  SecretBytes password = {};
  std::chrono::seconds connect_timeout{10};
  std::chrono::seconds reply_timeout{60};   ///< for each reply
  std::chrono::seconds total_timeout{180};  ///< for one mail
};

/// SMTP submission by libcurl. The server's certificate is verified; there is no proxy, no redirect and no other
/// protocol; replies beyond 64 KiB end the transfer. A failure that is none of the recipient's or the mail's own (no
/// connection, no TLS, login or sender refused) is `unavailable`. Connections are kept between calls. Not thread-safe.
/// Source: RFC 5321, RFC 3207, RFC 8314 3
class CurlMailClient final : public MailClient {
 public:
  explicit CurlMailClient(SmtpOptions options);
  ~CurlMailClient() override;

  MailAnswer send(const MailEnvelope& envelope, BytesView message, const std::function<bool()>& stopped) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kip
