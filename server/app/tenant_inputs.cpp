#include <fmt/format.h>

#include <server/app/tenant_inputs.hpp>

namespace kip::server {
namespace {

constexpr std::uint64_t kMaxText = 1U << 20U;

}  // namespace

Result<CalendarBook> load_calendars(FileSystem& files, const std::filesystem::path& folder) {
  KIP_TRY(const auto names, files.list_directory(folder));
  std::vector<std::pair<std::string, Bytes>> texts;
  for (const std::string& name : names) {
    if (!name.ends_with(".json")) continue;
    KIP_TRY(Bytes text, read_file(files, folder / name, kMaxText));
    texts.emplace_back((folder / name).string(), std::move(text));
  }
  if (texts.empty()) {
    return fail(ErrorCode::not_found,
                fmt::format("{} holds no calendar; put kip.calendar/1 files there", folder.string()));
  }
  return CalendarBook::create(texts);
}

std::string public_url(const std::string& url, int port) {
  constexpr std::string_view kAnyPort = ":0";
  if (!url.ends_with(kAnyPort)) return url;
  return url.substr(0, url.size() - 1) + std::to_string(port);
}

Result<std::vector<tsp::Authority>> open_authorities(FileSystem& files,
                                                     const std::vector<tsp::AuthoritySettings>& settings) {
  std::vector<tsp::Authority> out;
  for (const tsp::AuthoritySettings& one : settings) {
    KIP_TRY(tsp::Authority authority, tsp::open_authority(files, one));
    out.push_back(std::move(authority));
  }
  return out;
}

std::string vendor_name(const ServerSettings& settings) {
  return settings.mail ? settings.mail->mailer.sender.name : settings.tenant.str();
}

}  // namespace kip::server
