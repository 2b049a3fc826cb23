#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <manifests/evidence/verdict.hpp>
#include <signing/evidence/open_log.hpp>

namespace kip {

/// An event of R that a bundle shows.
struct ShownEvent {
  std::uint64_t place = 0;  ///< in R, over all lives
  Event event;
};

/// What a bundle shows of R. That its server recorded an event follows from the place in the log; the event's own
/// signature is not looked at. A value.
class PrivateLog {
 public:
  /// Errors: signature for a head that nobody authorised has signed; integrity where a head does not continue the one
  /// before, or an event has no proof that holds; signature for an event whose type asks for the server's and that has
  /// not it; malformed.
  static Result<PrivateLog> read(const EvidenceFiles& files, const EvidenceIndex& index, const LogKeys& keys,
                                 const OpenLog& open);

  /// Ascending by place.
  const std::vector<ShownEvent>& events() const { return events_; }
  /// Those that stand in O, ascending by place.
  const std::vector<PrivateHead>& heads() const { return heads_; }
  /// Entries of R under the newest head, and of its lives that are not shown those under the newest head that O has.
  std::uint64_t size() const;
  /// How many entries are lost at the ends of lives, as far as O says so.
  std::uint64_t lost() const { return lost_; }
  /// The first life that is not shown though O has a head of it; empty where there is none.
  std::string hidden_life() const { return hidden_.empty() ? std::string() : hidden_.begin()->first; }

 private:
  /// A head as O has it.
  struct Head {
    std::size_t life = 0;  ///< among the lives of R
    Bytes note;
    tlog::TreeHead head;
  };
  struct Life {
    LoggedSpan span;
    const LogAuthority* authority = nullptr;
    std::uint64_t begin = 0;
  };

  Result<void> take_lives(const EvidenceIndex& index, const LogKeys& keys);
  Result<void> take_heads(const OpenLog& open);
  Result<bool> take_head(const tlog::Note& note, std::uint64_t place);
  Result<void> check_growth(const EvidenceFiles& files, std::size_t life) const;
  Result<void> take_events(const EvidenceFiles& files, std::size_t life, const TenantId& tenant);

  std::vector<Life> lives_;
  std::map<std::string, std::uint64_t> hidden_;  ///< sizes of lives that are not shown, by their origins
  std::uint64_t lost_ = 0;
  std::vector<Head> known_;  ///< each signed head once, in the order of O
  std::vector<PrivateHead> heads_;
  std::vector<ShownEvent> events_;
};

/// "events/r/00000012.proof"
std::string proof_path(const LogLife& life, std::uint64_t index);
/// "log/r/growth": that each head of R extends the one before.
std::string growth_path(const LogLife& life);

/// One line of such a file. Text: "SIZE SIZE HASH..." with base64.
struct GrowthStep {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  tlog::Proof proof;
};
std::string to_line(const GrowthStep& step);
/// Errors: malformed.
Result<std::vector<GrowthStep>> parse_growth(BytesView text);

}  // namespace kip
