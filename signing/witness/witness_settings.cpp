#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <signing/witness/witness_settings.hpp>

namespace kip::tlog {
namespace {

constexpr std::array<Setting, 2> kTable = {{
    {"witness.name",
     SettingType::text,
     Presence::required,
     {},
     "Name of its key, a URL without scheme as a rule: witness.example/kip. Never changes.",
     1,
     300},
    {"witness.listen", SettingType::text, Presence::defaulted, "127.0.0.1:8319",
     "Address and port; port 0 lets the system choose.", 3, 300},
}};

constexpr std::array<Setting, 2> kLog = {{
    {"log.key",
     SettingType::text,
     Presence::required,
     {},
     "NAME+IDENTIFIER+KEY by which the log signs its checkpoints. Several groups of one origin are keys of one log.",
     1,
     1000},
    {"log.origin",
     SettingType::text,
     Presence::optional,
     {},
     "The log's origin, where the key has another name.",
     1,
     1000},
}};

constexpr SettingList kLogs{"log", kLog};

Result<NoteKey> read_key(const Settings& in) {
  auto key = NoteKey::parse(in.text("log.key"));
  if (!key) return fail_while("[[log]]", std::move(key).error());
  if (key->type() == NoteSignatureType::ed25519 || key->type() == NoteSignatureType::ecdsa) return key;
  return fail(ErrorCode::usage,
              fmt::format("[[log]] {}: a log's key signs whole checkpoints (type 1 or 2)", key->name()));
}

}  // namespace

Result<WitnessSettings> read_witness_settings(BytesView text, const std::filesystem::path& file) {
  KIP_TRY(const Settings in, Settings::parse(text, file, kTable, {&kLogs, 1}));
  auto listen = parse_listen(in.text("witness.listen"));
  if (!listen) return fail_while(file.string() + ": witness.listen", std::move(listen).error());
  WitnessSettings out{in.text("witness.name"), *std::move(listen), {}};
  for (const Settings& one : in.list("log")) {
    auto key = read_key(one);
    if (!key) return fail_while(file.string(), std::move(key).error());
    const std::string origin = one.has("log.origin") ? one.text("log.origin") : key->name();
    const auto known =
        std::find_if(out.logs.begin(), out.logs.end(), [&](const WatchedLog& log) { return log.origin == origin; });
    if (known == out.logs.end()) {
      out.logs.push_back({origin, {*std::move(key)}});
    } else {
      known->keys.push_back(*std::move(key));
    }
  }
  return out;
}

std::string sample_witness_settings(const std::string& name) {
  return sample_toml(kTable, {{"witness.name", name}}, {&kLogs, 1});
}

}  // namespace kip::tlog
