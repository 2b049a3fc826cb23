#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <manifests/model/act_events.hpp>
#include <server/domain/board.hpp>
#include <server/domain/recorder.hpp>

namespace kip::server {

/// What a second person's list said about the dates of acts.
struct DoubleEntry {
  std::int64_t confirmed = 0;
  std::int64_t confirmed_before = 0;
  std::int64_t own = 0;     ///< that this person has stated: somebody else has to look at them
  std::int64_t stated = 0;  ///< of which nobody had said anything
  std::vector<DateStated> disputed = {};
};

/// The use cases by which people say and decide about acts and obligations. Where two have to agree, the second one is
/// another person than the first; the actor is who was authenticated. Each is durable on return. Thread-safe.
/// Errors of all: not_found for an act or obligation that is not there; those of ActHistory and Circumstances; those of
/// the store.
class Decisions {
 public:
  /// All must outlive it.
  Decisions(Store& store, const Recorder& recorder, const Board& board)
      : store_(store), recorder_(recorder), board_(board) {}

  Result<void> state_date(const Actor& actor, const DateStated& stated);
  Result<void> confirm_date(const Actor& actor, const DateConfirmed& confirmed);
  /// Takes a list of acts that another person has registered, typed or collected anew: each date that agrees is
  /// confirmed, each other one is stated, so that it is disputed from now on. All or nothing. Errors: not_found for
  /// acts that are not registered, with their names.
  Result<DoubleEntry> compare(const Actor& actor, const std::vector<Act>& acts);
  Result<void> state_development(const Actor& actor, const DevelopmentStated& stated);
  Result<void> confirm_development(const Actor& actor, const DevelopmentConfirmed& confirmed);
  /// The instant from which on that day is over where the obligation's calendar counts. Errors: not_found.
  Result<Instant> end_of_day(std::int64_t obligation, LegalDate day) const;
  Result<void> request_waiver(const Actor& actor, const WaiverRequested& requested);
  Result<void> approve_waiver(const Actor& actor, const WaiverApproved& approved);
  Result<void> block(const Actor& actor, const ObligationBlocked& blocked);
  Result<void> unblock(const Actor& actor, const ObligationUnblocked& unblocked);

 private:
  struct Entry;

  Result<void> compare_date(const Entry& entry, const Actor& actor, UnitOfWork& unit, DoubleEntry& out);
  Result<std::string> calendar_of(std::int64_t obligation) const;
  Result<void> check_past(std::int64_t obligation, LegalDate day) const;
  Result<void> check_part(const ObligationBlocked& blocked) const;
  Result<void> record(std::string_view type, const Actor& actor, json::Value body);
  /// The second word on what `authors` have said first; commits.
  Result<void> confirm(UnitOfWork& unit, std::string_view type, const Actor& actor, json::Value body,
                       const std::set<std::string>& authors);

  Store& store_;
  const Recorder& recorder_;
  const Board& board_;
};

}  // namespace kip::server
