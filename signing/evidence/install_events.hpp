#pragma once

#include <string>
#include <vector>

#include <manifests/model/customer.hpp>
#include <signing/keys/key.hpp>

namespace kip {

/// The bodies of events about installs, which stand in R. Format: docs/formats/event.md. Every reader's error is
/// malformed.

/// An install is there from now on; or, of install.waiting, asks to be and waits for a person's word.
struct EnrolledInstall {
  InstallId id;
  Key key;
  TaxCode customer;
  ProductId product;
  std::string label;
  Sha256Digest code;  ///< of the secret that admitted it
};

json::Value install_enrolled_body(const EnrolledInstall& install);
Result<EnrolledInstall> read_install_enrolled(const json::Value& body);

/// An install goes on under another key, as it has said itself.
struct InstallRekeyed {
  InstallId install;
  Bytes rotation;  ///< the envelope as it came, signed by both keys: docs/formats/key-rotation.md
};

json::Value install_rekeyed_body(const InstallRekeyed& rekeyed);
Result<InstallRekeyed> read_install_rekeyed(const json::Value& body);

/// The vendor's word about an install that ends, or that is not let in.
struct InstallEnd {
  InstallId install;
  std::string reason;
};

json::Value install_end_body(const InstallEnd& end);
Result<InstallEnd> read_install_end(const json::Value& body);

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

}  // namespace kip
