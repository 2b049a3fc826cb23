#pragma once

#include <string>
#include <string_view>

#include <manifests/core/ids.hpp>
#include <manifests/model/event.hpp>
#include <manifests/model/receipt.hpp>
#include <manifests/model/service_request.hpp>
#include <server/domain/actor.hpp>
#include <server/domain/receipt_projection.hpp>
#include <server/domain/unit_of_work.hpp>
#include <signing/crypto/random.hpp>
#include <signing/keys/key.hpp>

namespace kip::server {

/// The actor of what the server does by itself.
inline constexpr std::string_view kServerActor = "server";

/// The event in its envelope. Its signature is not asked: the store is ours. Errors: malformed, also for an erased one.
Result<Event> read_event(const StoredEvent& stored);

struct Recorded {
  std::int64_t index = 0;
  Instant time;
};

/// Makes history: signs events with the server's entry key, appends them and lets the projection follow, all within the
/// caller's unit of work. Immutable, thread-safe.
class Recorder {
 public:
  /// `origin` is the server's public URL. Clock and random source must outlive it.
  Recorder(TenantId tenant, std::string origin, Signer entry_key, const Clock& clock, RandomSource& random);

  const TenantId& tenant() const { return tenant_; }
  const std::string& origin() const { return origin_; }
  /// The key by which events and acknowledgements are verified.
  const PublicKey& public_key() const { return entry_key_.key.public_key(); }
  Instant now() const { return clock_.now(); }
  RandomSource& random() const { return random_; }

  /// `received` is what an event receipts.recorded holds, where its caller has read it. Errors: those of the unit of
  /// work; malformed where the body is not what the type asks for; denied where what let the actor in does so no more.
  Result<Recorded> record(UnitOfWork& unit, std::string_view type, const Actor& actor, json::Value body,
                          const ReceivedReceipts* received = nullptr) const;

  /// The bytes of an envelope signed with the entry key. Only for what is durable.
  Result<Bytes> sign(std::string_view payload_type, const json::Value& payload) const;
  Result<Bytes> acknowledge(const Acknowledgement& acknowledgement) const;
  /// The same about a request for service.
  Result<Bytes> acknowledge(const ServiceAnswer& answer) const;

 private:
  TenantId tenant_;
  std::string origin_;
  Signer entry_key_;
  const Clock& clock_;
  RandomSource& random_;
};

}  // namespace kip::server
