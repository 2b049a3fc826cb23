#pragma once

#include <optional>
#include <string>
#include <vector>

#include <manifests/codec/json.hpp>
#include <manifests/model/release.hpp>
#include <server/domain/obligation_records.hpp>
#include <server/domain/records.hpp>

namespace kip::server {

/// The bodies of events, written by use cases and read by the projection. Format: docs/formats/event.md.
/// Every reader's error is malformed.

json::Value code_created_body(const EnrolmentCodeRecord& code);
Result<EnrolmentCodeRecord> read_code_created(const json::Value& body);

json::Value install_enrolled_body(const InstallRecord& install);
Result<InstallRecord> read_install_enrolled(const json::Value& body, Instant enrolled);

/// One install took the place of another, which is retired by it.
struct Replacement {
  InstallId replaced;
  InstallId by;
};

json::Value install_replaced_body(const Replacement& replacement);
Result<Replacement> read_install_replaced(const json::Value& body);

enum class AlarmReason {
  code_reused,             ///< one enrolment code, two keys: the installs are held
  receipts_contradict,     ///< one sequence number, two receipts; or a chain that does not fit: it is disputed
  incarnations_alternate,  ///< an incarnation goes on after a later one began: two copies are alive; it is disputed
};

struct Alarm {
  AlarmReason reason = AlarmReason::code_reused;
  std::vector<InstallId> installs;
};

json::Value install_alarm_body(const Alarm& alarm);
Result<Alarm> read_install_alarm(const json::Value& body);

json::Value receipt_recorded_body(BytesView envelope);
/// The receipt's envelope. Its signature was verified before it was recorded.
Result<Bytes> read_receipt_recorded(const json::Value& body);

/// What became public, and by which files a client sees it.
struct ReleasePublished {
  struct File {
    std::string name;
    Sha256Digest sha256;
  };

  ProductId product;
  Version version;
  Sha256Digest manifest;
  std::vector<std::string> acts;
  File target;                 ///< its path in the role
  std::vector<File> metadata;  ///< timestamp, snapshot, targets and delegated roles as published
};

json::Value release_published_body(const ReleasePublished& release);
Result<ReleasePublished> read_release_published(const json::Value& body);

json::Value obligation_opened_body(const ObligationRecord& obligation);
Result<ObligationRecord> read_obligation_opened(const json::Value& body);

json::Value token_created_body(const TokenRecord& token);
Result<TokenRecord> read_token_created(const json::Value& body, Instant created);

}  // namespace kip::server
