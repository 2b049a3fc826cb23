#pragma once

#include <map>
#include <string>
#include <vector>

#include <manifests/core/ids.hpp>
#include <signing/evidence/log_keys.hpp>
#include <signing/keys/key_file.hpp>
#include <signing/tuf/metadata.hpp>

namespace kip {

/// What a server tells officers about the keys that it holds: "kip.online-keys/1".
struct OnlineKeys {
  TenantId tenant;
  Key timestamp;
  Key snapshot;
  Key rollouts;
  std::vector<LogAuthority> logs = {};  ///< the transparency logs as they are now
};

/// Errors: malformed.
Result<OnlineKeys> parse_online_keys(BytesView bytes);

/// What `kip repo init` is asked for.
struct RepositoryPlan {
  OnlineKeys online;
  std::vector<PublicKeyFile> officers;
  std::int64_t threshold = 2;  ///< of root, targets and every product; at least 1, at most the number of officers
  std::vector<ProductId> products;
  Instant now;
};

/// Version 1 of every offline role. Root and targets ask for `threshold` officers, so does each product's role;
/// timestamp, snapshot and the delegated role of rollouts are the server's.
struct FirstVersions {
  tuf::Root root;
  tuf::Targets targets;
  std::map<std::string, tuf::Targets> products;  ///< by role
};

/// Errors: usage where the plan cannot be.
Result<FirstVersions> first_versions(const RepositoryPlan& plan);

/// When a version of an offline role that is made now expires.
Instant next_expiry(Instant now);

}  // namespace kip
