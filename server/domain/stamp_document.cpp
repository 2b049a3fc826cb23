#include <limits>

#include <manifests/codec/reader.hpp>
#include <server/domain/stamp_document.hpp>

namespace kip::server {
namespace {

constexpr std::size_t kMaxText = 1U << 20U;
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

Instant to_instant(std::int64_t milliseconds) {
  return Instant(std::chrono::milliseconds(milliseconds));
}

std::int64_t milliseconds(Instant instant) {
  return instant.time_since_epoch().count();
}

json::Value facts_json(const tsp::StampFacts& facts) {
  return json::Object{{"token", to_base64(facts.token)},
                      {"gen_time_us", facts.gen_time.time_since_epoch().count()},
                      {"accuracy_us", facts.accuracy.count()},
                      {"identity", facts.identity.hex()},
                      {"not_after", milliseconds(facts.not_after)},
                      {"independent", facts.independent}};
}

Result<tsp::StampFacts> read_facts(const json::Value& value) {
  json::ObjectReader in(value, "token");
  auto token = in.parsed("token", from_base64, kMaxText);
  const std::int64_t gen_time = in.integer("gen_time_us", kMin, kMax);
  const std::int64_t accuracy = in.integer("accuracy_us", 0, kMax);
  const auto identity = in.parsed("identity", Sha256Digest::parse);
  const std::int64_t not_after = in.integer("not_after", kMin, kMax);
  const bool independent = in.boolean("independent");
  KIP_TRY_VOID(in.finish());
  return tsp::StampFacts{*std::move(token),
                         tsp::GenTime(std::chrono::microseconds(gen_time)),
                         std::chrono::microseconds(accuracy),
                         *identity,
                         to_instant(not_after),
                         independent};
}

}  // namespace

json::Value stamp_document(const tsp::Stamp& stamp) {
  json::Object out{{"state", tsp::to_string(stamp.state)},
                   {"next_at", milliseconds(stamp.next_at)},
                   {"failures", static_cast<std::int64_t>(stamp.failures)},
                   {"problem", stamp.problem}};
  if (stamp.request) out.emplace("request", to_base64(stamp.request->der));
  if (stamp.refusal) out.emplace("refusal", tsp::to_string(*stamp.refusal));
  if (stamp.facts) out.emplace("facts", facts_json(*stamp.facts));
  return out;
}

Result<tsp::Stamp> read_stamp_document(const Sha256Digest& subject, std::string authority, std::string_view text) {
  KIP_TRY(const json::Value value, json::parse(text));
  json::ObjectReader in(value, "stamp");
  tsp::Stamp out{.subject = subject, .authority = std::move(authority)};
  const auto state = in.parsed("state", tsp::parse_stamp_state);
  out.next_at = to_instant(in.integer("next_at", kMin, kMax));
  out.failures = static_cast<std::uint32_t>(in.integer("failures", 0, std::numeric_limits<std::uint32_t>::max()));
  out.problem = in.text("problem", kMaxText);
  const auto request = in.optional_parsed("request", from_base64, kMaxText);
  out.refusal = in.optional_parsed("refusal", tsp::parse_refusal);
  KIP_TRY_VOID(in.finish());
  out.state = *state;
  if (request) {
    KIP_TRY(out.request, tsp::Request::parse(*request));
  }
  if (const json::Value* facts = value.find("facts")) {
    KIP_TRY(out.facts, read_facts(*facts));
  }
  return out;
}

}  // namespace kip::server
