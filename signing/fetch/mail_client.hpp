#pragma once

#include <functional>
#include <string>

#include <manifests/core/bytes.hpp>
#include <manifests/mail/address.hpp>

namespace kip {

/// Between whom a mail travels, whatever its headers say. Source: RFC 5321 2.3.1
struct MailEnvelope {
  MailAddress from;  ///< where notifications of failure go
  MailAddress to;
};

/// What became of handing one mail over. `accepted` says that the next server has taken it, and nothing of what comes
/// after.
struct MailAnswer {
  enum class Kind {
    accepted,
    temporary,    ///< not now: to be tried again
    permanent,    ///< never: the server refuses the recipient or the mail
    policy,       ///< the server's rules forbid it (5.7.x), which says nothing of the address: we may not relay, say
    unavailable,  ///< the server cannot be spoken to, or not as it should be: no fault of this mail
  };

  Kind kind = Kind::unavailable;
  int reply_code = 0;       ///< the server's last reply, 200 to 599; 0 where there was none
  std::string status = {};  ///< enhanced status code of that reply, "5.1.1"; empty where it has none
  std::string text = {};    ///< for the operator: what the server said or what went wrong, printable, without addresses

  bool operator==(const MailAnswer&) const = default;
};

/// Hands mails over to the next mail server. Not thread-safe.
class MailClient {
 public:
  virtual ~MailClient() = default;
  /// `message` is what to_internet_message() makes. Where `stopped` begins to say true, the transfer is given up soon.
  /// A mail may have been taken although the answer says otherwise, where the connection broke at the wrong moment.
  virtual MailAnswer send(const MailEnvelope& envelope, BytesView message, const std::function<bool()>& stopped) = 0;
};

}  // namespace kip
