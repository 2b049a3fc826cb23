#include <server/domain/log_feed.hpp>
#include <server/domain/projection.hpp>
#include <server/domain/recorder.hpp>
#include <server/domain/staff_caller.hpp>
#include <signing/dsse/envelope.hpp>

namespace kip::server {

Result<Event> read_event(const StoredEvent& stored) {
  KIP_TRY(const dsse::Envelope envelope, dsse::parse(stored.envelope));
  return parse_event(envelope.payload);
}

Recorder::Recorder(TenantId tenant, std::string origin, Signer entry_key, const Clock& clock, RandomSource& random)
    : tenant_(std::move(tenant)),
      origin_(std::move(origin)),
      entry_key_(std::move(entry_key)),
      clock_(clock),
      random_(random) {}

Result<Recorded> Recorder::record(UnitOfWork& unit, std::string_view type, const Actor& actor, json::Value body,
                                  const ReceivedReceipts* received) const {
  const Instant now = clock_.now();
  if (actor.admission) KIP_TRY_VOID(expect_admitted(unit, *actor.admission, now));
  Event event{EventId::make(now, random_.ulid_bits()),
              tenant_,
              origin_,
              std::string(type),
              now,
              actor.name,
              json::Value(),
              actor.credential,
              actor.from};
  // The body, which may be large, is lent to the document.
  json::Value document = to_json(event);
  json::Value& lent = document.as_object()->at("body");
  lent = std::move(body);
  KIP_TRY(const Bytes envelope, sign(kEventType, document));
  event.body = std::move(lent);
  KIP_TRY(const std::int64_t index, unit.events().append(event.id, event.type, envelope, now));
  KIP_TRY_VOID(project(event, index, unit.projection(), received));
  KIP_TRY_VOID(enter_logs(*this, unit, event, index, envelope));
  return Recorded{index, now};
}

Result<Bytes> Recorder::sign(std::string_view payload_type, const json::Value& payload) const {
  KIP_TRY(const dsse::Envelope envelope, dsse::sign(std::string(payload_type), json::to_compact(payload), entry_key_));
  return dsse::to_bytes(envelope);
}

Result<Bytes> Recorder::acknowledge(const Acknowledgement& acknowledgement) const {
  return sign(kAcknowledgementType, to_json(acknowledgement));
}

Result<Bytes> Recorder::acknowledge(const ServiceAnswer& answer) const {
  return sign(kServiceAnswerType, to_json(answer));
}

}  // namespace kip::server
