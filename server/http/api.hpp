#pragma once

#include <vector>

#include <server/domain/alerts.hpp>
#include <server/domain/coverage_register.hpp>
#include <server/domain/decisions.hpp>
#include <server/domain/enrolment.hpp>
#include <server/domain/evidence_export.hpp>
#include <server/domain/notices.hpp>
#include <server/domain/people.hpp>
#include <server/domain/proposals.hpp>
#include <server/domain/receipts.hpp>
#include <server/domain/registry.hpp>
#include <server/domain/rollout_forecast.hpp>
#include <server/domain/service_desk.hpp>
#include <server/domain/sign_in.hpp>
#include <server/domain/vendor_health.hpp>
#include <server/http/router.hpp>
#include <server/http/static_files.hpp>

namespace kip::server {

/// The use cases that the routes offer. All must outlive the routes.
struct Services {
  Store& store;
  const Recorder& recorder;
  const Board& board;
  Registry& registry;
  Decisions& decisions;
  CoverageRegister& coverage;
  Notices& notices;
  Alerts& alerts;
  Enrolment& enrolment;
  Receipts& receipts;
  ServiceDesk& service;
  People& people;
  StaffAccess& access;
  SignIn& sign_in;
  Publisher& publisher;
  Proposals& proposals;
  RolloutGuard& guard;
  RolloutOffice& rollouts;
  EvidenceExport& evidence;
  RepositoryStore& repository;
  const StaticFiles& files;
  std::uint64_t max_target_bytes;
  const VendorHealth& health;
  std::function<std::string()> process_metrics;  ///< in the text format of Prometheus
};

/// Every route of the server. Bodies and errors: docs/formats/api.md.
std::vector<Route> all_routes(const Services& services);

/// The groups that make it up.
std::vector<Route> registry_routes(const Services& services);
std::vector<Route> act_routes(const Services& services);
std::vector<Route> coverage_routes(const Services& services);
std::vector<Route> notice_routes(const Services& services);
std::vector<Route> alert_routes(const Services& services);
std::vector<Route> service_routes(const Services& services);
std::vector<Route> obligation_routes(const Services& services);
std::vector<Route> install_routes(const Services& services);
std::vector<Route> publishing_routes(const Services& services);
std::vector<Route> rollout_routes(const Services& services);
std::vector<Route> evidence_routes(const Services& services);
std::vector<Route> people_routes(const Services& services);
std::vector<Route> page_routes(const Services& services);
std::vector<Route> operations_routes(const Services& services);
std::vector<Route> open_routes(const Services& services);

}  // namespace kip::server
