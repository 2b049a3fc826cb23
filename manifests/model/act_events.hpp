#pragma once

#include <string>

#include <manifests/codec/json.hpp>
#include <manifests/model/act_history.hpp>
#include <manifests/model/circumstances.hpp>
#include <manifests/model/commitment.hpp>

namespace kip {

/// The bodies of events about what people say of acts and obligations. Who said it and when is the event's own actor
/// and claimed time. Format: docs/formats/event.md. Every reader's error is malformed.

struct DateStated {
  ActKey act;
  DateStatement statement;
};

json::Value date_stated_body(const DateStated& stated);
Result<DateStated> read_date_stated(const json::Value& body, std::string_view actor, Instant at);

struct DateConfirmed {
  ActKey act;
  DateConfirmation confirmation;
};

json::Value date_confirmed_body(const DateConfirmed& confirmed);
Result<DateConfirmed> read_date_confirmed(const json::Value& body, std::string_view actor, Instant at);

struct DevelopmentStated {
  ActKey act;
  ActDevelopment development;
};

json::Value development_stated_body(const DevelopmentStated& stated);
Result<DevelopmentStated> read_development_stated(const json::Value& body, std::string_view actor, Instant at);

struct DevelopmentConfirmed {
  ActKey act;
  std::size_t number = 0;  ///< of the act's developments, from 1
};

json::Value development_confirmed_body(const DevelopmentConfirmed& confirmed);
Result<DevelopmentConfirmed> read_development_confirmed(const json::Value& body);

/// An obligation has its number.
struct ObligationOpened {
  std::int64_t number = 0;  ///< from 1 without gaps
  ActKey act;
  CommitmentId commitment;
};

json::Value obligation_opened_body(const ObligationOpened& obligation);
Result<ObligationOpened> read_obligation_opened(const json::Value& body);

struct WaiverRequested {
  std::int64_t obligation = 0;
  Waiver waiver;
};

json::Value waiver_requested_body(const WaiverRequested& requested);
Result<WaiverRequested> read_waiver_requested(const json::Value& body, std::string_view actor, Instant at);

struct WaiverApproved {
  std::int64_t obligation = 0;
  std::size_t waiver = 0;  ///< of the obligation's waivers, from 1
};

json::Value waiver_approved_body(const WaiverApproved& approved);
Result<WaiverApproved> read_waiver_approved(const json::Value& body);

struct ObligationBlocked {
  std::int64_t obligation = 0;
  UpstreamBlock block;
};

json::Value obligation_blocked_body(const ObligationBlocked& blocked);
Result<ObligationBlocked> read_obligation_blocked(const json::Value& body, std::string_view actor, Instant at);

struct ObligationUnblocked {
  std::int64_t obligation = 0;
  std::string part;  ///< empty: the whole act
  LegalDate on;
  std::string evidence;
};

json::Value obligation_unblocked_body(const ObligationUnblocked& unblocked);
Result<ObligationUnblocked> read_obligation_unblocked(const json::Value& body);

}  // namespace kip
