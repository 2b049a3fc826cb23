#pragma once

#include <functional>
#include <vector>

#include <server/domain/recorder.hpp>
#include <server/domain/unit_of_work.hpp>
#include <signing/daemon/log.hpp>
#include <signing/timestamp/authority_client.hpp>
#include <signing/timestamp/revocation_client.hpp>

namespace kip::server {

/// Asks the issuers of the authorities' certificates what they have revoked, until each has said so after the newest
/// token, and keeps what they say: whoever checks a token years later can ask nobody any more. Once for each tenant.
/// expect() is thread-safe; turn() is for one thread.
class RevocationArchive {
 public:
  using Fetch = std::function<Result<tsp::RevocationFetch>(const tsp::VerifiedToken&)>;

  struct Ports {
    Store& store;
    const TenantId& tenant;
    Fetch fetch;  ///< tsp::fetch_revocation(), or what a test has instead
    const Clock& clock;
    Log& log;
  };

  /// How long an issuer is left alone: lists are made anew once or a few times a day; those of roots once in months.
  static constexpr std::chrono::hours kPause{6};
  static constexpr std::chrono::hours kLongPause{24};
  static constexpr std::chrono::days kPatience{2};

  /// The ports must outlive it.
  RevocationArchive(Ports ports, std::vector<tsp::Authority> authorities)
      : ports_(std::move(ports)), authorities_(std::move(authorities)) {}

  /// Wants statements for a token that enters O in this unit. Errors: those of the store.
  Result<void> expect(UnitOfWork& unit, const std::string& authority, BytesView token) const;

  /// Asks for all that is due. A problem of an issuer is told to the log, once. Errors: those of the store.
  Result<void> turn();

 private:
  std::optional<tsp::VerifiedToken> verify(const std::string& authority, BytesView token) const;
  void ask(RevocationRecord& record) const;
  void take(tsp::RevocationFetch fetched, RevocationRecord& record) const;
  void tell(RevocationRecord& record, std::string_view event, std::string problem) const;

  Ports ports_;
  std::vector<tsp::Authority> authorities_;
};

}  // namespace kip::server
