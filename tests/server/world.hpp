#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <server/domain/access.hpp>
#include <server/domain/alerts.hpp>
#include <server/domain/log_sequencer.hpp>
#include <server/domain/mailer.hpp>
#include <server/domain/notices.hpp>
#include <server/domain/people.hpp>
#include <server/domain/sign_in.hpp>
#include <server/http/api.hpp>
#include <server/http/store_gate.hpp>
#include <server/storage/folder_repository.hpp>
#include <server/storage/memory_store.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/protocol/key_rotation.hpp>
#include <signing/protocol/request_signature.hpp>
#include <signing/storage/memory_file_system.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>
#include <testing/zones.hpp>

#include "documented.hpp"

namespace kip::server::testing {

using kip::testing::fails_with;
using kip::testing::is_ok;

class SetClock final : public Clock {
 public:
  Instant now() const override { return now_; }
  void set(std::string_view text) { now_ = parse_instant(text).value(); }
  void advance(std::chrono::milliseconds by) { now_ += by; }

 private:
  Instant now_ = parse_instant("2025-10-28T02:00:00Z").value();
};

/// Octets that nobody needs to foresee, but every run has again.
class CountingRandom final : public RandomSource {
 public:
  explicit CountingRandom(std::string seed = {}) : seed_(std::move(seed)) {}
  Bytes bytes(std::size_t count) override;

 private:
  std::mutex mutex_;
  std::string seed_;
  std::uint64_t drawn_ = 0;
};

class MemoryLog final : public Log {
 public:
  void write(std::string_view event, const LogFields& fields) override;
  std::vector<std::string> lines() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

/// A body that is all there.
class TextBody final : public BodyReader {
 public:
  explicit TextBody(Bytes text) : text_(std::move(text)) {}
  Result<void> read(std::uint64_t max_bytes, const BodySink& sink) override;

 private:
  Bytes text_;
};

/// An install with its key, as the far end sees itself.
struct TestInstall {
  InstallId id;
  PrivateKey key;
};

/// A whole server without sockets: store, repository and every use case, for one tenant.
class World {
 public:
  World() : World(std::make_shared<MemoryStore>()) {}
  /// Of that tenant; worlds of several can share a store.
  explicit World(std::shared_ptr<Store> store, std::string_view tenant = "an-phat");

  /// The act 99/2025/TT-BTC, signed on 2025-10-27, and the promises of the samples, registered.
  void register_act_and_commitments();
  /// Customer 0101243150 with two seats of the product "forms".
  void import_customer();
  /// That customer, with an address.
  Customer customer(const std::string& email);
  Mailer::Ports mailer_ports(MailClient& client) { return {*store, recorder, board, client, log}; }
  /// Publishes versions of the product "forms" that serve that act, all of them listed; the last one is new.
  Result<Published> publish(const std::vector<std::string>& versions, const std::vector<Rollout>& wanted = {});
  /// Whom officers mean versions for; none of a version: everyone.
  std::map<std::string, Labels> audiences;
  /// From when on, and until when at the latest, officers let versions be forced.
  std::map<std::string, std::pair<std::optional<Instant>, std::optional<Instant>>> forces;
  /// What officers hand in for it.
  tuf::Publication publication(const std::vector<std::string>& versions);
  void upload(BytesView bytes);
  /// A code for that customer; something must be published.
  EnrolmentCode code(const std::string& label = "desk");
  Bytes enrolment_envelope(const EnrolmentCode& code, const PrivateKey& key, const std::string& label = "PC-1");
  TestInstall enrol(const std::string& label = "PC-1");
  /// Its word that it takes that key; made now.
  KeyRotation rotation(const TestInstall& install, const PrivateKey& next);
  /// Signed by both keys.
  Bytes rotation_envelope(const TestInstall& install, const PrivateKey& next);
  /// Gives the install a new key.
  void rekey(TestInstall& install);
  TestInstall enrol_by(const EnrolmentCode& by, const std::string& label);
  Receipt receipt(const TestInstall& install, std::int64_t sequence, InstallState state, std::string_view version,
                  std::optional<Sha256Digest> previous = {});
  Bytes signed_receipt(const TestInstall& install, const Receipt& receipt);
  InstallCaller caller(const TestInstall& install);
  /// What an install asks for, with an id of its own.
  ServiceRequest service_request(const TestInstall& install, ServiceKind kind);
  Bytes signed_request(const TestInstall& install, const ServiceRequest& request);
  Bytes signed_request(const TestInstall& install, ServiceKind kind);
  /// The same by telephone, from customer 0101243150.
  ServiceCall service_call(ServiceKind kind);

  /// Every answer that a test sees has to be as the OpenAPI document says.
  Response call(std::string method, std::string target, Bytes body = {}, Headers headers = {});
  /// With a staff token.
  Response staff(std::string method, std::string target, Bytes body = {});
  /// With another one.
  Response as(std::string_view token, std::string method, std::string target, Bytes body = {});
  /// The token of a member of staff with these roles, who is added.
  std::string token_of(std::string_view person, const StaffRoles& roles);
  json::Value staff_json(std::string method, std::string target, Bytes body = {});
  InstallRecord install_record(const InstallId& id);
  std::vector<std::string> event_types();

  TenantId tenant;
  ProductId product = ProductId::parse("forms").value();
  SetClock clock;
  CountingRandom random;
  MemoryLog log;
  MemoryFileSystem files;
  std::shared_ptr<Store> store;  ///< shared where a test has two tenants
  kip::testing::FixedZone zones;
  CalendarBook calendars;
  OnlineRoleKeys keys;
  std::vector<Signer> officers;
  Signer entry;
  Recorder recorder;
  Board board;
  std::unique_ptr<FolderRepository> repository;
  StaticFiles static_files;
  LogKeeping log_keeping;
  LogSequencer logs;  ///< not started
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
  RolloutOffice rollouts;
  EvidenceExport evidence;  ///< believes no authority
  StaffAccess access;
  LoginThrottle throttle;
  People people;
  SignIn sign_in;
  StoreGate gate;
  VendorHealth health;
  Services services;
  IdempotencyKeys idempotency;
  RateLimiter limiter;
  Router router;
  const Router* asked = &router;  ///< which one answers call()
  std::string token;
  std::set<std::string> seen;  ///< the answers that were given, as Documented::name() has them
};

/// The document of every server: it does not depend on what the services are.
const Documented& documented(const Services& services);

/// A path of that tenant which the route's pattern takes.
std::string path_of(const Route& route, std::string_view tenant);

json::Value parse_json(const Response& response);
std::string header(const Response& response, std::string_view name);

}  // namespace kip::server::testing
