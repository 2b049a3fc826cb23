#pragma once

#include <optional>
#include <string>

#include <manifests/model/event.hpp>
#include <server/domain/notice_records.hpp>
#include <server/domain/unit_of_work.hpp>

namespace kip::server {

/// The bodies of events about notices. No address of a person and no text of a mail stands in any of them. Format:
/// docs/formats/event.md.

json::Value notice_switched_body(NoticeKind kind, bool on);
json::Value notice_queued_body(const NoticeRecord& record);
json::Value notice_accepted_body(const NoticeId& notice, const Acceptance& accepted);
json::Value notice_bounced_body(const NoticeId& notice, const Bounce& bounced);

/// Takes an event whose type begins with "notice." into the tables; one that is not known changes nothing. Errors:
/// malformed; not_found for a notice that was never queued; conflict for a second notice about the same, and for a
/// state that cannot follow the one it has; those of the tables.
Result<void> project_notice(const Event& event, std::int64_t index, Projection& to);

}  // namespace kip::server
