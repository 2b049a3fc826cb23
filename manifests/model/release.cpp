#include <algorithm>

#include <fmt/format.h>

#include <manifests/codec/reader.hpp>
#include <manifests/model/release.hpp>

namespace kip {
namespace {

constexpr std::size_t kMaxDowngrades = 1000;
constexpr std::size_t kMaxLabels = 100;

std::map<std::string, std::string> read_texts(json::ObjectReader& in, std::string_view name) {
  std::map<std::string, std::string> out;
  if (!in.has(name)) return out;
  const json::Value& object = in.object(name);
  if (object.as_object() == nullptr) return out;
  for (const auto& [key, text] : *object.as_object()) {
    if (text.as_text() == nullptr) {
      in.refuse(name, "has a member that is not text");
      return {};
    }
    out[key] = *text.as_text();
  }
  return out;
}

Result<Version> parse_version(const json::Value& value) {
  if (value.as_text() == nullptr) return fail(ErrorCode::malformed, "has an item that is not text");
  return Version::parse(*value.as_text());
}

json::Value texts_json(const std::map<std::string, std::string>& texts) {
  return json::Object(texts.begin(), texts.end());
}

}  // namespace

Result<Release> parse_release(const json::Value& custom) {
  json::ObjectReader in(custom, "release");
  in.format("kip.release", 1);
  auto product = in.parsed("product", ProductId::parse);
  auto version = in.parsed("version", Version::parse);
  const auto manifest = in.parsed("manifest", Sha256Digest::parse);
  std::vector<std::string> acts = in.texts_or_empty("acts");
  auto notes = read_texts(in, "notes");
  auto floor = in.optional_parsed("floor", Version::parse);
  auto revoked = read_texts(in, "revoked");
  for (const auto& [text, reason] : revoked) {
    if (auto parsed = Version::parse(text); !parsed) in.refuse("revoked", parsed.error().message);
  }
  auto downgrade_from = in.each("downgrade_from", parse_version, kMaxDowngrades);
  const auto force_after = in.optional_parsed("force_after", parse_instant);
  const auto force_latest = in.optional_parsed("force_latest", parse_instant);
  if (force_latest && (!force_after || *force_latest < *force_after))
    in.refuse("force_latest", "needs a force_after that is not later");
  auto audience = read_labels(in.array_or_empty("audience", kMaxLabels));
  if (!audience) in.refuse("audience", audience.error().message);
  KIP_TRY_VOID(in.finish());
  return Release{*std::move(product), *std::move(version), *manifest,           std::move(acts),
                 std::move(notes),    std::move(floor),    std::move(revoked),  std::move(downgrade_from),
                 force_after,         force_latest,        *std::move(audience)};
}

json::Value to_json(const Release& release) {
  json::Object out{{"format", "kip.release/1"},
                   {"product", release.product.str()},
                   {"version", release.version.str()},
                   {"manifest", release.manifest.hex()},
                   {"acts", json::Array(release.acts.begin(), release.acts.end())},
                   {"notes", texts_json(release.notes)}};
  if (release.floor) out["floor"] = release.floor->str();
  if (release.force_after) out["force_after"] = format_instant(*release.force_after);
  if (release.force_latest) out["force_latest"] = format_instant(*release.force_latest);
  if (!release.audience.empty()) out["audience"] = to_json(release.audience);
  if (!release.revoked.empty()) out["revoked"] = texts_json(release.revoked);
  if (!release.downgrade_from.empty()) {
    json::Array versions;
    for (const Version& version : release.downgrade_from)
      versions.emplace_back(version.str());
    out["downgrade_from"] = std::move(versions);
  }
  return out;
}

std::optional<Instant> forced_from(const Release& release, const Rollout& rollout) {
  if (!release.force_after) return std::nullopt;
  const Instant chosen = std::max(*release.force_after, rollout.force_after.value_or(*release.force_after));
  return release.force_latest ? std::min(chosen, *release.force_latest) : chosen;
}

std::string release_target_path(const ProductId& product, const Version& version) {
  return fmt::format("{0}/{0}-{1}.kpk", product.str(), version.str());
}

std::string product_role(const ProductId& product) {
  return "product-" + product.str();
}

void ProductPolicy::take_in(const Release& release) {
  if (release.floor && (!floor || *floor < *release.floor)) floor = release.floor;
  revoked.insert(release.revoked.begin(), release.revoked.end());
  if (release.downgrade_from.empty()) return;
  downgrades[release.version].insert(release.downgrade_from.begin(), release.downgrade_from.end());
}

bool ProductPolicy::allows_downgrade(const Version& from, const Version& to) const {
  const auto allowed = downgrades.find(to);
  return allowed != downgrades.end() && allowed->second.contains(from);
}

const std::string* ProductPolicy::revocation(const Version& version) const {
  const auto found = std::find_if(revoked.begin(), revoked.end(), [&](const auto& item) {
    const auto parsed = Version::parse(item.first);
    return parsed && *parsed == version;
  });
  return found == revoked.end() ? nullptr : &found->second;
}

Result<void> ProductPolicy::check(const Version& version) const {
  if (floor && version < *floor) {
    return fail(ErrorCode::rollback, fmt::format("version {} is below the floor {} that the vendor's officers signed",
                                                 version.str(), floor->str()));
  }
  if (const std::string* reason = revocation(version))
    return fail(ErrorCode::rollback, fmt::format("version {} was revoked: {}", version.str(), *reason));
  return {};
}

}  // namespace kip
