#pragma once

#include <string>
#include <vector>

#include <client-updater/update/adopt.hpp>
#include <client-updater/update/audit.hpp>
#include <client-updater/update/by_itself.hpp>
#include <client-updater/update/databases.hpp>
#include <client-updater/update/delivery.hpp>
#include <client-updater/update/enrol.hpp>
#include <client-updater/update/key_rotation.hpp>
#include <client-updater/update/restore.hpp>
#include <client-updater/update/self_update.hpp>
#include <client-updater/update/status.hpp>
#include <client-updater/update/support.hpp>
#include <client-updater/update/updates.hpp>
#include <manifests/codec/json.hpp>

namespace kip::updater {

/// What a command has to say: lines for people, one value for machines.
struct Output {
  std::vector<std::string> lines;
  json::Object value;
};

// Pure: results in words. Members of the values: docs/formats/updater-output.md.
Output describe(const EnrolResult& result);
/// What enroll --adopt found in the folder, added to what the enrolment says.
void add_adopted(Output& output, const std::optional<Target>& adopted, const std::filesystem::path& folder);
Output describe(const RestoreResult& result, const EnrolResult& enrolled);
Output describe(const CheckResult& result);
Output describe(const UpdateResult& result);
Output describe(const RollbackResult& result);
Output describe(const AuditResult& result);
Output describe(const KeyChange& change);
Output describe(const ResumeResult& result);
Output describe(const DeferResult& result);
Output describe(const UndeferResult& result);
Output describe(const AttachResult& result);
struct DetachResult {
  AttachedDatabase database;
};
Output describe(const DetachResult& result);
Output describe(const std::vector<DatabaseStatus>& databases);
Output describe(const Status& status);
Output describe(const SelfUpdateResult& result);
/// What the vendor's log has shown an install.
Output describe_log(const State& state);
/// What came of looking at it, added to what a check or an update says: lines only where it contradicts itself.
void add_log(Output& out, const LogLook& look);
/// Nothing to say where there was nothing to deliver.
Output describe(const DeliveryResult& result);
/// Likewise of requests for service.
Output describe(const SupportResult& result);
/// "#7 remote grade 2, with the vendor since …, due before …"
std::string request_line(const KeptRequest& request);
json::Value request_json(const KeptRequest& request);

}  // namespace kip::updater
