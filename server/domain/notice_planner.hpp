#pragma once

#include <vector>

#include <manifests/model/event.hpp>
#include <server/domain/board.hpp>
#include <server/domain/notice_records.hpp>

namespace kip::server {

/// A notice that a customer is to have, unless they have had it.
struct WantedNotice {
  TaxCode customer;
  Notice notice;
  std::optional<Language> language = {};  ///< the customer's own, where it is known

  NoticeSubject about() const { return {notice.kind(), customer, notice.product, notice.subject()}; }
  bool operator==(const WantedNotice&) const = default;
};

/// Decides who is to be told what. It changes nothing; the same tables give the same notices. Thread-safe.
class NoticePlanner {
 public:
  /// The board must outlive it.
  explicit NoticePlanner(const Board& board) : board_(board) {}

  /// Whether an event of this type can make a notice.
  static bool is_cause(std::string_view type);

  /// What an event makes, by the tables as they are now:
  /// - act-registered, by acts, their dates, developments and obligations: once a second person has confirmed a date of
  ///   the act, to each customer whom it concerns, that was entitled on the day on which it arose and to whom something
  ///   is promised about it; not where that is over, waived or not asked for any more.
  /// - update-ready, by release.published: to each customer whom an act that it serves concerns.
  /// - applied and failed, by receipts about a published version from an install that counts.
  /// What is not known of a customer (its regime, say) concerns it only once it is known. Errors: malformed; those of
  /// judge() and of the tables.
  Result<std::vector<WantedNotice>> caused_by(const Event& event, Projection& from, Instant now) const;

  /// entitlement-ending, to each customer whose entitlement ends within 60, 30 or 7 days of the day. Errors: those of
  /// the tables.
  Result<std::vector<WantedNotice>> endings(Projection& from, LegalDate today) const;

 private:
  Result<std::vector<WantedNotice>> about_act(const ActKey& key, Projection& from, Instant now) const;
  Result<std::vector<WantedNotice>> about_release(const Event& event, Projection& from, Instant now) const;

  const Board& board_;
};

}  // namespace kip::server
