#include <algorithm>
#include <iostream>

#include <fmt/format.h>

#include <manifests/core/unicode.hpp>
#include <server/app/guided_setup.hpp>
#include <server/app/server_settings.hpp>

namespace kip::server {
namespace {

/// A question in the two languages in which it is asked.
struct Question {
  const char* option;
  const char* en;
  const char* vi;
};

constexpr Question kTenant{
    "--tenant", "Short name of your company, as it will stand in addresses (a-z, 0-9 and hyphens, as in \"an-phat\")",
    "Tên ngắn của công ty, sẽ nằm trong địa chỉ (chỉ a-z, 0-9 và dấu gạch nối, ví dụ \"an-phat\")"};
constexpr Question kUrl{
    "--url",
    "Address under which your customers' computers reach this server (it stands in every code that "
    "you give them and cannot be changed easily), as in https://updates.example.vn",
    "Địa chỉ mà máy của khách hàng dùng để gọi máy chủ này (nằm trong mọi mã đăng ký, sau này khó đổi), "
    "ví dụ https://updates.example.vn"};
constexpr Question kFolder{"--dir", "Folder in which the server keeps everything",
                           "Thư mục lưu toàn bộ dữ liệu của máy chủ"};
constexpr Question kStaff{"--staff", "Short name of the first administrator (a-z, 0-9 and hyphens)",
                          "Tên ngắn của người quản trị đầu tiên (a-z, 0-9 và dấu gạch nối)"};
constexpr Question kAuthority{
    "--authority",
    "Address of a time-stamping authority (RFC 3161), whose stamps prove when something was published; empty: none "
    "yet, "
    "one can be added later",
    "Địa chỉ dịch vụ cấp dấu thời gian (RFC 3161), dùng làm bằng chứng về thời điểm công bố; để trống: chưa có, "
    "có thể thêm sau"};
constexpr Question kAuthorityRoots{"--authority-ca", "File with the root certificate of that authority (PEM)",
                                   "Tệp chứa chứng thư gốc của dịch vụ đó (PEM)"};
constexpr Question kDatabase{
    "--postgresql",
    "Database: empty for a file in the folder (right for most), or the machine or socket folder of a PostgreSQL "
    "server, "
    "as in /run/postgresql",
    "Cơ sở dữ liệu: để trống để dùng một tệp trong thư mục (phù hợp với đa số), hoặc tên máy hay thư mục socket của "
    "PostgreSQL, ví dụ /run/postgresql"};

/// One conversation. A check turns a text into a value, or says what is wrong with it.
class Conversation {
 public:
  Conversation(const Ask& ask, bool may_repeat, Language language)
      : ask_(ask), may_repeat_(may_repeat), language_(language) {}

  template <class Check>
  auto obtain(const std::string& given, const Question& question, const std::string& offered, Check&& check)
      -> decltype(check(std::string())) {
    if (!given.empty()) {
      auto value = check(given);
      if (!value) return fail_while(question.option, value.error());
      return value;
    }
    if (!ask_) {
      auto value = check(offered);
      if (!value) return fail(ErrorCode::usage, fmt::format("{} is needed", question.option));
      return value;
    }
    for (;;) {
      const char* text = language_ == Language::vi ? question.vi : question.en;
      KIP_TRY(const std::string line, ask_(fmt::format("{}{}", text, offered.empty() ? "" : " [" + offered + "]")));
      const std::string answer(trim(line));
      auto value = check(answer.empty() ? offered : answer);
      if (value || !may_repeat_) return value;
      std::cout << "  " << value.error().message << "\n";
    }
  }

 private:
  const Ask& ask_;
  bool may_repeat_;
  Language language_;
};

Result<std::string> url_or_nothing(const std::string& text) {
  if (text.empty()) return text;
  if (text.find('\\') != std::string::npos) return fail(ErrorCode::usage, "this is no URL: it has a backslash");
  return parse_public_url(text);
}

Result<std::string> any_text(const std::string& text) {
  return text;
}

Result<std::string> absolute_path(const std::string& text) {
  if (text.starts_with('/')) return text;
  return fail(ErrorCode::usage, fmt::format("\"{}\" does not begin with /: write the whole path", text));
}

Result<void> obtain_authority(FileSystem& files, const Arguments& arguments, Conversation& people, SetupPlan& plan) {
  constexpr std::uint64_t kMaxRoots = 1U << 20U;
  KIP_TRY(plan.authority.url, people.obtain(arguments.authority_url, kAuthority, "", url_or_nothing));
  if (plan.authority.url.empty()) return {};
  const auto read = [&](const std::string& path) -> Result<Bytes> {
    return read_file(files, path, kMaxRoots, Links::follow);
  };
  KIP_TRY(plan.authority.roots, people.obtain(arguments.authority_roots, kAuthorityRoots, "", read));
  return {};
}

Result<Language> obtain_language(const Arguments& arguments, const Ask& ask, bool may_repeat) {
  constexpr Question kLanguage{"--lang", "Language / Ngôn ngữ (en, vi, hu, zh)", ""};
  return Conversation(ask, may_repeat, Language::en)
      .obtain(arguments.language, kLanguage, "vi", [](const std::string& text) { return parse_language(text); });
}

}  // namespace

Result<SetupAnswers> obtain_answers(FileSystem& files, const Arguments& arguments, const Ask& ask, bool may_repeat) {
  KIP_TRY(const Language language, obtain_language(arguments, ask, may_repeat));
  Conversation people(ask, may_repeat, language);
  KIP_TRY(TenantId tenant,
          people.obtain(arguments.tenant, kTenant, "", [](const std::string& text) { return TenantId::parse(text); }));
  KIP_TRY(std::string url,
          people.obtain(arguments.url, kUrl, "", [](const std::string& text) { return parse_public_url(text); }));
  const std::string offered = fmt::format("{}/{}", kServiceState, tenant.str());
  KIP_TRY(const std::string folder, people.obtain(arguments.folder, kFolder, offered, absolute_path));
  KIP_TRY(const PersonName staff, people.obtain(arguments.staff == "admin" ? "" : arguments.staff, kStaff, "admin",
                                                [](const std::string& text) { return PersonName::parse(text); }));
  const std::string listen = arguments.listen.empty() ? "127.0.0.1:8080" : arguments.listen;
  KIP_TRY_VOID(parse_listen(listen));
  SetupPlan plan{folder, std::move(tenant), std::move(url), listen, staff.str()};
  KIP_TRY_VOID(obtain_authority(files, arguments, people, plan));
  plan.postgresql = arguments.postgresql;
  KIP_TRY(plan.postgresql["postgresql.host"],
          people.obtain(plan.postgresql["postgresql.host"], kDatabase, "", any_text));
  std::erase_if(plan.postgresql, [](const auto& one) { return one.second.empty(); });
  plan.postgresql["notices.language"] = std::string(to_string(language));
  plan.postgresql["server.behind_proxy"] = "true";
  return SetupAnswers{language, std::move(plan)};
}

Bytes with_served_folder(const Bytes& text, const std::filesystem::path& folder) {
  constexpr std::string_view kOption = "KIP_SERVER_OPTIONS=\"";
  const std::string& path = folder.string();
  const std::size_t comment = text.find("\n" + std::string(kOption));
  const std::size_t at = text.starts_with(kOption) ? 0 : comment == Bytes::npos ? comment : comment + 1;
  if (at == Bytes::npos) return text + fmt::format("{}--dir {}\"\n", kOption, path);
  const std::size_t end = text.find('"', at + kOption.size());
  if (end == Bytes::npos) return text;
  const std::string options = text.substr(at + kOption.size(), end - at - kOption.size()) + " ";
  if (options.find(" " + path + " ") != std::string::npos) return text;
  Bytes out = text;
  return out.insert(end, " --also " + path);
}

}  // namespace kip::server
