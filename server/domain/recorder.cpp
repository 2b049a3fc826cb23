#include <server/domain/log_feed.hpp>
#include <server/domain/projection.hpp>
#include <server/domain/recorder.hpp>
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

Result<Recorded> Recorder::record(UnitOfWork& unit, std::string_view type, const Actor& actor, json::Value body) const {
  KIP_TRY(const SignedEvent prepared, prepare(type, actor, std::move(body)));
  return record(unit, prepared);
}

Result<SignedEvent> Recorder::prepare(std::string_view type, const Actor& actor, json::Value body) const {
  const Instant now = clock_.now();
  Event event{EventId::make(now, random_.ulid_bits()),
              tenant_,
              origin_,
              std::string(type),
              now,
              actor.name,
              std::move(body),
              actor.credential,
              actor.from};
  KIP_TRY(Bytes envelope, sign(kEventType, to_json(event)));
  return SignedEvent{std::move(event), std::move(envelope)};
}

Result<Recorded> Recorder::record(UnitOfWork& unit, const SignedEvent& prepared,
                                  const ReceivedReceipt* received) const {
  const auto& [event, envelope] = prepared;
  KIP_TRY(const std::int64_t index, unit.events().append(event.id, event.type, envelope, event.claimed_time));
  KIP_TRY_VOID(project(event, index, unit.projection(), received));
  KIP_TRY_VOID(enter_logs(*this, unit, event, index, envelope));
  return Recorded{index, event.claimed_time};
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
