#include <atomic>

#include <fmt/format.h>

#include <server/app/alert_watch.hpp>
#include <server/app/scheduler.hpp>
#include <server/app/tenant_inputs.hpp>
#include <server/app/tenant_service.hpp>
#include <server/app/told_failure.hpp>
#include <server/domain/cosigning.hpp>
#include <server/domain/log_sequencer.hpp>
#include <server/domain/projection.hpp>
#include <server/domain/stamping.hpp>
#include <server/http/api.hpp>
#include <server/http/store_gate.hpp>
#include <server/storage/folder_repository.hpp>
#include <signing/fetch/curl_http_client.hpp>

namespace kip::server {
namespace {

/// Also how long a clock that has jumped leaves what it made old.
constexpr std::chrono::minutes kTick(1);
/// What is recorded is published within two seconds, with a margin for the writing.
constexpr std::chrono::milliseconds kLogTick(500);
constexpr std::chrono::seconds kGuardTick(10);
constexpr std::chrono::seconds kAlertTick(5);
constexpr std::chrono::seconds kStampTick(1);
constexpr std::chrono::seconds kIssuerTick(10);
/// For one answer; others wait as long.
constexpr std::chrono::seconds kAuthorityTimeout(20);
constexpr std::chrono::seconds kWitnessTick(1);
constexpr std::chrono::seconds kWitnessTimeout(10);
constexpr std::chrono::days kWarnAhead(30);

}  // namespace

/// In the order in which each needs the ones before it; destroyed the other way round.
struct TenantService::Parts {
  Parts(const ServicePorts& ports, ServerFolder opened, CalendarBook book, std::unique_ptr<FolderRepository> repo,
        int port, std::vector<tsp::Authority> stamping)
      : log(ports.log),
        name_thread(ports.name_thread),
        clock(ports.clock),
        folder(std::move(opened)),
        calendars(std::move(book)),
        zones(system_zone_database()),
        repository(std::move(repo)),
        recorder(folder.settings.tenant, public_url(folder.settings.url, port), folder.keys.entry, ports.clock,
                 ports.random),
        board(calendars, *zones),
        registry(*folder.store, recorder, board),
        decisions(*folder.store, recorder, board),
        coverage(*folder.store, recorder),
        notices(*folder.store, recorder, vendor_name(folder.settings)),
        alerts(*folder.store, recorder, folder.settings.alerts.channels()),
        enrolment(*folder.store, recorder, folder.settings.code_life),
        receipts(*folder.store, recorder),
        service(*folder.store, recorder, board),
        publisher(*folder.store, *repository, recorder, folder.keys.roles, folder.settings.lifetimes,
                  install_limit(*folder.store, recorder.tenant(), board, ports.clock)),
        proposals(*folder.store, *repository, recorder, publisher),
        guard(*folder.store, recorder, publisher, ports.log, folder.settings.guard),
        rollouts(*folder.store, *repository, recorder, board, guard.policy()),
        access(*folder.store, recorder),
        people(*folder.store, recorder, *repository, throttle),
        sign_in({*folder.store, recorder, throttle, ports.log}, folder.settings.session_life),
        gate(*folder.store, access, ports.clock),
        static_files(ports.files, folder.settings.repository / folder.settings.tenant.str(), folder.settings.logs),
        sequencer(ports.files, *folder.store, recorder, log_keeping(folder)),
        authorities(std::move(stamping)),
        evidence({*folder.store, *repository, recorder, board, sequencer, folder.keys.entry.key}, authorities),
        health({ports.files, *folder.store, publisher, sequencer, recorder, receipts},
               {folder.settings.repository / folder.settings.tenant.str(),
                folder.settings.postgres ? std::filesystem::path() : folder.settings.database}),
        idempotency(ports.clock),
        limiter(ports.clock, folder.settings.limits),
        router(folder.settings.tenant, {gate, ports.log, idempotency, limiter},
               all_routes({*folder.store, recorder,
                           board,         registry,
                           decisions,     coverage,
                           notices,       alerts,
                           enrolment,     receipts,
                           service,       people,
                           access,        sign_in,
                           publisher,     proposals,
                           guard,         rollouts,
                           evidence,      *repository,
                           static_files,  folder.settings.max_target_bytes,
                           health,        ports.process_metrics})) {}

  /// A program that makes other tables of the same events makes them anew.
  Result<void> bring_projection_up() {
    {
      KIP_TRY(const auto unit, folder.store->begin(folder.settings.tenant, Access::read));
      KIP_TRY(const std::int64_t form, unit->projection_form());
      if (form == kProjectionForm) return {};
    }
    const auto events = rebuild(*folder.store, folder.settings.tenant, {folder.keys.entry.key.public_key()});
    if (!events) return fail_while("making the tables anew from the events", events.error());
    log.write("projection.rebuilt", {{"events", std::to_string(*events)}});
    return {};
  }

  void reconcile() {
    const auto recorded = publisher.reconcile();
    if (!recorded) {
      log.write("publication.reconcile_failed", {{"error", recorded.error().message}});
    } else if (*recorded > 0) {
      log.write("publication.reconciled", {{"releases", std::to_string(*recorded)}});
    }
  }

  Result<std::unique_ptr<MailClient>> open_mail(FileSystem& files) const {
    const MailSettings& mail = *folder.settings.mail;
    auto password = read_passphrase(files, mail.password_file);
    if (!password) return fail_while("reading the password for the mail server", password.error());
    return std::make_unique<CurlMailClient>(SmtpOptions{.host = mail.host,
                                                        .port = mail.port,
                                                        .security = mail.security,
                                                        .ca_file = mail.ca_file,
                                                        .hello = std::string(mail.mailer.sender.address.domain()),
                                                        .user = mail.user,
                                                        .password = *std::move(password)});
  }

  Result<void> prepare_alerts(FileSystem& files) {
    const AlertSettings& settings = folder.settings.alerts;
    KIP_TRY(auto webhooks, open_webhooks(files, settings.webhooks));
    std::unique_ptr<MailClient> client;
    std::vector<AlertMailOptions> addresses;
    if (!settings.mail_to.empty()) {
      KIP_TRY(client, open_mail(files));
      for (const MailAddress& to : settings.mail_to)
        addresses.push_back({folder.settings.mail->mailer.sender, to, settings.language});
    }
    alert_watch.emplace(AlertWatch::Ports{{*folder.store, recorder, board, publisher}, alerts, log},
                        std::move(webhooks), std::move(client), addresses);
    return {};
  }

  void watch_alerts() {
    alert_watch->turn([this] { return stopping.load(); });
  }

  /// Nothing where no mail server is set.
  Result<void> prepare_mail(FileSystem& files) {
    const auto& mail = folder.settings.mail;
    if (!mail) return {};
    KIP_TRY(mail_client, open_mail(files));
    mailer.emplace(Mailer::Ports{*folder.store, recorder, board, *mail_client, log}, mail->mailer);
    return {};
  }

  void send_notices() {
    const auto round = mailer->run([this] { return stopping.load(); });
    mail_failure.take(round);
    if (round && *round != MailRound{}) {
      log.write("notices.sent", {{"queued", std::to_string(round->queued)},
                                 {"accepted", std::to_string(round->accepted)},
                                 {"bounced", std::to_string(round->bounced)},
                                 {"postponed", std::to_string(round->postponed)},
                                 {"given_up", std::to_string(round->given_up)}});
    }
  }

  void publish_logs() {
    const auto published = sequencer.flush();
    if (published && log_failure.is_failing())
      log.write("logs.published_again", {{"entries", std::to_string(*published)}});
    log_failure.take(published);
  }

  /// Nothing where no authority is set.
  void prepare_stamps() {
    if (authorities.empty()) return;
    authorities_http = std::make_unique<CurlHttpClient>(CurlOptions{.total_timeout = kAuthorityTimeout});
    authority_client = std::make_unique<tsp::AuthorityClient>(*authorities_http, clock);
    const auto ask = [this](const tsp::Authority& authority, const tsp::Request& request) {
      return authority_client->ask(authority, request);
    };
    issuers_http = std::make_unique<CurlHttpClient>(CurlOptions{.total_timeout = kAuthorityTimeout});
    const auto fetch = [this](const tsp::VerifiedToken& token) { return tsp::fetch_revocation(token, *issuers_http); };
    archive.emplace(RevocationArchive::Ports{*folder.store, recorder.tenant(), fetch, clock, log}, authorities);
    stamper.emplace(Stamper::Ports{*folder.store, recorder, board, sequencer, ask, clock, log, &*archive}, authorities);
  }

  void ask_issuers() {
    const auto turn = archive->turn();
    archive_failure.take(turn);
  }

  void stamp() {
    const auto turn = stamper->turn();
    stamp_failure.take(turn);
  }

  /// Nothing where no witness is set.
  void prepare_witnesses(RandomSource& random) {
    if (folder.settings.witnesses.empty()) return;
    witnesses_http = std::make_unique<CurlHttpClient>(CurlOptions{.total_timeout = kWitnessTimeout});
    cosigning.emplace(Cosigning::Ports{*witnesses_http, sequencer, clock, random, log}, folder.settings.witnesses);
  }

  void cosign() {
    const auto turn = cosigning->turn([this] { return stopping.load(); });
    cosign_failure.take(turn);
  }

  void watch_rollouts() {
    const auto paused = guard.turn();
    guard_failure.take(paused);
  }

  void tick() {
    const auto renewed = publisher.renew();
    renewal_failure.take(renewed);
    if (renewed && *renewed) log.write("metadata.renewed", {});
    warn_of_expiry();
  }

  /// Deadlines beyond a calendar's coverage carry a warning, and people get to know in time.
  void warn_of_calendars(LegalDate today) {
    for (const Calendar* calendar : calendars.all()) {
      if (!coverage_warning(*calendar, today)) continue;
      log.write("calendar.ends_soon",
                {{"calendar", calendar->version()}, {"to", format_date(calendar->coverage().to)}});
    }
  }

  /// Once a day.
  void warn_of_expiry() {
    const auto today = std::chrono::floor<std::chrono::days>(clock.now());
    if (warned_on == today) return;
    warned_on = today;
    warn_of_calendars(today);
    const auto expiring = publisher.expiring_before(clock.now() + kWarnAhead);
    if (!expiring) {
      log.write("metadata.check_failed", {{"error", expiring.error().message}});
      return;
    }
    for (const RoleExpiry& role : *expiring)
      log.write("metadata.expires_soon", {{"role", role.role}, {"expires", format_instant(role.expires)}});
  }

  Log& log;
  std::function<void(const char*)> name_thread;
  const Clock& clock;
  std::unique_ptr<FileLock> lock;
  ServerFolder folder;
  CalendarBook calendars;
  std::unique_ptr<ZoneDatabase> zones;
  std::unique_ptr<FolderRepository> repository;
  Recorder recorder;
  Board board;
  Registry registry;
  Decisions decisions;
  CoverageRegister coverage;
  Notices notices;
  Alerts alerts;
  Enrolment enrolment;
  Receipts receipts;
  ServiceDesk service;
  Publisher publisher;
  Proposals proposals;
  RolloutGuard guard;
  ToldFailure renewal_failure{log, "metadata.renewal_failed"};  ///< only the thread kip-scheduler's
  ToldFailure guard_failure{log, "rollout.watch_failed"};       ///< only the thread kip-rollouts'
  RolloutOffice rollouts;
  StaffAccess access;
  LoginThrottle throttle;
  People people;
  SignIn sign_in;
  StoreGate gate;
  StaticFiles static_files;
  LogSequencer sequencer;
  ToldFailure log_failure{log, "logs.not_published"};  ///< only the thread kip-logs'
  std::vector<tsp::Authority> authorities;
  EvidenceExport evidence;
  std::unique_ptr<CurlHttpClient> authorities_http;
  std::unique_ptr<tsp::AuthorityClient> authority_client;
  std::unique_ptr<CurlHttpClient> issuers_http;              ///< only the thread kip-issuers'
  std::optional<RevocationArchive> archive;                  ///< none where no authority is set
  ToldFailure archive_failure{log, "stamp.archive_failed"};  ///< only the thread kip-issuers'
  std::optional<Stamper> stamper;                  ///< only the thread kip-stamps'; none where no authority is set
  ToldFailure stamp_failure{log, "stamp.failed"};  ///< the same
  std::unique_ptr<CurlHttpClient> witnesses_http;
  std::optional<Cosigning> cosigning;                 ///< only the thread kip-witnesses'; none where no witness is set
  ToldFailure cosign_failure{log, "witness.failed"};  ///< the same
  VendorHealth health;
  IdempotencyKeys idempotency;
  RateLimiter limiter;
  Router router;
  std::optional<LegalDate> warned_on;  ///< only the scheduler's
  std::unique_ptr<MailClient> mail_client;
  std::optional<Mailer> mailer;                     ///< only the thread kip-mailer's
  ToldFailure mail_failure{log, "notices.failed"};  ///< the same
  std::optional<AlertWatch> alert_watch;            ///< only the thread kip-alerts'
  std::atomic<bool> stopping = false;
  std::unique_ptr<Scheduler> scheduler;
  std::unique_ptr<Scheduler> mail_scheduler;  ///< of its own, so that a slow mail server holds up no renewal
  std::unique_ptr<Scheduler> log_publisher;
  std::unique_ptr<Scheduler> rollout_watcher;
  std::unique_ptr<Scheduler> alert_watcher;  ///< of its own, so that a slow receiver holds up nothing else
  std::unique_ptr<Scheduler> stamp_asker;
  std::unique_ptr<Scheduler> issuer_asker;   ///< of its own, so that a slow issuer holds up no stamp
  std::unique_ptr<Scheduler> witness_asker;  ///< of its own, so that a slow witness holds up no publishing
};

TenantService::TenantService(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
TenantService::~TenantService() = default;

Result<std::unique_ptr<TenantService>> TenantService::open(const ServicePorts& ports,
                                                           const std::filesystem::path& folder, ServerFolder opened,
                                                           int port) {
  auto lock = ports.files.lock(folder / kLockFile);
  if (!lock) return fail_while("starting (does a server run on this folder already?)", lock.error());
  KIP_TRY(CalendarBook calendars, load_calendars(ports.files, opened.settings.calendars));
  KIP_TRY(auto repository,
          FolderRepository::open(ports.files, opened.settings.repository / opened.settings.tenant.str()));
  KIP_TRY(auto authorities, open_authorities(ports.files, opened.settings.authorities));
  auto parts = std::make_unique<Parts>(ports, std::move(opened), std::move(calendars), std::move(repository), port,
                                       std::move(authorities));
  parts->lock = *std::move(lock);
  KIP_TRY_VOID(parts->bring_projection_up());
  KIP_TRY_VOID(parts->prepare_mail(ports.files));
  KIP_TRY_VOID(parts->prepare_alerts(ports.files));
  KIP_TRY_VOID(parts->sequencer.start());
  KIP_TRY_VOID(offer_keys(ports.files, folder, parts->folder));
  parts->prepare_stamps();
  parts->prepare_witnesses(ports.random);
  parts->reconcile();
  return std::unique_ptr<TenantService>(new TenantService(std::move(parts)));
}

const TenantId& TenantService::tenant() const {
  return parts_->folder.settings.tenant;
}

const Router& TenantService::router() const {
  return parts_->router;
}

void TenantService::start() {
  Parts* const raw = parts_.get();
  raw->folder.store->expect_prompt_answers();
  const auto begin = [raw](std::chrono::milliseconds interval, void (Parts::*task)(), const char* name) {
    return std::make_unique<Scheduler>(
        interval, [raw, task] { (raw->*task)(); }, raw->name_thread, name);
  };
  raw->log_publisher = begin(kLogTick, &Parts::publish_logs, "kip-logs");
  raw->rollout_watcher = begin(kGuardTick, &Parts::watch_rollouts, "kip-rollouts");
  raw->alert_watcher = begin(kAlertTick, &Parts::watch_alerts, "kip-alerts");
  if (raw->stamper) {
    raw->stamp_asker = begin(kStampTick, &Parts::stamp, "kip-stamps");
    raw->issuer_asker = begin(kIssuerTick, &Parts::ask_issuers, "kip-issuers");
  }
  if (raw->cosigning) raw->witness_asker = begin(kWitnessTick, &Parts::cosign, "kip-witnesses");
  raw->scheduler = begin(kTick, &Parts::tick, "kip-scheduler");
  if (raw->mailer) raw->mail_scheduler = begin(raw->folder.settings.mail->interval, &Parts::send_notices, "kip-mailer");
}

void TenantService::stop() {
  parts_->stopping = true;
  parts_->mail_scheduler.reset();
  parts_->alert_watcher.reset();
  parts_->scheduler.reset();
  parts_->witness_asker.reset();
  parts_->stamp_asker.reset();
  parts_->issuer_asker.reset();
  parts_->rollout_watcher.reset();
  parts_->log_publisher.reset();
  parts_->publish_logs();
}

}  // namespace kip::server
