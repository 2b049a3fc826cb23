#include <array>

#include <fmt/format.h>

#include <signing/config/settings.hpp>
#include <signing/evidence/trust_policy.hpp>
#include <signing/timestamp/authority_settings.hpp>
#include <signing/tuf/trusted_set.hpp>

namespace kip {
namespace {

constexpr std::uint64_t kMaxPolicy = 1U << 20U;
constexpr std::int64_t kMaxQuorum = 100;

constexpr std::array<Setting, 4> kTable = {{
    {"vendor.tenant", SettingType::text, Presence::required, {}, "The vendor's short name.", 1, 63},
    {"vendor.root",
     SettingType::path,
     Presence::required,
     {},
     "The officers' root metadata (1.root.json) that you have from the vendor by a way that you trust.",
     1,
     4096},
    {"stamps.quorum", SettingType::integer, Presence::defaulted, "1", "How many authorities must agree on a time.", 1,
     kMaxQuorum},
    {"witnesses.quorum", SettingType::integer, Presence::defaulted, "0",
     "How many witnesses must have signed the log. 0: none are asked for, and nothing is claimed of them.", 0,
     kMaxQuorum},
}};

constexpr std::array<Setting, 1> kWitness = {{
    {"witness.key", SettingType::text, Presence::required, {}, "NAME+IDENTIFIER+KEY of a witness.", 1, 1000},
}};

Result<std::vector<tlog::NoteKey>> read_witnesses(const Settings& settings) {
  std::vector<tlog::NoteKey> out;
  for (const Settings& one : settings.list("witness")) {
    auto key = tlog::NoteKey::parse(one.text("witness.key"));
    if (!key) return fail_while("[[witness]]", std::move(key).error());
    if (key->type() != tlog::NoteSignatureType::cosignature) {
      return fail(ErrorCode::usage,
                  fmt::format("[[witness]] {}: this key does not make cosignatures (type 4)", key->name()));
    }
    out.push_back(*std::move(key));
  }
  return out;
}

Unexpected too_few(std::string_view what, std::size_t there, unsigned quorum) {
  return fail(ErrorCode::usage, fmt::format("a quorum of {} cannot be reached by {} {}: nothing could ever be proven",
                                            quorum, there, what));
}

}  // namespace

Result<TrustPolicy> read_trust_policy(FileSystem& files, const std::filesystem::path& path) {
  KIP_TRY(const Bytes text, read_file(files, path, kMaxPolicy, Links::follow));
  const std::array<SettingList, 2> lists = {tsp::authority_setting_list(), SettingList{"witness", kWitness}};
  KIP_TRY(const Settings settings, Settings::parse(text, path, kTable, lists));
  KIP_TRY(TenantId tenant, TenantId::parse(settings.text("vendor.tenant")));
  KIP_TRY(Bytes root, read_file(files, settings.path("vendor.root"), tuf::Limits{}.root_bytes, Links::follow));
  TrustPolicy out{.tenant = std::move(tenant), .root = std::move(root)};
  out.quorum = static_cast<unsigned>(settings.integer("stamps.quorum"));
  out.witness_quorum = static_cast<unsigned>(settings.integer("witnesses.quorum"));
  KIP_TRY(const auto authorities, tsp::read_authorities(settings, tsp::Asked::no));
  for (const tsp::AuthoritySettings& one : authorities) {
    KIP_TRY(tsp::Authority authority, tsp::open_authority(files, one));
    out.authorities.push_back(std::move(authority));
  }
  KIP_TRY(out.witnesses, read_witnesses(settings));
  if (out.authorities.size() < out.quorum) return too_few("authorities", out.authorities.size(), out.quorum);
  if (out.witnesses.size() < out.witness_quorum) return too_few("witnesses", out.witnesses.size(), out.witness_quorum);
  return out;
}

}  // namespace kip
