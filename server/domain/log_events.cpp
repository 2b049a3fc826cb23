#include <limits>

#include <manifests/codec/reader.hpp>
#include <server/domain/log_events.hpp>

namespace kip::server {
namespace {

constexpr std::size_t kMaxHead = 64U << 10U;

Result<LogsRestarted::Start> read_start(const json::Value& value) {
  json::ObjectReader in(value, "log");
  LogsRestarted::Start out;
  const auto log = in.parsed("log", parse_log_name);
  out.life.number = in.integer("number", 2, std::numeric_limits<std::int64_t>::max());
  out.life.origin = in.text("origin");
  out.previous_origin = in.text("previous_origin");
  out.previous_head = in.optional_text("previous_head", kMaxHead).value_or(Bytes());
  KIP_TRY_VOID(in.finish());
  out.life.log = *log;
  return out;
}

}  // namespace

json::Value logs_restarted_body(const LogsRestarted& restarted) {
  json::Array logs;
  for (const auto& [life, previous_origin, previous_head] : restarted.logs) {
    json::Object one{{"log", to_string(life.log)},
                     {"number", life.number},
                     {"origin", life.origin},
                     {"previous_origin", previous_origin}};
    if (!previous_head.empty()) one.emplace("previous_head", previous_head);
    logs.emplace_back(std::move(one));
  }
  return json::Object{{"logs", std::move(logs)}, {"reason", restarted.reason}};
}

Result<LogsRestarted> read_logs_restarted(const json::Value& body) {
  json::ObjectReader in(body, "log.restarted");
  LogsRestarted out{in.each("logs", read_start, 2), in.text("reason")};
  KIP_TRY_VOID(in.finish());
  return out;
}

}  // namespace kip::server
