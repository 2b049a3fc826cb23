#include <fmt/format.h>

#include <manifests/core/check.hpp>
#include <manifests/core/printable.hpp>
#include <manifests/deadline/phrase.hpp>
#include <manifests/model/alert.hpp>

namespace kip {
namespace {

/// {0} is the title, {1} the instant.
struct Sentence {
  AlertKind kind;
  Texts texts;
};

constexpr std::array<Sentence, 9> kSentences = {{
    {AlertKind::obligation_at_risk,
     {"At risk: {0}. The limit is {1}.", "Có nguy cơ trễ hạn: {0}. Thời hạn: {1}.", "Veszélyben: {0}. A határidő: {1}.",
      "有逾期风险：{0}。期限：{1}。"}},
    {AlertKind::obligation_missed,
     {"Missed: {0}. The limit was {1}.", "Đã trễ hạn: {0}. Thời hạn là {1}.", "Elmulasztva: {0}. A határidő {1} volt.",
      "已逾期：{0}。期限为 {1}。"}},
    {AlertKind::rollout_paused,
     {"The rollout of {0} has been paused since {1}.", "Việc phân phối {0} tạm dừng từ {1}.",
      "A következő terítése szünetel: {0}, {1} óta.", "{0} 的分发自 {1} 起暂停。"}},
    {AlertKind::authority_silent,
     {"The time stamping authority {0} has given no token since {1}.",
      "Tổ chức cấp dấu thời gian {0} không cấp dấu nào từ {1}.", "A(z) {0} időbélyegző {1} óta nem adott bélyeget.",
      "时间戳机构 {0} 自 {1} 起没有签发时间戳。"}},
    {AlertKind::metadata_expiring,
     {"The metadata of the role {0} runs out on {1}.", "Siêu dữ liệu của vai trò {0} hết hạn vào {1}.",
      "A(z) {0} szerep metaadatai lejárnak: {1}.", "角色 {0} 的元数据将于 {1} 到期。"}},
    {AlertKind::token_expiring,
     {"The token {0} ends on {1}.", "Mã truy cập {0} hết hạn vào {1}.", "A következő token lejár: {0}, {1}.",
      "令牌 {0} 将于 {1} 到期。"}},
    {AlertKind::calendar_ending,
     {"The calendar {0} ends on {1}; limits beyond it are not sure.",
      "Lịch {0} kết thúc vào {1}; các thời hạn sau ngày đó chưa chắc chắn.",
      "A(z) {0} naptár vége: {1}; az utána eső határidők bizonytalanok.", "日历 {0} 到 {1} 为止；之后的期限不确定。"}},
    {AlertKind::install_held,
     {"The computer {0}, enrolled on {1}, counts for nothing until somebody decides about it.",
      "Máy {0}, đăng ký lúc {1}, không được tính cho đến khi có người quyết định.",
      "A(z) {0} számítógép ({1} óta bejegyezve) nem számít, amíg valaki nem dönt róla.",
      "计算机 {0}（注册于 {1}）在有人作出决定之前不计入。"}},
    {AlertKind::test,
     {"This is a test; nothing has happened. Asked for by {0} at {1}.",
      "Đây là thư thử; không có sự cố nào. Người yêu cầu: {0}, lúc {1}.",
      "Ez próba, nem történt semmi. Kérte: {0}, {1}.", "这是测试，没有发生任何事。请求者：{0}，时间：{1}。"}},
}};

constexpr Texts kMany = {"{0}: {1} alerts", "{0}: {1} cảnh báo", "{0}: {1} riasztás", "{0}：{1} 个警报"};
constexpr Texts kClosing = {"Details: kip alert list. This message was written by a program.",
                            "Chi tiết: kip alert list. Thư này do chương trình tự động soạn.",
                            "Részletek: kip alert list. Ezt a levelet számítógépes program írta.",
                            "详情：kip alert list。本邮件由程序自动生成。"};
constexpr std::size_t kMaxSubject = 200;

std::string in(const Texts& texts, Language language, std::string_view first, std::string_view second) {
  return fmt::format(fmt::runtime(text_in(texts, language)), first, second);
}

std::string sentence(const Alert& alert, Language language) {
  for (const Sentence& one : kSentences) {
    if (one.kind == alert.kind)
      return in(one.texts, language, printable_line(alert.title), alert.at ? format_instant(*alert.at) : "?");
  }
  KIP_CHECK(false);
  return {};
}

}  // namespace

NoticeText render_alerts(const std::vector<Alert>& alerts, const std::string& vendor, Language language) {
  KIP_CHECK(!alerts.empty());
  NoticeText out;
  for (const Alert& alert : alerts) {
    out.body += sentence(alert, language) + "\n";
    if (!alert.detail.empty()) out.body += "  " + printable_line(alert.detail) + "\n";
  }
  out.body += "\n" + in(kClosing, language, "", "") + "\n";
  out.subject = alerts.size() == 1 ? fmt::format("{}: {}", vendor, sentence(alerts.front(), language))
                                   : in(kMany, language, vendor, std::to_string(alerts.size()));
  if (out.subject.size() > kMaxSubject)
    out.subject =
        fmt::format("{}: {} {}", vendor, to_string(alerts.front().kind), printable_line(alerts.front().subject));
  return out;
}

}  // namespace kip
