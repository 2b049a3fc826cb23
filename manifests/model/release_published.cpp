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
  return json::Object{{"product", release.product.str()},    {"version", release.version.str()},
                      {"manifest", release.manifest.hex()},  {"acts", texts(release.acts)},
                      {"target", file_json(release.target)}, {"metadata", std::move(metadata)}};
}

Result<ReleasePublished> read_release_published(const json::Value& body) {
  json::ObjectReader in(body, "release.published");
  auto product = in.parsed("product", ProductId::parse);
  auto version = in.parsed("version", Version::parse);
  const auto manifest = in.parsed("manifest", Sha256Digest::parse);
  std::vector<std::string> acts = in.texts_or_empty("acts");
  const json::Value& target_json = in.object("target");
  auto metadata = in.each("metadata", read_file);
  KIP_TRY_VOID(in.finish());
  KIP_TRY(ReleasePublished::File target, read_file(target_json));
  return ReleasePublished{*std::move(product), *std::move(version), *manifest,
                          std::move(acts),     std::move(target),   std::move(metadata)};
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
