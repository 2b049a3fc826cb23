#include <server/domain/projection.hpp>
#include <server/domain/recorder.hpp>
#include <signing/dsse/envelope.hpp>

namespace kip::server {

Recorder::Recorder(TenantId tenant, std::string origin, Signer entry_key, const Clock& clock, RandomSource& random)
    : tenant_(std::move(tenant)),
      origin_(std::move(origin)),
      entry_key_(std::move(entry_key)),
      clock_(clock),
      random_(random) {}

Result<Recorded> Recorder::record(UnitOfWork& unit, std::string_view type, std::string_view actor,
                                  json::Value body) const {
  const Instant now = clock_.now();
  const Event event{EventId::make(now, random_.ulid_bits()),
                    tenant_,
                    origin_,
                    std::string(type),
                    now,
                    std::string(actor),
                    std::move(body)};
  KIP_TRY(const dsse::Envelope envelope,
          dsse::sign(std::string(kEventType), json::to_compact(to_json(event)), entry_key_));
  KIP_TRY(const std::int64_t index, unit.events().append(event.id, type, dsse::to_bytes(envelope), now));
  KIP_TRY_VOID(project(event, index, unit.projection()));
  return Recorded{index, now};
}

Result<Bytes> Recorder::acknowledge(const Acknowledgement& acknowledgement) const {
  KIP_TRY(const dsse::Envelope envelope,
          dsse::sign(std::string(kAcknowledgementType), json::to_compact(to_json(acknowledgement)), entry_key_));
  return dsse::to_bytes(envelope);
}

Result<Bytes> Recorder::acknowledge(const ServiceAnswer& answer) const {
  KIP_TRY(const dsse::Envelope envelope,
          dsse::sign(std::string(kServiceAnswerType), json::to_compact(to_json(answer)), entry_key_));
  return dsse::to_bytes(envelope);
}

}  // namespace kip::server
