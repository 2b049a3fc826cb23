#include <manifests/codec/reading.hpp>
#include <manifests/model/act.hpp>
#include <manifests/model/pack_description.hpp>

namespace kip {
namespace {

constexpr std::size_t kMaxPatterns = 1'000;

}  // namespace

Result<PackDescription> parse_pack_description(BytesView bytes) {
  KIP_TRY(const json::Value value, json::parse(bytes, {.bytes = PackDescription::kMaxBytes}));
  const auto unknown = json::unknown_members(value);
  json::ObjectReader in(value, "pack description");
  in.format("kip.pack", 1);
  PackDescription description;
  description.subject = read_subject(in, false, unknown);
  // What people typed becomes the one way of writing it.
  description.subject.acts = json::text_items(in, "acts", [](std::string_view text) -> Result<std::string> {
    KIP_TRY(const ServedAct served, ServedAct::parse(text));
    return served.str();
  });
  description.editable = json::text_items(in, "editable", PathPattern::parse, kMaxPatterns);
  description.normalize_zip = json::text_items(in, "normalize_zip", PathPattern::parse, kMaxPatterns);
  KIP_TRY_VOID(in.finish(unknown));
  return description;
}

}  // namespace kip
