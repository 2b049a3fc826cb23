#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <manifests/codec/reader.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/tuf/metadata.hpp>

namespace kip::tuf {
namespace {

constexpr std::size_t kMaxSignatures = 128;

Result<Signature> read_signature(const json::Value& value) {
  json::ObjectReader in(value, "signature");
  std::string key_id = in.text("keyid", 256);
  const std::string hex = in.text("sig", 32'768);
  KIP_TRY_VOID(in.finish());
  // A signature that is not hexadecimal is an invalid one, not a malformed file: others may still reach the threshold.
  return Signature{std::move(key_id), from_hex(hex).value_or(Bytes())};
}

/// Hexadecimal digits of the number of the last bin.
int bin_digits(int bit_length) {
  return (bit_length + 3) / 4;
}

}  // namespace

Result<Document> parse_document(BytesView bytes, std::size_t max_bytes) {
  KIP_TRY(const json::Value value, json::parse(bytes, {.bytes = max_bytes}));
  json::ObjectReader in(value, "metadata");
  Document out;
  out.body = in.object("signed");
  out.signatures = in.each("signatures", read_signature, kMaxSignatures);
  if (!in.has("signatures")) in.refuse("signatures", "is missing");
  KIP_TRY_VOID(in.finish());
  std::set<std::string> seen;
  for (const Signature& signature : out.signatures) {
    if (!seen.insert(signature.key_id).second) {
      return fail(ErrorCode::malformed, fmt::format("key id {} stands twice among the signatures", signature.key_id));
    }
  }
  out.canonical = json::to_canonical(out.body);
  return out;
}

Bytes to_bytes(const json::Value& body, const std::vector<Signature>& signatures) {
  std::map<std::string, std::string> sorted;
  for (const Signature& signature : signatures)
    sorted[signature.key_id] = to_hex(signature.octets);
  json::Array list;
  for (const auto& [key_id, hex] : sorted)
    list.push_back(json::Object{{"keyid", key_id}, {"sig", hex}});
  return json::to_compact(json::Object{{"signed", body}, {"signatures", std::move(list)}});
}

const Role& Root::role(std::string_view name) const {
  const auto found = roles.find(name);
  KIP_CHECK(found != roles.end());
  return found->second;
}

const DelegatedRole* Targets::delegation(std::string_view role) const {
  for (const DelegatedRole& candidate : delegations) {
    if (candidate.name == role) return &candidate;
  }
  return nullptr;
}

const Role* Targets::signers(std::string_view role) const {
  if (succinct_roles && succinct_roles->holds(role)) return &succinct_roles->role;
  const DelegatedRole* found = delegation(role);
  return found != nullptr ? &found->role : nullptr;
}

std::vector<Visit> Targets::delegates_for(std::string_view target_path) const {
  std::vector<Visit> out;
  if (succinct_roles) out.push_back({succinct_roles->role_for(target_path), true});
  const std::string hash = sha256(target_path).hex();
  for (const DelegatedRole& role : delegations) {
    if (role.covers(target_path, hash)) out.push_back({role.name, role.terminating});
  }
  return out;
}

bool DelegatedRole::covers(std::string_view target_path, std::string_view path_hash) const {
  if (!path_hash_prefixes.empty()) {
    return std::any_of(path_hash_prefixes.begin(), path_hash_prefixes.end(),
                       [&](const auto& prefix) { return path_hash.starts_with(prefix); });
  }
  return std::any_of(paths.begin(), paths.end(), [&](const auto& p) { return path_matches(p, target_path); });
}

std::string SuccinctRoles::role_for(std::string_view target_path) const {
  const std::uint32_t first =
      static_cast<std::uint32_t>(std::stoul(sha256(target_path).hex().substr(0, 8), nullptr, 16));
  return fmt::format("{}-{:0{}x}", name_prefix, first >> (32 - bit_length), bin_digits(bit_length));
}

bool SuccinctRoles::holds(std::string_view role_name) const {
  const auto digits = static_cast<std::size_t>(bin_digits(bit_length));
  if (role_name.size() != name_prefix.size() + 1 + digits || !role_name.starts_with(name_prefix + "-")) return false;
  const std::string_view number = role_name.substr(name_prefix.size() + 1);
  if (number.find_first_not_of("0123456789abcdef") != std::string_view::npos) return false;
  return std::stoull(std::string(number), nullptr, 16) < (std::uint64_t{1} << bit_length);
}

bool path_matches(std::string_view pattern, std::string_view path) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::optional<std::size_t> star;
  std::size_t retry = 0;
  while (t < path.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = t;
    } else if (p < pattern.size() && (pattern[p] == path[t] || (pattern[p] == '?' && path[t] != '/'))) {
      ++p;
      ++t;
    } else if (star && path[retry] != '/') {
      p = *star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

SignatureCount count_signatures(const Document& document, const KeyMap& keys, const Role& role) {
  SignatureCount out;
  out.threshold = role.threshold;
  std::vector<PublicKey> counted;
  for (const Signature& signature : document.signatures) {
    if (std::find(role.key_ids.begin(), role.key_ids.end(), signature.key_id) == role.key_ids.end()) continue;
    const auto key = keys.find(signature.key_id);
    if (key == keys.end() || !key->second.usable()) continue;
    const PublicKey& candidate = *key->second.usable();
    // One key under two ids is one signer.
    if (std::find(counted.begin(), counted.end(), candidate) != counted.end()) continue;
    if (!candidate.verify(document.canonical, signature.octets)) continue;
    counted.push_back(candidate);
    out.valid_key_ids.push_back(signature.key_id);
  }
  return out;
}

Result<void> verify_threshold(const Document& document, const KeyMap& keys, const Role& role,
                              std::string_view role_name) {
  const SignatureCount count = count_signatures(document, keys, role);
  if (count.enough()) return {};
  return fail(ErrorCode::signature, fmt::format("{} is signed by {} of the {} keys that it needs", role_name,
                                                count.valid_key_ids.size(), count.threshold));
}

}  // namespace kip::tuf
