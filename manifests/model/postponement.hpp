#pragma once

#include <string_view>

#include <manifests/codec/json.hpp>
#include <manifests/core/ids.hpp>
#include <manifests/core/instant.hpp>
#include <manifests/rollout/rollout.hpp>

namespace kip {

/// DSSE payload type of the server's word on postponement.
inline constexpr std::string_view kPostponementType = "application/vnd.kip.postponement+json";

/// What a contract says about putting updates off, and by which labels the vendor counts the install in a rollout.
/// Where nobody has said it, nothing is forced.
struct Postponement {
  bool allowed = true;         ///< people at the customer may put updates off
  bool force_allowed = false;  ///< in spite of that they are installed from a release's force-after on
  Instant said_at;             ///< by the server's clock
  Labels labels = {};

  bool operator==(const Postponement&) const = default;
};

/// The server's signed word to one install on the contract of its customer. Format: docs/formats/postponement.md,
/// "kip.postponement/1".
struct PostponementStatement {
  TenantId tenant;
  InstallId install;
  Postponement postponement;

  bool operator==(const PostponementStatement&) const = default;
};

/// Errors: malformed.
Result<PostponementStatement> parse_postponement(BytesView payload);
json::Value to_json(const PostponementStatement& statement);

}  // namespace kip
