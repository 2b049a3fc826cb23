#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <signing/timestamp/authority_settings.hpp>

namespace kip::tsp {
namespace {

constexpr std::string_view kDigits = "0123456789";

constexpr std::array<Setting, 7> kTable = {{
    {"authority.name", SettingType::text, Presence::required, {}, "Short: a-z, 0-9 and hyphens.", 1, 63},
    {"authority.url", SettingType::text, Presence::optional, "http://time.example/tsa",
     "Where requests of RFC 3161 are posted.", 0, 1000},
    {"authority.ca_file",
     SettingType::path,
     Presence::required,
     {},
     "The root certificates that its tokens must lead to, PEM or DER. Lists of revoked ones in it are heeded.",
     1,
     4096},
    {"authority.untrusted_file",
     SettingType::path,
     Presence::optional,
     {},
     "Certificates between, where its tokens do not bring them.",
     1,
     4096},
    {"authority.policies",
     SettingType::text,
     Presence::optional,
     {},
     "The policies that are accepted, as \"1.2.3.4 1.2.3.5\". Where it is one, it is asked for.",
     1,
     2000},
    {"authority.accuracy_ms", SettingType::integer, Presence::optional, "1000",
     "How exact its policy promises to be, where tokens do not say it. Without either they are of no use.", 0,
     86'400'000},
    {"authority.independent", SettingType::boolean, Presence::defaulted, "true", "Whether others than you run it.", 0,
     1},
}};

Unexpected wrong(std::string_view name, std::string_view why) {
  return fail(ErrorCode::usage, fmt::format("[[authority]] \"{}\": {}", name, why));
}

bool is_name(std::string_view text) {
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

bool is_url(std::string_view text) {
  return (text.starts_with("http://") || text.starts_with("https://")) &&
         text.find_first_of(" \t\r\n\"<>#") == std::string_view::npos;
}

Result<std::vector<std::string>> read_policies(std::string_view name, std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(" \t,"), text.size());
    const std::string_view policy = text.substr(0, end);
    if (!policy.empty()) {
      if (!is_policy(policy)) return wrong(name, fmt::format("\"{}\" is no policy; write it like 1.2.3.4", policy));
      out.emplace_back(policy);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

Result<AuthoritySettings> read_one(const Settings& in, Asked asked) {
  AuthoritySettings out{.name = in.text("authority.name"),
                        .url = in.has("authority.url") ? in.text("authority.url") : std::string(),
                        .ca_file = in.path("authority.ca_file")};
  if (!is_name(out.name)) return wrong(out.name, "its name may have a-z, 0-9 and hyphens only");
  if (asked == Asked::yes && !is_url(out.url)) {
    return wrong(out.name, fmt::format("\"{}\" is not a URL; write one like http://time.example/tsa", out.url));
  }
  if (in.has("authority.untrusted_file")) out.untrusted_file = in.path("authority.untrusted_file");
  if (in.has("authority.policies")) {
    KIP_TRY(out.policies, read_policies(out.name, in.text("authority.policies")));
  }
  if (in.has("authority.accuracy_ms")) out.accuracy = std::chrono::milliseconds(in.integer("authority.accuracy_ms"));
  out.independent = in.boolean("authority.independent");
  return out;
}

}  // namespace

bool is_policy(std::string_view text) {
  std::size_t numbers = 0;
  while (true) {
    const auto end = std::min(text.find('.'), text.size());
    const std::string_view number = text.substr(0, end);
    if (number.empty() || number.find_first_not_of(kDigits) != std::string_view::npos) return false;
    if (number.size() > 1 && number.front() == '0') return false;
    ++numbers;
    if (end == text.size()) return numbers > 1;
    text.remove_prefix(end + 1);
  }
}

const SettingList& authority_setting_list() {
  static constexpr SettingList kList{"authority", kTable};
  return kList;
}

Result<std::vector<AuthoritySettings>> read_authorities(const Settings& settings, Asked asked) {
  std::vector<AuthoritySettings> out;
  for (const Settings& one : settings.list("authority")) {
    KIP_TRY(AuthoritySettings read, read_one(one, asked));
    const bool twice = std::any_of(out.begin(), out.end(), [&](const auto& other) { return other.name == read.name; });
    if (twice) return wrong(read.name, "its name stands twice");
    out.push_back(std::move(read));
  }
  return out;
}

Result<Authority> open_authority(FileSystem& files, const AuthoritySettings& settings) {
  KIP_TRY(CertificateFile ca, read_certificate_file(files, settings.ca_file));
  if (ca.certificates.empty()) return wrong(settings.name, settings.ca_file.string() + " holds no certificate");
  Authority out{settings.name, settings.url, {.roots = std::move(ca.certificates)}};
  out.trust.revocation.crls = std::move(ca.crls);
  out.trust.policies = settings.policies;
  if (settings.untrusted_file) {
    KIP_TRY(CertificateFile untrusted, read_certificate_file(files, *settings.untrusted_file));
    out.trust.untrusted = std::move(untrusted.certificates);
  }
  out.accuracy = settings.accuracy;
  out.independent = settings.independent;
  return out;
}

}  // namespace kip::tsp
