#pragma once

#include <string>
#include <vector>

#include <manifests/model/release.hpp>

namespace kip {

/// The body of "release.published": what became public, and by which files a client sees it.
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
  Labels audience = {};        ///< whom officers meant it for; empty: everyone
};

json::Value release_published_body(const ReleasePublished& release);
/// Errors: malformed.
Result<ReleasePublished> read_release_published(const json::Value& body);

/// The body of "rollout.changed": what is open to installs from now on.
json::Value rollout_changed_body(const Rollout& rollout);
/// Errors: malformed.
Result<Rollout> read_rollout_changed(const json::Value& body);

}  // namespace kip
