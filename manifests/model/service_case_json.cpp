#include <manifests/codec/reader.hpp>
#include <manifests/model/service_case.hpp>

namespace kip {
namespace {

constexpr std::size_t kMaxBytes = 4U << 20U;
constexpr std::size_t kMaxNote = kMaxServiceNote + 1;
constexpr json::ObjectReader::Unknown kStrict = json::ObjectReader::Unknown::refuse;

json::Value step_json(const ServiceStep& step) {
  json::Object out{{"at", format_instant(step.at)}, {"by", step.by}};
  if (!step.note.empty()) out.emplace("note", step.note);
  return out;
}

Result<ServiceStep> read_step(const json::Value& value) {
  json::ObjectReader in(value, "step");
  const auto at = in.parsed("at", parse_instant);
  std::string by = in.text("by");
  auto note = in.optional_parsed("note", parse_service_note, kMaxNote);
  KIP_TRY_VOID(in.finish(kStrict));
  return ServiceStep{*at, std::move(by), note.value_or(std::string())};
}

json::Value visit_json(const ServiceVisit& visit) {
  json::Object out{{"from", format_instant(visit.from)},
                   {"to", format_instant(visit.to)},
                   {"minutes", visit.length().count()},
                   {"by", visit.by},
                   {"recorded", format_instant(visit.recorded)}};
  if (!visit.note.empty()) out.emplace("note", visit.note);
  if (visit.signed_minutes) out.emplace("signed_minutes", visit.signed_minutes->hex());
  return out;
}

Result<ServiceVisit> read_visit(const json::Value& value) {
  json::ObjectReader in(value, "visit");
  const auto from = in.parsed("from", parse_instant);
  const auto to = in.parsed("to", parse_instant);
  in.integer("minutes", 0, INT64_MAX);
  std::string by = in.text("by");
  const auto recorded = in.parsed("recorded", parse_instant);
  auto note = in.optional_parsed("note", parse_service_note, kMaxNote);
  const auto minutes = in.optional_parsed("signed_minutes", Sha256Digest::parse);
  KIP_TRY_VOID(in.finish(kStrict));
  return ServiceVisit{*from, *to, note.value_or(std::string()), minutes, std::move(by), *recorded};
}

json::Object facts_json(const ServiceFacts& facts) {
  json::Object out{{"number", facts.number},
                   {"id", facts.id.str()},
                   {"tax_code", facts.customer.str()},
                   {"product", facts.product.str()},
                   {"kind", to_string(facts.kind)},
                   {"grade", facts.grade},
                   {"note", facts.note},
                   {"came_at", format_instant(facts.came_at)}};
  if (facts.install) out.emplace("install", facts.install->str());
  if (facts.failed) {
    out.emplace("failed", json::Object{{"version", facts.failed->version.str()}, {"error", facts.failed->error}});
  }
  if (facts.after_remote) out.emplace("after_remote", *facts.after_remote);
  if (facts.remote_failed_at) out.emplace("remote_failed_at", format_instant(*facts.remote_failed_at));
  return out;
}

Result<FailedUpdate> read_failed(const json::Value& value) {
  json::ObjectReader in(value, "failed update");
  auto version = in.parsed("version", Version::parse);
  auto error = in.parsed("error", parse_service_note, kMaxNote);
  KIP_TRY_VOID(in.finish(kStrict));
  return FailedUpdate{*std::move(version), *std::move(error)};
}

/// The members that never change; the caller finishes the reader.
Result<ServiceFacts> read_facts(json::ObjectReader& in, const json::Value& value) {
  const auto number = in.integer("number", 1, INT64_MAX);
  auto id = in.parsed("id", RequestId::parse);
  auto install = in.optional_parsed("install", InstallId::parse);
  auto customer = in.parsed("tax_code", TaxCode::parse);
  auto product = in.parsed("product", ProductId::parse);
  const auto kind = in.parsed("kind", parse_service_kind);
  const auto grade = in.integer("grade", kHeaviestGrade, kLightestGrade);
  auto note = in.parsed("note", parse_service_note, kMaxNote);
  const auto came_at = in.parsed("came_at", parse_instant);
  const bool has_failed = in.has("failed");
  const auto after_remote = in.optional_integer("after_remote", 1, INT64_MAX);
  const auto remote_failed_at = in.optional_parsed("remote_failed_at", parse_instant);
  for (const char* step : {"answered", "remote_failed", "resolved"})
    static_cast<void>(in.has(step));
  in.array_or_empty("visits");
  KIP_TRY_VOID(in.finish(kStrict));
  ServiceFacts out{number,
                   *std::move(id),
                   std::move(install),
                   *std::move(customer),
                   *std::move(product),
                   *kind,
                   static_cast<int>(grade),
                   *std::move(note),
                   {},
                   *came_at,
                   after_remote,
                   remote_failed_at};
  if (has_failed) {
    KIP_TRY(out.failed, read_failed(*value.find("failed")));
  }
  return out;
}

}  // namespace

json::Value to_json(const ServiceCase& request) {
  json::Object out = facts_json(request.facts());
  if (request.answered()) out.emplace("answered", step_json(*request.answered()));
  if (request.remote_failed()) out.emplace("remote_failed", step_json(*request.remote_failed()));
  if (request.resolved()) out.emplace("resolved", step_json(*request.resolved()));
  json::Array visits;
  for (const ServiceVisit& visit : request.visits())
    visits.push_back(visit_json(visit));
  if (!visits.empty()) out.emplace("visits", std::move(visits));
  return out;
}

Result<ServiceCase> parse_service_case(BytesView text) {
  KIP_TRY(const json::Value value, json::parse(text, {.bytes = kMaxBytes}));
  json::ObjectReader in(value, "service case");
  KIP_TRY(ServiceFacts facts, read_facts(in, value));
  ServiceCase out(std::move(facts));
  const auto take = [&](const char* name, Result<void> (ServiceCase::*happen)(ServiceStep)) -> Result<void> {
    const json::Value* step = value.find(name);
    if (step == nullptr) return {};
    KIP_TRY(ServiceStep read, read_step(*step));
    return (out.*happen)(std::move(read));
  };
  // A resolution comes last, since nothing else may follow it.
  KIP_TRY_VOID(take("answered", &ServiceCase::answer));
  KIP_TRY_VOID(take("remote_failed", &ServiceCase::fail_remote));
  KIP_TRY_VOID(take("resolved", &ServiceCase::resolve));
  json::ObjectReader visits(value, "service case");
  for (ServiceVisit& visit : visits.each("visits", read_visit))
    KIP_TRY_VOID(out.visit(std::move(visit)));
  KIP_TRY_VOID(visits.finish());
  return out;
}

}  // namespace kip
