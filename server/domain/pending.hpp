#pragma once

#include <set>
#include <string>
#include <vector>

#include <manifests/model/staff.hpp>
#include <server/domain/unit_of_work.hpp>

namespace kip::server {

/// Something that one person has said or asked for and that waits for another one.
struct PendingMatter {
  enum class Kind { date, development, waiver, proposal };
  Kind kind = Kind::date;
  std::string subject;  ///< "BTC:99/2025/TT-BTC:2025 signed", "BTC:…:2025 development 1", "obligation 7 waiver 1",
                        ///< "proposal 01J…"
  Instant since;        ///< of the first word on it

  bool operator==(const PendingMatter&) const = default;
};

std::string_view to_string(PendingMatter::Kind kind);

/// The person and all whom they have succeeded, as events name them: what any of these has said, the person has said.
Result<std::set<std::string>> voices_of(Projection& from, const PersonName& person);

/// The same for the actor of an event; only itself where that is no member of staff.
Result<std::set<std::string>> voices_of_actor(Projection& from, std::string_view actor);

/// What waits for another person and was said by one of these voices alone, by kind and subject.
Result<std::vector<PendingMatter>> pending_of(Projection& from, const std::set<std::string>& voices);

/// Who took over somebody's matters answers for them. Errors: denied where the actor has succeeded all of `authors` who
/// are somebody else, and there is one.
Result<void> refuse_successor(Projection& from, std::string_view actor, const std::set<std::string>& authors);

}  // namespace kip::server
