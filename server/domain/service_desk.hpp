#pragma once

#include <string_view>
#include <vector>

#include <server/domain/board.hpp>
#include <server/domain/receipts.hpp>
#include <server/domain/recorder.hpp>
#include <server/domain/service_events.hpp>

namespace kip::server {

/// A request as it was taken in.
struct TakenRequest {
  std::int64_t number = 0;
  Bytes answer;          ///< the server's signed word, an envelope
  bool created = false;  ///< false: it was there already
};

/// The use cases about requests for service and inspections. Each is durable on return; the actor is who was
/// authenticated. Thread-safe. Errors of all: those of the store.
class ServiceDesk {
 public:
  /// Not resolved, of one install: an install that asks without end is broken or not what it says.
  static constexpr std::int64_t kMaxOpen = 20;
  static constexpr std::size_t kMaxInspections = 1000;

  /// All must outlive it.
  ServiceDesk(Store& store, const Recorder& recorder, const Board& board)
      : store_(store), recorder_(recorder), board_(board) {}

  /// Takes in what an install asks for, and signs for it once it is durable. The same envelope again gives the same
  /// answer. Errors: malformed, signature; denied for another vendor's, install's or product's request, an install that
  /// is not known, held or retired, or a nonce used before; conflict for other bytes under the same id; usage for a
  /// visit where no open remote request has failed that has not led to one yet; too_large where kMaxOpen are open.
  Result<TakenRequest> take(const InstallCaller& caller, const Bytes& envelope);

  /// Takes down a call; its number. `call.id` is made here. Errors: usage for a failed update, a call in the future or
  /// a visit where remote help has not failed; not_found for a customer without that product.
  Result<std::int64_t> take_call(const Actor& actor, ServiceCall call);

  /// What happens to a request. `step` and `visit` without who and when, which are those of the event.
  /// Errors: not_found; those of ServiceCase.
  Result<void> answer(const Actor& actor, std::int64_t number, const std::string& note);
  Result<void> fail_remote(const Actor& actor, std::int64_t number, const std::string& note);
  Result<void> resolve(const Actor& actor, std::int64_t number, const std::string& note);
  Result<void> visit(const Actor& actor, const ServiceVisited& visited);

  /// Errors: not_found for a customer without that product; usage for a day in the future; too_large after
  /// kMaxInspections.
  Result<void> inspect(const Actor& actor, const InspectionRecorded& recorded);

 private:
  Result<void> step(std::string_view type, const Actor& actor, std::int64_t number, const std::string& note);
  Result<std::int64_t> record(UnitOfWork& unit, const Actor& actor, ServiceRequested requested, ServiceKind kind,
                              const ProductId& product);

  Store& store_;
  const Recorder& recorder_;
  const Board& board_;
};

}  // namespace kip::server
