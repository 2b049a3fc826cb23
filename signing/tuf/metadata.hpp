#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <manifests/codec/json.hpp>
#include <manifests/core/digest.hpp>
#include <manifests/core/instant.hpp>
#include <signing/keys/key.hpp>

namespace kip::tuf {

/// The names of the top-level roles.
inline constexpr std::string_view kRoot = "root";
inline constexpr std::string_view kTimestamp = "timestamp";
inline constexpr std::string_view kSnapshot = "snapshot";
inline constexpr std::string_view kTargets = "targets";

struct Signature {
  std::string key_id;
  Bytes octets;
};

/// A metadata file taken apart, nothing verified: what was signed, in the canonical form that signatures are over,
/// and the signatures. Source: TUF specification 4.2.
struct Document {
  json::Value body;
  Bytes canonical;
  std::vector<Signature> signatures;
};

/// Errors: malformed, also where one key id stands twice among the signatures; too_large.
Result<Document> parse_document(BytesView bytes, std::size_t max_bytes);

/// The bytes to publish: compact JSON of body and signatures, signatures in order of their key ids.
Bytes to_bytes(const json::Value& body, const std::vector<Signature>& signatures);

/// Keys that may sign for a role and how many must. Source: TUF specification 4.3.
struct Role {
  std::vector<std::string> key_ids;  ///< distinct
  std::int64_t threshold = 1;        ///< at least 1
};

using KeyMap = std::map<std::string, Key, std::less<>>;

/// What all roles have. `version` >= 1.
struct Header {
  std::int64_t version = 0;
  Instant expires;
};

struct Root {
  Header header;
  bool consistent_snapshot = true;
  KeyMap keys;
  std::map<std::string, Role, std::less<>> roles;  ///< holds all four top-level roles

  const Role& role(std::string_view name) const;
};

/// What one metadata file says about another. Source: TUF specification 4.4.
struct MetaFile {
  std::int64_t version = 0;
  std::optional<std::int64_t> length;         ///< octets
  std::map<std::string, std::string> hashes;  ///< algorithm -> hexadecimal; may be empty
};

struct Timestamp {
  Header header;
  MetaFile snapshot;
};

struct Snapshot {
  Header header;
  std::map<std::string, MetaFile, std::less<>> meta;  ///< by file name, "targets.json"
};

/// Source: TUF specification 4.5.
struct TargetFile {
  std::int64_t length = 0;
  std::map<std::string, std::string> hashes;  ///< algorithm -> hexadecimal; at least one
  json::Value custom;                         ///< null where absent

  bool operator==(const TargetFile&) const = default;
};

/// A role that targets metadata trusts with some paths: by patterns, or by the first hexadecimal digits of the SHA-256
/// of a path. Exactly one of the two lists is not empty in what is read. Source: TUF specification 4.5.
struct DelegatedRole {
  std::string name;
  Role role;
  std::vector<std::string> paths;
  bool terminating = false;
  std::vector<std::string> path_hash_prefixes = {};

  /// `path_hash`: the SHA-256 of the path, hexadecimal.
  bool covers(std::string_view target_path, std::string_view path_hash) const;
};

/// 2^bit_length roles ("hash bins") with the same keys, each for the paths whose SHA-256 begins with its number.
/// Source: TAP 15.
struct SuccinctRoles {
  Role role;
  int bit_length = 1;  ///< 1 to 32
  std::string name_prefix;

  /// "PREFIX-NUMBER", the number in as many hexadecimal digits as the last bin needs.
  std::string role_for(std::string_view target_path) const;
  bool holds(std::string_view role_name) const;
};

/// Where the search for a target goes on.
struct Visit {
  std::string role;
  bool terminating = false;
};

struct Targets {
  Header header;
  std::map<std::string, TargetFile, std::less<>> targets;
  KeyMap delegation_keys;
  std::vector<DelegatedRole> delegations;  ///< in order of trust; empty with succinct_roles
  std::optional<SuccinctRoles> succinct_roles;
  json::Value custom = {};  ///< of the application, at the top level of the role; null where there is none

  const DelegatedRole* delegation(std::string_view role) const;
  /// Who signs for a role that is delegated to, one of the succinct ones included; null where it is not.
  const Role* signers(std::string_view role) const;
  /// The roles that are trusted with a path, in order.
  std::vector<Visit> delegates_for(std::string_view target_path) const;
};

/// Typed readers of a document's body; each checks `_type` and `spec_version` (1.x). Errors: malformed.
Result<Root> read_root(const json::Value& body);
Result<Timestamp> read_timestamp(const json::Value& body);
Result<Snapshot> read_snapshot(const json::Value& body);
Result<Targets> read_targets(const json::Value& body);

/// The counterparts, for repositories that we write.
json::Value to_json(const Root& root);
json::Value to_json(const Timestamp& timestamp);
json::Value to_json(const Snapshot& snapshot);
json::Value to_json(const Targets& targets);

/// Shell-style: `*` and `?` do not match `/`. Source: TUF specification 4.5.
bool path_matches(std::string_view pattern, std::string_view path);

/// How a key came to be counted, for messages and summaries.
struct SignatureCount {
  std::vector<std::string> valid_key_ids;  ///< distinct keys, not distinct ids
  std::int64_t threshold = 0;

  bool enough() const { return static_cast<std::int64_t>(valid_key_ids.size()) >= threshold; }
};

/// Counts the valid signatures of distinct keys of the role. Unknown keys and invalid signatures count for nothing.
SignatureCount count_signatures(const Document& document, const KeyMap& keys, const Role& role);

/// Errors: signature, where too few are valid, naming the role and how many were. Source: TUF 5.3.4, 5.4.2 and others.
Result<void> verify_threshold(const Document& document, const KeyMap& keys, const Role& role,
                              std::string_view role_name);

}  // namespace kip::tuf
