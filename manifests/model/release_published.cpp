#include <manifests/codec/reader.hpp>
#include <manifests/model/release_published.hpp>

namespace kip {
namespace {

json::Array texts(const std::vector<std::string>& values) {
  return {values.begin(), values.end()};
}

json::Value file_json(const ReleasePublished::File& file) {
  return json::Object{{"name", file.name}, {"sha256", file.sha256.hex()}};
}

Result<ReleasePublished::File> read_file(const json::Value& value) {
  json::ObjectReader in(value, "file");
  std::string name = in.text("name");
  const auto sha256 = in.parsed("sha256", Sha256Digest::parse);
  KIP_TRY_VOID(in.finish());
  return ReleasePublished::File{std::move(name), *sha256};
}

}  // namespace

json::Value release_published_body(const ReleasePublished& release) {
  json::Array metadata;
  for (const ReleasePublished::File& file : release.metadata)
    metadata.push_back(file_json(file));
  json::Object out{{"product", release.product.str()},    {"version", release.version.str()},
                   {"manifest", release.manifest.hex()},  {"acts", texts(release.acts)},
                   {"target", file_json(release.target)}, {"metadata", std::move(metadata)}};
  if (!release.audience.empty()) out["audience"] = to_json(release.audience);
  return out;
}

Result<ReleasePublished> read_release_published(const json::Value& body) {
  json::ObjectReader in(body, "release.published");
  auto product = in.parsed("product", ProductId::parse);
  auto version = in.parsed("version", Version::parse);
  const auto manifest = in.parsed("manifest", Sha256Digest::parse);
  std::vector<std::string> acts = in.texts_or_empty("acts");
  const json::Value& target_json = in.object("target");
  auto metadata = in.each("metadata", read_file);
  const json::Array& labels = in.array_or_empty("audience");
  KIP_TRY_VOID(in.finish());
  KIP_TRY(ReleasePublished::File target, read_file(target_json));
  KIP_TRY(Labels audience, read_labels(labels));
  return ReleasePublished{*std::move(product), *std::move(version), *manifest,          std::move(acts),
                          std::move(target),   std::move(metadata), std::move(audience)};
}

json::Value rollout_changed_body(const Rollout& rollout) {
  return json::Object{{"rollout", to_json(rollout)}};
}

Result<Rollout> read_rollout_changed(const json::Value& body) {
  json::ObjectReader in(body, "rollout.changed");
  const json::Value& rollout = in.object("rollout");
  KIP_TRY_VOID(in.finish());
  return read_rollout(rollout);
}

}  // namespace kip
