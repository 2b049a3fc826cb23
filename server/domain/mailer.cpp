#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <manifests/core/backoff.hpp>
#include <server/domain/mailer.hpp>
#include <server/domain/notice_events.hpp>
#include <signing/crypto/sha256.hpp>

namespace kip::server {
namespace {

constexpr std::size_t kEvents = 500;  ///< read at once
constexpr std::size_t kLooked = 500;  ///< queued notices read at once
constexpr std::chrono::seconds kFirstRetry = std::chrono::minutes(5);
constexpr std::chrono::seconds kLastRetry = std::chrono::hours(6);
constexpr std::chrono::seconds kFirstServerRetry = std::chrono::minutes(1);
constexpr std::chrono::seconds kLastServerRetry = std::chrono::minutes(30);
constexpr std::size_t kRefusesEverybody = 3;  ///< addresses that were all refused

Bounce gave_up(const MailAnswer& answer) {
  Bounce out;
  out.reason = BounceReason::gave_up;
  out.status = answer.status;
  if (answer.reply_code > 0) out.reply_code = answer.reply_code;
  return out;
}

/// Whether a refusal speaks of the recipient: 5.1.x is about addresses, of which 7 and 8 are the sender's, 5.2.x about
/// mailboxes. Without such a status it may as well be about us. Source: RFC 3463 3.2 and 3.3
bool is_about_recipient(const MailAnswer& refusal) {
  const std::string_view status = refusal.status;
  return status.starts_with("5.2.") || (status.starts_with("5.1.") && status != "5.1.7" && status != "5.1.8");
}

}  // namespace

Result<MailRound> Mailer::run(const std::function<bool()>& stopped) {
  MailRound round;
  KIP_TRY_VOID(record_switches());
  auto planned = queue_caused(stopped, round);
  if (planned) planned = queue_endings(round);
  // What is queued goes its way even where nothing can be added to it (a calendar may be missing).
  KIP_TRY_VOID(hand_over_all(stopped, round));
  KIP_TRY_VOID(std::move(planned));
  return round;
}

Result<void> Mailer::record_switches() {
  if (!switches_.empty()) return {};
  KIP_TRY(const auto unit, ports_.store.begin(ports_.recorder.tenant(), Access::write));
  Table<NoticeKind, NoticeSwitch>& table = unit->projection().notice_switches;
  for (const NoticeKind kind : kNoticeKinds) {
    const bool on = options_.kinds.contains(kind);
    KIP_TRY(const auto before, table.find(kind));
    if ((before && before->on) == on) continue;
    KIP_TRY_VOID(
        ports_.recorder.record(*unit, event_type::kNoticeSwitched, kServerActor, notice_switched_body(kind, on)));
  }
  KIP_TRY(const auto all, table.all());
  KIP_TRY_VOID(unit->commit());
  for (const NoticeSwitch& one : all)
    switches_.emplace(one.kind, one);
  return {};
}

bool Mailer::is_on(NoticeKind kind, std::int64_t index) const {
  const auto found = switches_.find(kind);
  return found != switches_.end() && found->second.on && found->second.since < index;
}

/// Whoever queued the last notice has looked at its event and every earlier one.
Result<void> Mailer::find_start(Projection& from) {
  if (looked_at_) return {};
  KIP_TRY(const std::int64_t last_cause, from.notices.last_cause());
  std::optional<std::int64_t> since;
  for (const auto& [kind, one] : switches_) {
    if (one.on) since = std::min(since.value_or(one.since), one.since);
  }
  looked_at_ = std::max(last_cause, since.value_or(0));
  return {};
}

/// What the next events make, by the event's index. Where several make the same, it is the last one's: nothing that was
/// looked at with it can then make it again, for customers who come later, when the program starts anew.
Result<bool> Mailer::look_at_events(Caused& caused) {
  const Instant now = ports_.recorder.now();
  KIP_TRY(const auto unit, ports_.store.begin(ports_.recorder.tenant(), Access::read));
  KIP_TRY_VOID(find_start(unit->projection()));
  KIP_TRY(const auto events, unit->events().after(*looked_at_, kEvents));
  std::map<NoticeSubject, std::pair<std::int64_t, WantedNotice>> latest;
  for (const StoredEvent& stored : events) {
    if (!NoticePlanner::is_cause(stored.type) || stored.is_erased() || stored.recorded + options_.give_up_after < now)
      continue;
    KIP_TRY(const Event event, read_event(stored));
    KIP_TRY(const auto found, planner_.caused_by(event, unit->projection(), now));
    for (const WantedNotice& one : found)
      latest.insert_or_assign(one.about(), std::pair(stored.index, one));
  }
  for (auto& [subject, made] : latest)
    caused.notices[made.first].push_back(std::move(made.second));
  if (!events.empty()) caused.last = events.back().index;
  return !events.empty();
}

Result<void> Mailer::queue_caused(const std::function<bool()>& stopped, MailRound& round) {
  if (options_.kinds.empty()) return {};
  while (!stopped()) {
    Caused caused;
    KIP_TRY(const bool any, look_at_events(caused));
    if (!any) return {};
    for (const auto& [cause, notices] : caused.notices) {
      KIP_TRY(const std::int64_t queued, queue(notices, cause));
      round.queued += queued;
    }
    looked_at_ = caused.last;
  }
  return {};
}

Result<void> Mailer::queue_endings(MailRound& round) {
  if (!options_.kinds.contains(NoticeKind::entitlement_ending)) return {};
  KIP_TRY(const LegalDate today, ports_.board.day_in("VN", ports_.recorder.now()));
  if (endings_on_ == today) return {};
  std::vector<WantedNotice> wanted;
  {
    KIP_TRY(const auto unit, ports_.store.begin(ports_.recorder.tenant(), Access::read));
    KIP_TRY(wanted, planner_.endings(unit->projection(), today));
  }
  KIP_TRY(const std::int64_t queued, queue(wanted, 0));
  round.queued += queued;
  endings_on_ = today;
  return {};
}

/// All or nothing, so that what an event makes is whole where its index is the last one recorded.
Result<std::int64_t> Mailer::queue(const std::vector<WantedNotice>& wanted, std::int64_t cause) {
  std::int64_t out = 0;
  if (wanted.empty()) return out;
  KIP_TRY(const auto unit, ports_.store.begin(ports_.recorder.tenant(), Access::write));
  for (const WantedNotice& one : wanted) {
    if (cause > 0 && !is_on(one.notice.kind(), cause)) continue;
    const Instant now = ports_.recorder.now();
    const NoticeRecord record{NoticeId::make(now, ports_.recorder.random().ulid_bits()),
                              one.customer,
                              one.notice,
                              one.language.value_or(options_.language),
                              now,
                              cause};
    KIP_TRY(const auto same, unit->projection().notices.about(subject_of(record)));
    if (same) continue;
    KIP_TRY_VOID(ports_.recorder.record(*unit, event_type::kNoticeQueued, kServerActor, notice_queued_body(record)));
    ++out;
  }
  if (out > 0) KIP_TRY_VOID(unit->commit());
  return out;
}

Result<void> Mailer::hand_over_all(const std::function<bool()>& stopped, MailRound& round) {
  if (ports_.recorder.now() < server_.next) return {};
  Relay relay;
  auto handed = hand_over_due(stopped, relay, round);
  KIP_TRY_VOID(settle(relay, round));
  KIP_TRY_VOID(std::move(handed));
  if (relay.available) return {};
  put_off(server_, kFirstServerRetry, kLastServerRetry);
  return give_up_old(relay.last, round);
}

Result<void> Mailer::hand_over_due(const std::function<bool()>& stopped, Relay& relay, MailRound& round) {
  const NoticeFilter queued{.state = NoticeState::queued};
  std::optional<NoticeId> after;
  std::size_t tried = 0;
  while (true) {
    std::vector<NoticeRecord> page;
    {
      KIP_TRY(const auto unit, ports_.store.begin(ports_.recorder.tenant(), Access::read));
      KIP_TRY(page, unit->projection().notices.page(queued, after, kLooked));
    }
    if (page.empty()) return {};
    after = page.back().id;
    for (const NoticeRecord& record : page) {
      if (stopped() || tried == options_.per_round) return {};
      const auto retry = retries_.find(record.id);
      if (retry != retries_.end() && ports_.recorder.now() < retry->second.next) continue;
      ++tried;
      KIP_TRY_VOID(hand_over(record, stopped, relay, round));
      if (!relay.available) return {};
    }
  }
}

Result<void> Mailer::hand_over(const NoticeRecord& record, const std::function<bool()>& stopped, Relay& relay,
                               MailRound& round) {
  KIP_TRY(const auto mail, compose(record));
  if (!mail) {
    ports_.log.write("notice.no_address", {{"notice", record.id.str()}, {"customer", record.customer.str()}});
    Bounce bounce;
    bounce.reason = BounceReason::no_address;
    ++round.bounced;
    return record_bounced(record, bounce);
  }
  MailAnswer answer = ports_.client.send(mail->envelope, mail->message, stopped);
  if (answer.kind != MailAnswer::Kind::accepted && stopped()) return {};
  relay.last = std::move(answer);
  return take_answer(record, *mail, relay, round);
}

/// None where the customer has no address that can be used.
Result<std::optional<Mailer::Mail>> Mailer::compose(const NoticeRecord& record) {
  KIP_TRY(const auto unit, ports_.store.begin(ports_.recorder.tenant(), Access::read));
  KIP_TRY(const auto customer, unit->projection().customers.find({record.customer, record.notice.product}));
  if (!customer) return fail(ErrorCode::internal, "a notice without its customer");
  const auto address = MailAddress::parse(customer->email);
  if (!address) return std::optional<Mail>();
  NoticeText text = render(record.notice, {options_.sender.name, customer->name}, record.language);
  std::string message_id = make_message_id(record.id, options_.sender.address.domain());
  KIP_TRY(Bytes message, to_internet_message({.from = options_.sender,
                                              .to = {{}, *address},
                                              .reply_to = options_.reply_to,
                                              .subject = std::move(text.subject),
                                              .text = std::move(text.body),
                                              .date = record.queued,
                                              .message_id = message_id,
                                              .language = record.language}));
  return std::optional(Mail{{options_.sender.address, *address}, std::move(message), std::move(message_id)});
}

Result<void> Mailer::take_answer(const NoticeRecord& record, const Mail& mail, Relay& relay, MailRound& round) {
  switch (relay.last.kind) {
    case MailAnswer::Kind::accepted:
      KIP_TRY_VOID(record_accepted(record, mail, relay.last));
      ++round.accepted;
      relay.takes = true;
      took_at_ = ports_.recorder.now();
      server_ = {};
      return settle(relay, round);
    case MailAnswer::Kind::permanent:
      return take_refusal({record, relay.last, mail.envelope.to.str()}, relay, round);
    case MailAnswer::Kind::policy:
      // Where it takes those of others, its rule is about this one alone.
      relay.available = relay.takes;
      break;
    case MailAnswer::Kind::unavailable:
      relay.available = false;
      break;
    case MailAnswer::Kind::temporary:
      break;
  }
  return postpone(record, relay.last, round);
}

/// A relay that takes mails knows which it refuses. Of another one a refusal is held until more is known.
Result<void> Mailer::take_refusal(Refusal refusal, Relay& relay, MailRound& round) {
  ports_.log.write("notice.refused", {{"notice", refusal.record.id.str()},
                                      {"customer", refusal.record.customer.str()},
                                      {"answer", refusal.answer.text}});
  const auto retry = retries_.find(refusal.record.id);
  const bool again = retry != retries_.end() && retry->second.refused && took_at_ > retry->second.refused;
  if (relay.takes || again) return believe(refusal, round);
  relay.held.push_back(std::move(refusal));
  std::set<std::string_view> addresses;
  for (const Refusal& one : relay.held)
    addresses.insert(one.address);
  relay.available = addresses.size() < kRefusesEverybody;
  if (!relay.available) ports_.log.write("mail_server.refuses_everybody", {{"answer", relay.last.text}});
  return {};
}

Result<void> Mailer::believe(const Refusal& refusal, MailRound& round) {
  Bounce bounce;
  bounce.status = refusal.answer.status;
  bounce.reply_code = refusal.answer.reply_code;
  ++round.bounced;
  return record_bounced(refusal.record, bounce);
}

Result<void> Mailer::settle(Relay& relay, MailRound& round) {
  for (const Refusal& refusal : std::exchange(relay.held, {})) {
    if (relay.takes || (relay.available && is_about_recipient(refusal.answer))) {
      KIP_TRY_VOID(believe(refusal, round));
      continue;
    }
    retries_[refusal.record.id].refused = ports_.recorder.now();
    KIP_TRY_VOID(postpone(refusal.record, refusal.answer, round));
  }
  return {};
}

bool Mailer::is_old(const NoticeRecord& record) const {
  return ports_.recorder.now() >= record.queued + options_.give_up_after;
}

Result<void> Mailer::postpone(const NoticeRecord& record, const MailAnswer& answer, MailRound& round) {
  ports_.log.write("notice.postponed", {{"notice", record.id.str()}, {"answer", answer.text}});
  if (!is_old(record)) {
    if (answer.kind != MailAnswer::Kind::unavailable) put_off(retries_[record.id], kFirstRetry, kLastRetry);
    ++round.postponed;
    return {};
  }
  ports_.log.write("notice.given_up", {{"notice", record.id.str()}, {"customer", record.customer.str()}});
  ++round.given_up;
  return record_bounced(record, gave_up(answer));
}

/// Where the relay is away, nothing that is old waits for a turn of its own to be given up.
Result<void> Mailer::give_up_old(const MailAnswer& answer, MailRound& round) {
  const NoticeFilter queued{.state = NoticeState::queued};
  while (true) {
    KIP_TRY(const auto unit, ports_.store.begin(ports_.recorder.tenant(), Access::write));
    KIP_TRY(auto page, unit->projection().notices.page(queued, {}, kLooked));
    std::erase_if(page, [this](const NoticeRecord& record) { return !is_old(record); });  // the oldest come first
    if (page.empty()) break;
    for (const NoticeRecord& record : page) {
      retries_.erase(record.id);
      KIP_TRY_VOID(ports_.recorder.record(*unit, event_type::kNoticeBounced, kServerActor,
                                          notice_bounced_body(record.id, gave_up(answer))));
    }
    KIP_TRY_VOID(unit->commit());
    round.given_up += static_cast<std::int64_t>(page.size());
    ports_.log.write("notices.given_up", {{"notices", std::to_string(page.size())}, {"answer", answer.text}});
  }
  return {};
}

Result<void> Mailer::record_accepted(const NoticeRecord& record, const Mail& mail, const MailAnswer& answer) {
  const Acceptance accepted{
      {}, mail.message_id, sha256(mail.message), std::string(mail.envelope.to.domain()), answer.reply_code};
  return record_outcome(record, event_type::kNoticeAccepted, notice_accepted_body(record.id, accepted));
}

Result<void> Mailer::record_bounced(const NoticeRecord& record, const Bounce& bounce) {
  return record_outcome(record, event_type::kNoticeBounced, notice_bounced_body(record.id, bounce));
}

Result<void> Mailer::record_outcome(const NoticeRecord& record, std::string_view type, json::Value body) {
  retries_.erase(record.id);
  KIP_TRY(const auto unit, ports_.store.begin(ports_.recorder.tenant(), Access::write));
  KIP_TRY_VOID(ports_.recorder.record(*unit, type, kServerActor, std::move(body)));
  return unit->commit();
}

/// Twice as long after each failure, and up to a fifth more or less, so that not all come back at once.
void Mailer::put_off(Retry& retry, std::chrono::seconds first, std::chrono::seconds most) {
  std::chrono::seconds wait = doubled(first, most, retry.failures);
  const auto drawn = static_cast<unsigned char>(ports_.recorder.random().bytes(1).front());
  constexpr int kFifths = 5 * 128;
  wait += wait * (static_cast<int>(drawn) - 128) / kFifths;
  ++retry.failures;
  retry.next = ports_.recorder.now() + wait;
}

}  // namespace kip::server
