#include <algorithm>

#include <manifests/codec/reader.hpp>
#include <signing/evidence/log_keys.hpp>

namespace kip {
namespace {

constexpr std::size_t kMaxLogs = 100;
constexpr std::size_t kMaxKeys = 20;

Result<tlog::NoteKey> parse_note_key(const json::Value& value) {
  const std::string* text = value.as_text();
  if (text == nullptr) return fail(ErrorCode::malformed, "is no text");
  return tlog::NoteKey::parse(*text);
}

Result<Key> parse_entry_key(const json::Value& value) {
  return Key::parse(value);
}

template <class T, class Same>
void add_missing(std::vector<T>& to, const std::vector<T>& from, Same&& same) {
  for (const T& one : from) {
    if (std::none_of(to.begin(), to.end(), [&](const T& there) { return same(there, one); })) to.push_back(one);
  }
}

}  // namespace

const LogAuthority* LogKeys::find(std::string_view origin) const {
  const auto found =
      std::find_if(logs.begin(), logs.end(), [&](const LogAuthority& log) { return log.origin() == origin; });
  return found == logs.end() ? nullptr : &*found;
}

Result<LogAuthority> parse_log_authority(const json::Value& value) {
  json::ObjectReader in(value, "log");
  const auto log = in.parsed("log", parse_log_name);
  LogAuthority out;
  out.checkpoint_keys = in.each("checkpoint_keys", parse_note_key, kMaxKeys);
  out.entry_keys = in.each("entry_keys", parse_entry_key, kMaxKeys);
  KIP_TRY_VOID(in.finish());
  out.log = *log;
  const bool one_name =
      !out.checkpoint_keys.empty() && std::all_of(out.checkpoint_keys.begin(), out.checkpoint_keys.end(),
                                                  [&](const tlog::NoteKey& key) { return key.name() == out.origin(); });
  if (!one_name) in.refuse("checkpoint_keys", "must be one or more, all with the log's origin as their name");
  if (out.entry_keys.empty()) in.refuse("entry_keys", "must be one or more");
  KIP_TRY_VOID(in.finish());
  return out;
}

json::Value to_json(const LogAuthority& authority) {
  json::Array checkpoint_keys;
  for (const tlog::NoteKey& key : authority.checkpoint_keys)
    checkpoint_keys.emplace_back(key.text());
  json::Array entry_keys;
  for (const Key& key : authority.entry_keys)
    entry_keys.push_back(key.json());
  return json::Object{{"log", to_string(authority.log)},
                      {"checkpoint_keys", std::move(checkpoint_keys)},
                      {"entry_keys", std::move(entry_keys)}};
}

Result<LogKeys> parse_log_keys(const json::Value& value) {
  json::ObjectReader in(value, "log keys");
  in.format("kip.log-keys", 1);
  auto tenant = in.parsed("tenant", TenantId::parse);
  std::vector<LogAuthority> logs = in.each("logs", parse_log_authority, kMaxLogs);
  KIP_TRY_VOID(in.finish());
  LogKeys out{*std::move(tenant), {}};
  for (LogAuthority& log : logs) {
    if (out.find(log.origin()) != nullptr) {
      return fail(ErrorCode::malformed, "log keys: the log \"" + log.origin() + "\" stands there twice");
    }
    out.logs.push_back(std::move(log));
  }
  return out;
}

json::Value to_json(const LogKeys& keys) {
  json::Array logs;
  for (const LogAuthority& log : keys.logs)
    logs.push_back(to_json(log));
  return json::Object{{"format", "kip.log-keys/1"}, {"tenant", keys.tenant.str()}, {"logs", std::move(logs)}};
}

LogKeys joined(const LogKeys& before, const std::vector<LogAuthority>& now) {
  LogKeys out = before;
  for (const LogAuthority& log : now) {
    const auto known = std::find_if(out.logs.begin(), out.logs.end(),
                                    [&](const LogAuthority& one) { return one.origin() == log.origin(); });
    if (known == out.logs.end()) {
      out.logs.push_back(log);
      continue;
    }
    add_missing(known->checkpoint_keys, log.checkpoint_keys,
                [](const tlog::NoteKey& a, const tlog::NoteKey& b) { return a.text() == b.text(); });
    add_missing(known->entry_keys, log.entry_keys, [](const Key& a, const Key& b) { return a == b; });
  }
  return out;
}

}  // namespace kip
