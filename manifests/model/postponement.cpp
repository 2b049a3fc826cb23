#include <manifests/codec/reader.hpp>
#include <manifests/model/postponement.hpp>

namespace kip {

Result<PostponementStatement> parse_postponement(BytesView payload) {
  constexpr std::size_t kMaxPayload = 16U << 10U;
  constexpr std::size_t kMaxLabels = 100;
  KIP_TRY(const json::Value value, json::parse(payload, {.bytes = kMaxPayload}));
  json::ObjectReader in(value, "word on postponement");
  in.format("kip.postponement", 1);
  auto tenant = in.parsed("tenant", TenantId::parse);
  auto install = in.parsed("install", InstallId::parse);
  const bool allowed = in.boolean("may_postpone");
  const bool force_allowed = in.boolean("force_allowed");
  const auto said_at = in.parsed("said_at", parse_instant);
  auto labels = read_labels(in.array_or_empty("labels", kMaxLabels));
  if (!labels) in.refuse("labels", labels.error().message);
  KIP_TRY_VOID(in.finish());
  return PostponementStatement{
      *std::move(tenant), *std::move(install), {allowed, force_allowed, *said_at, *std::move(labels)}};
}

json::Value to_json(const PostponementStatement& statement) {
  json::Object out{{"format", "kip.postponement/1"},
                   {"tenant", statement.tenant.str()},
                   {"install", statement.install.str()},
                   {"may_postpone", statement.postponement.allowed},
                   {"force_allowed", statement.postponement.force_allowed},
                   {"said_at", format_instant(statement.postponement.said_at)}};
  if (!statement.postponement.labels.empty()) out["labels"] = to_json(statement.postponement.labels);
  return out;
}

}  // namespace kip
