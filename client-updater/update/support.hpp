#pragma once

#include <optional>
#include <string>
#include <vector>

#include <client-updater/update/install.hpp>

namespace kip::updater {

/// What somebody here wants of the vendor.
struct HelpWanted {
  ServiceKind kind = ServiceKind::question;
  int grade = kLightestGrade;  ///< 1, all work stands still, to 4, a wish
  std::string note = {};       ///< at most kMaxServiceNote octets
  std::optional<FailedUpdate> failed = {};
};

/// Not yet answered; one more is refused.
constexpr std::size_t kMaxKeptRequests = 20;

/// Signs a request and keeps it, durably; send_requests() takes it to the vendor. Errors: malformed for a note that
/// cannot be sent; too_large where kMaxKeptRequests wait; those of the store.
Result<KeptRequest> ask_for_help(Install& install, const HelpWanted& wanted);

/// Asks for help with an update that did not succeed, once for each version, and once more where the install is held
/// by it: of grade 1 where it is held, 2 where the version was taken back, 3 where nothing was changed. Nothing where
/// the last attempt is on its way or succeeded. Errors: those of the store.
Result<std::optional<KeptRequest>> ask_about_failure(Install& install);

struct SupportResult {
  std::vector<KeptRequest> answered;  ///< in this call, for the first time
  std::vector<KeptRequest> kept;      ///< not yet answered
  std::optional<Error> failure = {};  ///< why some are kept
};

/// Sends every request that the server has not answered, and takes an answer only where it is the server's signature
/// over exactly that request. One that the server refuses is kept with the reason, since nobody has signed that, and
/// sent again in the next call. Asks again, at most twice a day, about those that were open. A server that is down is
/// no error of this function. Errors: those of the store. Protocol: docs/formats/service.md
Result<SupportResult> send_requests(Install& install);

/// Forgets a request that the server has not answered. Errors: not_found; conflict where it is with the vendor.
Result<void> withdraw_request(Install& install, const RequestId& id);

}  // namespace kip::updater
