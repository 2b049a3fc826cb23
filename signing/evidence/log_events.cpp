#include <limits>

#include <manifests/codec/reader.hpp>
#include <signing/evidence/log_events.hpp>

namespace kip {
namespace {

constexpr std::size_t kMaxHead = 64U << 10U;
constexpr std::size_t kMaxToken = 128U << 10U;

Result<LogsRestarted::Start> read_start(const json::Value& value) {
  json::ObjectReader in(value, "log");
  LogsRestarted::Start out;
  const auto log = in.parsed("log", parse_log_name);
  out.life.number = in.integer("number", 2, std::numeric_limits<std::int64_t>::max());
  out.life.origin = in.text("origin");
  out.previous_origin = in.text("previous_origin");
  out.previous_head = in.optional_text("previous_head", kMaxHead).value_or(Bytes());
  out.kept_head = in.optional_text("kept_head", kMaxHead).value_or(Bytes());
  KIP_TRY_VOID(in.finish());
  out.life.log = *log;
  return out;
}

}  // namespace

json::Value head_recorded_body(const tlog::Note& head) {
  return json::Object{{"log", to_string(LogName::r)}, {"checkpoint", head.bytes()}};
}

Result<tlog::Note> read_head_recorded(const json::Value& body) {
  json::ObjectReader in(body, "log.head-recorded");
  const auto log = in.parsed("log", parse_log_name);
  const std::string checkpoint = in.text("checkpoint", kMaxHead);
  KIP_TRY_VOID(in.finish());
  if (*log != LogName::r) return fail(ErrorCode::malformed, "log.head-recorded: it is a head of R that stands in O");
  return tlog::Note::parse(checkpoint);
}

json::Value timestamp_recorded_body(const TimestampRecorded& recorded) {
  return json::Object{{"checkpoint", recorded.checkpoint},
                      {"authority", recorded.authority},
                      {"token", to_base64(recorded.token)},
                      {"accuracy_us", recorded.accuracy.count()},
                      {"independent", recorded.independent}};
}

Result<TimestampRecorded> read_timestamp_recorded(const json::Value& body) {
  json::ObjectReader in(body, "timestamp.recorded");
  TimestampRecorded out;
  out.checkpoint = in.text("checkpoint", kMaxHead);
  out.authority = in.text("authority");
  const auto token = in.parsed("token", from_base64, kMaxToken);
  out.accuracy = std::chrono::microseconds(in.integer("accuracy_us", 0, std::numeric_limits<std::int64_t>::max()));
  out.independent = in.boolean("independent");
  KIP_TRY_VOID(in.finish());
  out.token = *token;
  return out;
}

json::Value logs_restarted_body(const LogsRestarted& restarted) {
  json::Array logs;
  for (const auto& [life, previous_origin, previous_head, kept_head] : restarted.logs) {
    json::Object one{{"log", to_string(life.log)},
                     {"number", life.number},
                     {"origin", life.origin},
                     {"previous_origin", previous_origin}};
    if (!previous_head.empty()) one.emplace("previous_head", previous_head);
    if (!kept_head.empty()) one.emplace("kept_head", kept_head);
    logs.emplace_back(std::move(one));
  }
  return json::Object{{"logs", std::move(logs)}, {"reason", restarted.reason}};
}

Result<LogsRestarted> read_logs_restarted(const json::Value& body) {
  json::ObjectReader in(body, "log.restarted");
  LogsRestarted out{in.each("logs", read_start, 2), in.optional_text("reason").value_or("")};
  KIP_TRY_VOID(in.finish());
  return out;
}

Result<tlog::TreeHead> tree_head_in(BytesView note) {
  KIP_TRY(const tlog::Note parsed, tlog::Note::parse(note));
  KIP_TRY(const tlog::Checkpoint checkpoint, tlog::Checkpoint::parse(parsed.text));
  return checkpoint.head;
}

Result<std::optional<NamedHead>> private_head_in(const LogEntry& entry) {
  const std::optional<NamedHead> none;
  if (entry.type == event_type::kHeadRecorded) {
    KIP_TRY(tlog::Note note, read_head_recorded(entry.body));
    return std::optional(NamedHead{std::move(note)});
  }
  if (entry.type != event_type::kLogRestarted) return none;
  KIP_TRY(const LogsRestarted restarted, read_logs_restarted(entry.body));
  for (const LogsRestarted::Start& start : restarted.logs) {
    if (start.life.log != LogName::r || start.previous_head.empty()) continue;
    KIP_TRY(tlog::Note note, tlog::Note::parse(start.shown_head()));
    NamedHead out{std::move(note), true};
    if (!start.kept_head.empty()) {
      KIP_TRY(const tlog::TreeHead end, tree_head_in(start.previous_head));
      KIP_TRY(const tlog::TreeHead kept, tree_head_in(start.kept_head));
      if (end.size > kept.size) out.lost = end.size - kept.size;
    }
    return std::optional(std::move(out));
  }
  return none;
}

}  // namespace kip
