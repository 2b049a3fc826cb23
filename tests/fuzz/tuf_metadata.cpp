// TUF metadata as it comes from a server. Input: a target path, a line end, a path pattern, a line end, a document.
//   - Metadata that is accepted is read again as the same from what we write, and so are its signatures.
//   - Signatures count only for keys that the role names, each once; verify_threshold() says what they add up to.
//   - Whom a path is delegated to, the metadata names signers for.
//   - path_matches() is what its definition says.
// The document is also tried as what the updater remembers of verified metadata.

#include <algorithm>
#include <set>

#include <signing/tuf/client.hpp>
#include <signing/tuf/metadata.hpp>
#include <signing/tuf/verified.hpp>

#include "target.hpp"

namespace kip::fuzz {
namespace {

using namespace tuf;

constexpr std::size_t kMaxWritten = 1U << 20U;
constexpr std::size_t kMaxPath = 256;
/// Of one document: every check costs as many signature checks as the document has signatures.
constexpr std::size_t kMaxRoles = 8;

template <class T>
void check_written(const T& read, Result<T> (*reader)(const json::Value&)) {
  const json::Value written = to_json(read);
  const Result<T> again = reader(written);
  KIP_CHECK(again.has_value());
  KIP_CHECK(to_json(*again) == written);
}

void check_written(const Document& document) {
  const auto again = parse_document(to_bytes(document.body, document.signatures), kMaxWritten);
  KIP_CHECK(again.has_value());
  KIP_CHECK(again->canonical == document.canonical);
  KIP_CHECK(again->signatures.size() == document.signatures.size());
  for (const Signature& signature : document.signatures) {
    const auto same = [&](const Signature& s) { return s.key_id == signature.key_id && s.octets == signature.octets; };
    KIP_CHECK(std::any_of(again->signatures.begin(), again->signatures.end(), same));
  }
}

void check_threshold(const Document& document, const KeyMap& keys, const Role& role) {
  const SignatureCount count = count_signatures(document, keys, role);
  const std::set<std::string> distinct(count.valid_key_ids.begin(), count.valid_key_ids.end());
  KIP_CHECK(distinct.size() == count.valid_key_ids.size());
  for (const std::string& id : distinct) {
    KIP_CHECK(std::find(role.key_ids.begin(), role.key_ids.end(), id) != role.key_ids.end());
    KIP_CHECK(keys.contains(id));
  }
  KIP_CHECK(verify_threshold(document, keys, role, "a role").has_value() == count.enough());
  KIP_CHECK(!verify_threshold(document, {}, role, "a role").has_value());
}

void check_delegations(const Document& document, const Targets& targets, BytesView path) {
  for (const Visit& visit : targets.delegates_for(path))
    KIP_CHECK(targets.signers(visit.role) != nullptr);
  const std::size_t roles = std::min(targets.delegations.size(), kMaxRoles);
  for (std::size_t i = 0; i < roles; ++i)
    check_threshold(document, targets.delegation_keys, targets.delegations[i].role);
  if (targets.succinct_roles) check_threshold(document, targets.delegation_keys, targets.succinct_roles->role);
  if (const auto found = targets.targets.find(path); found != targets.targets.end()) {
    KIP_CHECK(target_location(path, found->second, false) == path);
    KIP_CHECK(target_location(path, found->second, true).size() > path.size());
  }
}

void check_document(const Document& document, BytesView path) {
  check_written(document);
  if (const auto root = read_root(document.body)) {
    check_written(*root, read_root);
    for (const auto& [name, role] : root->roles)
      check_threshold(document, root->keys, role);
  }
  if (const auto timestamp = read_timestamp(document.body)) check_written(*timestamp, read_timestamp);
  if (const auto snapshot = read_snapshot(document.body)) check_written(*snapshot, read_snapshot);
  if (const auto targets = read_targets(document.body)) {
    check_written(*targets, read_targets);
    check_delegations(document, *targets, path);
  }
}

void check_verified(BytesView note) {
  const auto verified = parse_verified(note);
  if (!verified) return;
  const Bytes written = to_bytes(*verified);
  const auto again = parse_verified(written);
  KIP_CHECK(again.has_value());
  KIP_CHECK(to_bytes(*again) == written);
}

/// The definition put down plainly: how much of the path each further octet of the pattern can have used up.
/// Source: TUF specification 4.5.
bool matches_by_definition(BytesView pattern, BytesView path) {
  std::vector<bool> used(path.size() + 1);
  used[0] = true;
  for (const char c : pattern) {
    std::vector<bool> next(path.size() + 1);
    for (std::size_t i = 0; i <= path.size(); ++i) {
      if (!used[i]) continue;
      if (c == '*') {
        const std::size_t slash = std::min(path.find('/', i), path.size());
        std::fill(next.begin() + static_cast<std::ptrdiff_t>(i), next.begin() + static_cast<std::ptrdiff_t>(slash) + 1,
                  true);
      } else if (i < path.size() && (path[i] == c || (c == '?' && path[i] != '/'))) {
        next[i + 1] = true;
      }
    }
    used = std::move(next);
  }
  return used[path.size()];
}

}  // namespace
}  // namespace kip::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kip;
  if (size > fuzz::kMaxInput) return -1;
  BytesView rest = fuzz::view(data, size);
  const BytesView path = fuzz::take_until(rest, '\n').substr(0, fuzz::kMaxPath);
  const BytesView pattern = fuzz::take_until(rest, '\n').substr(0, fuzz::kMaxPath);
  KIP_CHECK(tuf::path_matches(pattern, path) == fuzz::matches_by_definition(pattern, path));
  if (const auto document = tuf::parse_document(rest, fuzz::kMaxInput)) fuzz::check_document(*document, path);
  fuzz::check_verified(rest);
  return 0;
}
