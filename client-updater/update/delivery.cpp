#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include <client-updater/update/delivery.hpp>
#include <client-updater/update/kept_rotations.hpp>
#include <client-updater/update/server_exchange.hpp>
#include <manifests/codec/reader.hpp>
#include <manifests/core/backoff.hpp>
#include <manifests/model/event.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/dsse/envelope.hpp>

namespace kip::updater {
namespace {

constexpr std::size_t kBatch = kMaxReceiptsAtOnce;
constexpr int kMaxMendings = 4;
constexpr std::uint64_t kMaxAnswer = 1U << 20U;

/// A failed delivery, with what the server says about the next one.
struct Refusal {
  Error error;
  std::optional<std::chrono::seconds> retry_after;
};

Bytes delivery_body(const std::vector<OutboxEntry>& receipts) {
  json::Array list;
  for (const OutboxEntry& receipt : receipts)
    list.push_back(to_base64(receipt.envelope));
  return json::to_compact(json::Object{{"receipts", std::move(list)}, {"stop_at_fork", true}});
}

struct Answer {
  std::optional<Bytes> acknowledgement = {};
  bool held = false;
  bool disputed = false;
  std::optional<Bytes> fork = {};                 ///< acknowledgement of a receipt that is not this install's
  std::optional<std::int64_t> missing_from = {};  ///< from which of this install's on, up to these, the server has none
};

Result<Answer> parse_answer(BytesView body) {
  KIP_TRY(const json::Value value, json::parse(body, {.bytes = kMaxAnswer}));
  json::ObjectReader in(value, "the answer to receipts");
  Answer out;
  out.held = in.optional_text("standing", 64) == "held";
  out.disputed = in.boolean_or("disputed", false);
  if (in.has("acknowledgement")) out.acknowledgement = in.parsed("acknowledgement", from_base64, kMaxAnswer);
  if (in.has("fork")) out.fork = in.parsed("fork", from_base64, kMaxAnswer);
  out.missing_from = in.optional_integer("missing_from", 1, std::numeric_limits<std::int64_t>::max());
  KIP_TRY_VOID(in.finish());
  return out;
}

/// Sends one batch; the acknowledgement as it arrived, nothing of it verified.
std::variant<Answer, Refusal> post(Install& install, const std::vector<OutboxEntry>& batch) {
  const Instant now = install.ports().clock.now();
  HttpRequest request{.method = "POST", .url = install.server_url("receipts"), .body = delivery_body(batch)};
  request.max_body = kMaxAnswer;
  if (auto done = sign_as_install(install, request); !done) return Refusal{std::move(done).error(), std::nullopt};
  request.headers.emplace_back("Content-Type", "application/json");
  const auto response = install.ports().http.send(request);
  if (!response) return Refusal{response.error(), std::nullopt};
  constexpr int kOk = 200;
  if (response->status != kOk) {
    const Result<void> failure = http_failure(*response, request.url);
    return Refusal{failure.error(), retry_after(*response, now)};
  }
  auto answer = parse_answer(response->body);
  if (!answer) return Refusal{std::move(answer).error(), std::nullopt};
  return *std::move(answer);
}

/// The server acknowledges all that it was sent, or all before a fork. Errors: integrity.
Result<void> expect_whole(const Acknowledgement& said, const std::vector<OutboxEntry>& batch, bool has_fork) {
  const std::size_t count = said.receipts.size();
  if (count > batch.size() || (count < batch.size() && !has_fork)) {
    return fail(ErrorCode::integrity, fmt::format("it is about {} receipts, {} were sent", count, batch.size()));
  }
  for (std::size_t i = 0; i < count; ++i)
    KIP_TRY_VOID(expect_about(said.receipts[i], batch[i]));
  return {};
}

Result<Acknowledgement> verify_answer(const Install& install, const std::vector<OutboxEntry>& batch,
                                      const Answer& answer) {
  KIP_TRY(Acknowledgement said, read_acknowledgement(install.enrolment(), *answer.acknowledgement));
  KIP_TRY_VOID(expect_whole(said, batch, answer.fork.has_value()));
  return said;
}

/// Keeps what can be verified; tells how many receipts that took out of the outbox.
Result<std::int64_t> take_in(Install& install, const std::vector<OutboxEntry>& batch, const Answer& answer,
                             std::optional<Refusal>& refusal) {
  if (!answer.acknowledgement) return 0;
  const auto said = verify_answer(install, batch, answer);
  if (!said) {
    const Result<void> failure = fail_while("the server's acknowledgement does not hold", said.error());
    refusal = Refusal{failure.error(), std::nullopt};
    return 0;
  }
  const auto count = install.ports().store.acknowledge(*said, *answer.acknowledgement);
  if (!count && count.error().code == ErrorCode::conflict) {
    refusal = Refusal{count.error(), std::nullopt};
    return 0;
  }
  if (!count) return Unexpected(count.error());
  KIP_TRY_VOID(remember_basis(install, said->basis));
  return *count;
}

/// Whether the server's signed word proves that the present chain went on without this install. It stays true however
/// old it is, so that one who plays it again gains nothing. Errors: signature, malformed, integrity; those of the
/// store.
Result<void> verify_fork(Install& install, const Bytes& bytes) {
  const Enrolment& enrolment = install.enrolment();
  KIP_TRY(const Acknowledgement word, read_acknowledgement(enrolment, bytes));
  if (word.receipts.size() != 1) return fail(ErrorCode::integrity, "it is about several receipts");
  const AcknowledgedReceipt& said = word.receipts.front();
  if (said.incarnation != enrolment.incarnation) return fail(ErrorCode::integrity, "it is about another incarnation");
  KIP_TRY(const auto own, install.ports().store.receipt_at(said.incarnation, said.sequence));
  if (own != said.receipt) return {};
  return fail(ErrorCode::integrity, fmt::format("it is about receipt {} as it is here", said.sequence));
}

/// Goes on under a new incarnation, or tells why not.
Result<std::optional<Refusal>> follow_fork(Install& install, const Bytes& fork, DeliveryResult& result) {
  const auto proven = verify_fork(install, fork);
  if (!proven || result.new_incarnation) {
    const Result<void> failure =
        proven ? fail(ErrorCode::conflict, "the server has receipts of an incarnation that has only just begun here")
               : fail_while("the server's word that another copy of this install has reported does not hold",
                            proven.error());
    return std::optional(Refusal{failure.error(), std::nullopt});
  }
  KIP_TRY_VOID(install.begin_incarnation());
  result.new_incarnation = true;
  return std::optional<Refusal>();
}

Result<void> remember(Install& install, const Delivery& delivery) {
  if (install.state().delivery == delivery) return {};
  State next = install.state();
  next.delivery = delivery;
  return install.save(std::move(next), std::nullopt);
}

std::uint16_t chance(RandomSource& random) {
  const Bytes octets = random.bytes(2);
  return static_cast<std::uint16_t>(static_cast<unsigned char>(octets[0]) << 8U |
                                    static_cast<unsigned char>(octets[1]));
}

/// A server that was restored from a backup has lost what it acknowledged after that. It is believed without proof:
/// what is sent once more does no harm, and its earlier word is kept.
Result<void> bring_back(Install& install, const std::vector<OutboxEntry>& batch, const Answer& answer,
                        DeliveryResult& result) {
  if (!answer.missing_from || result.sent_again > 0) return {};
  const OutboxEntry& first = batch.front();
  KIP_TRY(result.sent_again, install.ports().store.send_again(first.incarnation, *answer.missing_from, first.sequence));
  return {};
}

bool is_of_earlier_key(const Install& install, const OutboxEntry& entry) {
  const auto envelope = dsse::parse(entry.envelope);
  return envelope && !envelope->signatures.empty() && envelope->signatures.front().key_id != install.signer().key_id;
}

/// Whether the reason of a refusal lies in this install's key, and could be taken away: then the same can be sent once
/// more. Errors: those of the store and of files.
Result<bool> mend_key(Install& install, const std::vector<OutboxEntry>& batch, const Refusal& refusal) {
  if (refusal.error.code == ErrorCode::denied) return repeat_rotations(install);
  const bool has_earlier =
      std::any_of(batch.begin(), batch.end(), [&](const OutboxEntry& one) { return is_of_earlier_key(install, one); });
  if (refusal.error.code != ErrorCode::signature || !has_earlier) return false;
  // With all that follow them, so that the new chain ends where this one does.
  const OutboxEntry& first = batch.front();
  KIP_TRY_VOID(
      install.ports().store.send_again(first.incarnation, first.sequence, std::numeric_limits<std::int64_t>::max()));
  KIP_TRY_VOID(install.begin_incarnation());
  return true;
}

Result<DeliveryResult> put_off(Install& install, DeliveryResult result, const Refusal& refusal) {
  const Delivery next = after_failure(install.state().delivery, install.ports().clock.now(), refusal.retry_after,
                                      chance(install.ports().random));
  KIP_TRY_VOID(remember(install, next));
  result.failure = refusal.error;
  result.next_try = next.next_try;
  return result;
}

}  // namespace

Result<Acknowledgement> read_acknowledgement(const Enrolment& enrolment, const Bytes& envelope) {
  KIP_TRY(const Bytes payload, verify_servers_word(enrolment, kAcknowledgementType, envelope));
  KIP_TRY(Acknowledgement said, parse_acknowledgement(payload));
  if (said.tenant != enrolment.tenant || said.install != enrolment.install) {
    return fail(ErrorCode::integrity, "it is about another install");
  }
  return said;
}

Result<void> expect_about(const AcknowledgedReceipt& said, const OutboxEntry& sent) {
  if (said.incarnation != sent.incarnation || said.sequence != sent.sequence) {
    return fail(ErrorCode::integrity,
                fmt::format("it is about receipt {}, which was not sent there; that is receipt {}", said.sequence,
                            sent.sequence));
  }
  if (said.receipt == sent.digest) return {};
  return fail(ErrorCode::integrity, fmt::format("it is about other bytes than those of receipt {}", said.sequence));
}

Result<void> remember_basis(Install& install, const std::optional<Sha256Digest>& basis) {
  if (!basis || install.state().basis == basis) return {};
  State next = install.state();
  next.basis = basis;
  return install.save(std::move(next), std::nullopt);
}

Delivery after_failure(const Delivery& before, Instant now, std::optional<std::chrono::seconds> retry_after,
                       std::uint16_t chance) {
  using std::chrono::milliseconds;
  constexpr milliseconds kFirst = std::chrono::seconds(30);
  constexpr milliseconds kLongest = std::chrono::hours(6);
  const milliseconds wait = doubled(kFirst, kLongest, before.failures);
  // From four to six fifths of it.
  const milliseconds spread = wait * 4 / 5 + wait * 2 / 5 * chance / 65'536;
  const milliseconds asked = retry_after.value_or(std::chrono::seconds(0));
  return {.failures = before.failures + 1, .next_try = now + std::max(spread, asked)};
}

Result<DeliveryResult> deliver(Install& install, Urgency urgency) {
  DeliveryResult result;
  KIP_TRY(const OutboxCounts counts, install.ports().store.counts());
  result.kept = counts.pending;
  const auto& next_try = install.state().delivery.next_try;
  const bool early = next_try && install.ports().clock.now() < *next_try;
  if (counts.pending > 0 && urgency == Urgency::when_due && early) {
    result.next_try = next_try;
    return result;
  }
  int mendings = 0;
  while (result.kept > 0) {
    KIP_TRY(const std::vector<OutboxEntry> batch, install.ports().store.pending(kBatch));
    const auto answer = post(install, batch);
    if (const auto* refused = std::get_if<Refusal>(&answer)) {
      KIP_TRY(const bool mended, mend_key(install, batch, *refused));
      if (mended && ++mendings < kMaxMendings) continue;
      return put_off(install, std::move(result), *refused);
    }
    const Answer& taken = std::get<Answer>(answer);
    result.held = taken.held;
    result.disputed = taken.disputed;
    std::optional<Refusal> refusal;
    KIP_TRY_VOID(bring_back(install, batch, taken, result));
    KIP_TRY(const std::int64_t count, take_in(install, batch, taken, refusal));
    result.delivered += count;
    const bool forks = !refusal && taken.fork;
    if (forks) {
      KIP_TRY(refusal, follow_fork(install, *taken.fork, result));
    }
    KIP_TRY(const OutboxCounts left, install.ports().store.counts());
    if (!refusal && !forks && count == 0) {
      refusal = Refusal{{ErrorCode::malformed, "the server acknowledged none of the receipts that it was sent"}, {}};
    }
    result.kept = left.pending;
    if (refusal) return put_off(install, std::move(result), *refusal);
  }
  KIP_TRY_VOID(remember(install, Delivery{}));
  return result;
}

}  // namespace kip::updater
