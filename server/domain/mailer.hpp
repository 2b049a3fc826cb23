#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include <manifests/mail/message.hpp>
#include <server/domain/notice_planner.hpp>
#include <server/domain/recorder.hpp>
#include <signing/daemon/log.hpp>
#include <signing/fetch/mail_client.hpp>

namespace kip::server {

struct MailerOptions {
  Mailbox sender;  ///< notifications of failure go to its address
  std::optional<MailAddress> reply_to = {};
  std::set<NoticeKind> kinds = {};        ///< that are sent; none: nothing is
  Language language = Language::en;       ///< for customers of whom no language is known
  std::chrono::hours give_up_after{120};  ///< from queueing on
  std::size_t per_round = 200;            ///< mails handed over in one round
};

/// What one round has done.
struct MailRound {
  std::int64_t queued = 0;
  std::int64_t accepted = 0;
  std::int64_t bounced = 0;
  std::int64_t postponed = 0;  ///< tried, and to be tried again
  std::int64_t given_up = 0;   ///< after days in which the mail server would not have them

  bool operator==(const MailRound&) const = default;
};

/// Queues notices to customers and hands them over, in rounds. What is recorded decides what is there: a notice is
/// queued once for its subject whatever is replayed or restarted, and each is handed over until it was accepted or
/// bounced, or given up after days. A crash between the mail server's answer and our record of it sends the same mail,
/// with the same Message-ID, again. What the relay's rules forbid, and a refusal by a relay that refuses everybody,
/// says nothing of an address: the relay counts as unavailable then, and nothing bounces. A refusal that does not speak
/// of the recipient is believed only of a relay that takes the mail of others. How long who is left alone after a
/// failure is not recorded: after a restart each is tried at once. Only what happened after a kind was switched
/// on, and in the last days (as long as handing over is tried), is told: switching on starts no flood. No unit of work
/// is open while the mail server is spoken to. Not thread-safe: for one thread; other users of the store are not in its
/// way.
class Mailer {
 public:
  struct Ports {
    Store& store;
    const Recorder& recorder;
    const Board& board;
    MailClient& client;
    Log& log;
  };

  /// The ports must outlive it.
  Mailer(const Ports& ports, MailerOptions options)
      : ports_(ports), planner_(ports.board), options_(std::move(options)) {}

  /// Records which kinds are on, queues what has happened since the last round, hands over what is due. Ends early,
  /// with everything recorded, where `stopped` begins to say true. Errors: those of the store and of judge(); the next
  /// round begins where this one failed.
  Result<MailRound> run(const std::function<bool()>& stopped);

 private:
  /// When something that failed is tried again.
  struct Retry {
    int failures = 0;
    Instant next;
    std::optional<Instant> refused = {};  ///< when that was last answered without being believed
  };
  struct Mail {
    MailEnvelope envelope;
    Bytes message;
    std::string message_id;
  };

  /// For good, says the mail server; whether that is believed depends on what it says to others.
  struct Refusal {
    NoticeRecord record;
    MailAnswer answer;
    std::string address;
  };
  /// How the mail server behaves while one round is handed over.
  struct Relay {
    bool takes = false;              ///< it has taken a mail
    bool available = true;           ///< it is spoken to further
    MailAnswer last = {};            ///< its last answer
    std::vector<Refusal> held = {};  ///< before it took the first one
  };

  /// What a number of events make.
  struct Caused {
    std::map<std::int64_t, std::vector<WantedNotice>> notices = {};  ///< by the event's index
    std::int64_t last = 0;                                           ///< index of the last event
  };

  Result<void> record_switches();
  /// False where there are no more events.
  Result<bool> look_at_events(Caused& caused);
  Result<void> queue_caused(const std::function<bool()>& stopped, MailRound& round);
  Result<void> queue_endings(MailRound& round);
  Result<void> find_start(Projection& from);
  Result<std::int64_t> queue(const std::vector<WantedNotice>& wanted, std::int64_t cause);
  bool is_on(NoticeKind kind, std::int64_t index) const;
  Result<void> hand_over_all(const std::function<bool()>& stopped, MailRound& round);
  Result<void> hand_over_due(const std::function<bool()>& stopped, Relay& relay, MailRound& round);
  Result<void> hand_over(const NoticeRecord& record, const std::function<bool()>& stopped, Relay& relay,
                         MailRound& round);
  Result<std::optional<Mail>> compose(const NoticeRecord& record);
  Result<void> take_answer(const NoticeRecord& record, const Mail& mail, Relay& relay, MailRound& round);
  Result<void> take_refusal(Refusal refusal, Relay& relay, MailRound& round);
  Result<void> believe(const Refusal& refusal, MailRound& round);
  Result<void> settle(Relay& relay, MailRound& round);
  Result<void> give_up_old(const MailAnswer& answer, MailRound& round);
  bool is_old(const NoticeRecord& record) const;
  Result<void> postpone(const NoticeRecord& record, const MailAnswer& answer, MailRound& round);
  Result<void> record_accepted(const NoticeRecord& record, const Mail& mail, const MailAnswer& answer);
  Result<void> record_bounced(const NoticeRecord& record, const Bounce& bounce);
  Result<void> record_outcome(const NoticeRecord& record, std::string_view type, json::Value body);
  void put_off(Retry& retry, std::chrono::seconds first, std::chrono::seconds most);

  Ports ports_;
  NoticePlanner planner_;
  MailerOptions options_;
  std::map<NoticeKind, NoticeSwitch> switches_;
  std::optional<std::int64_t> looked_at_;  ///< the last event that was; none before the first round
  std::optional<LegalDate> endings_on_;    ///< the day on which entitlements were looked at last
  Retry server_;
  std::optional<Instant> took_at_;  ///< when the mail server took a mail last
  std::map<NoticeId, Retry> retries_;
};

}  // namespace kip::server
