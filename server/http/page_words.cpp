#include <cstdlib>

#include <fmt/format.h>

#include <manifests/deadline/phrase.hpp>
#include <server/http/page_words.hpp>

namespace kip::server {
namespace {

constexpr std::array<Phrase, 82> kPhrases = {{
    {"obligations-of", {"Obligations of", "Nghĩa vụ cập nhật của", "Kötelezettségek:", "更新义务："}},
    {"as-of", {"as of", "tính đến", "állapot ekkor:", "截至"}},
    {"not-proven",
     {"Times are this server's own clock: not yet independently proven.",
      "Thời gian theo đồng hồ của máy chủ này: chưa được chứng thực độc lập.",
      "Az időpontok e kiszolgáló saját órája szerintiek: függetlenül még nem igazoltak.",
      "时间取自本服务器自己的时钟：尚未经独立证明。"}},
    {"alarm",
     {"ALARM: one enrolment code was used on more than one computer. Held, and not counted; find out which is the "
      "customer's and make new codes:",
      "CẢNH BÁO: một mã đăng ký đã được dùng trên nhiều máy. Đang tạm giữ và không được tính; hãy tìm máy đúng của "
      "khách "
      "hàng và tạo mã mới:",
      "RIASZTÁS: egy regisztrációs kódot több gépen használtak. Visszatartva, nem számítanak; derítse ki, melyik az "
      "ügyfélé, és készítsen új kódokat:",
      "警报：同一注册码被用于多台电脑。已暂停且不计入；请查明哪一台属于客户，并生成新码："}},
    {"no-obligation",
     {"There is no obligation yet.", "Chưa có nghĩa vụ nào.", "Még nincs kötelezettség.", "尚无义务。"}},
    {"back", {"all obligations", "mọi nghĩa vụ", "minden kötelezettség", "全部义务"}},
    {"number", {"No.", "Số", "Sz.", "编号"}},
    {"promise", {"promise", "cam kết", "vállalás", "承诺"}},
    {"product", {"product", "sản phẩm", "termék", "产品"}},
    {"state", {"state", "trạng thái", "állapot", "状态"}},
    {"counts", {"what counts", "mốc tính", "mi számít", "计算节点"}},
    {"published", {"published", "phát hành", "közzétéve", "已发布"}},
    {"installed", {"installed", "đã cài", "telepítve", "已安装"}},
    {"due", {"due", "thời hạn", "határidő", "期限"}},
    {"before", {"before", "trước", "eddig:", "早于"}},
    {"last-day", {"last day", "ngày cuối", "utolsó nap", "最后一日"}},
    {"target", {"target, no limit", "mục tiêu, không có thời hạn", "cél, határidő nélkül", "目标，无期限"}},
    {"not-yet", {"not yet", "chưa", "még nem", "尚未"}},
    {"done", {"done", "xong", "kész", "完成"}},
    {"clock", {"clock", "đồng hồ", "óra", "计时"}},
    {"time-left", {"left", "còn", "hátravan", "剩余"}},
    {"late-by", {"late by", "trễ", "késés", "逾期"}},
    {"of", {"of", "trên", "ebből:", "共"}},
    {"customers", {"customers", "khách hàng", "ügyfelek", "客户"}},
    {"customer", {"customer", "khách hàng", "ügyfél", "客户"}},
    {"tax-code", {"tax code", "mã số thuế", "adószám", "税号"}},
    {"phone", {"phone", "điện thoại", "telefon", "电话"}},
    {"missing", {"missing", "còn thiếu", "hiányzik", "缺少"}},
    {"who-is-missing",
     {"Who is missing, and whom to phone", "Ai còn thiếu và cần gọi cho ai", "Ki hiányzik, és kit kell felhívni",
      "缺少谁，应致电给谁"}},
    {"nobody-missing", {"Nobody is missing.", "Không thiếu ai.", "Senki sem hiányzik.", "无人缺少。"}},
    {"more-rows",
     {"more; the whole list: kip obligation export --format csv",
      "nữa; danh sách đầy đủ: kip obligation export --format csv",
      "további; a teljes lista: kip obligation export --format csv",
      "条未列出；完整列表：kip obligation export --format csv"}},
    {"complete", {"complete", "đã đủ", "teljes", "完整"}},
    {"late", {"late", "trễ", "késve", "逾期"}},
    {"unknown", {"attribute unknown", "chưa rõ thuộc tính", "ismeretlen jellemző", "属性未知"}},
    {"never-enrolled", {"seat(s) never enrolled", "máy chưa từng đăng ký", "soha nem regisztrált gép", "台从未注册"}},
    {"retired", {"retired since", "đã ngừng dùng sau đó", "azóta kivonva", "此后已停用"}},
    {"retired-without",
     {"retired without it, no computer in its place", "đã ngừng dùng khi chưa có bản cập nhật, chưa có máy thay thế",
      "nélküle vonták ki, helyette nincs másik gép", "未安装即停用，且无替代电脑"}},
    {"silent-since", {"last heard of", "liên lạc lần cuối", "utoljára jelentkezett", "最后联系"}},
    {"put-off",
     {"put off by the customer since", "khách hàng hoãn từ", "az ügyfél elhalasztotta ekkor:", "客户推迟于"}},
    {"how-counted",
     {"How the limit was counted", "Cách tính thời hạn", "Hogyan számítottuk a határidőt", "期限如何计算"}},
    {"dates", {"Dates of the act", "Các ngày của văn bản", "A jogszabály dátumai", "法规日期"}},
    {"signed", {"signed", "ký", "aláírva", "发文"}},
    {"gazetted", {"gazetted", "đăng Công báo", "közlönyben megjelent", "公报公布"}},
    {"effective", {"effective", "có hiệu lực", "hatályba lép", "生效"}},
    {"confirmed-by", {"confirmed by", "người xác nhận", "megerősítette", "确认人"}},
    {"unconfirmed", {"NOT CONFIRMED", "CHƯA XÁC NHẬN", "NINCS MEGERŐSÍTVE", "未确认"}},
    {"disputed", {"DISPUTED", "CÓ TRANH CHẤP", "VITATOTT", "有争议"}},
    {"source", {"source", "nguồn", "forrás", "来源"}},
    {"clocks", {"Clocks", "Các đồng hồ", "Órák", "计时"}},
    {"blocked",
     {"an authority has not delivered since", "cơ quan nhà nước chưa cung cấp từ",
      "a hatóság nem adta ki eddig, ettől:", "主管机关尚未提供，自"}},
    {"developments", {"What has become of it", "Diễn biến sau đó", "Mi történt azóta", "后续情况"}},
    {"corrected", {"corrected", "đính chính", "helyesbítve", "更正"}},
    {"suspended", {"suspended", "ngưng hiệu lực", "felfüggesztve", "中止"}},
    {"resumed", {"in force again", "tiếp tục có hiệu lực", "újra hatályban", "恢复效力"}},
    {"withdrawn", {"withdrawn", "bãi bỏ", "visszavonva", "撤销"}},
    {"goes-on", {"the clock goes on", "thời hạn vẫn tính tiếp", "a határidő tovább fut", "期限继续计算"}},
    {"starts-anew",
     {"the clock starts anew on", "thời hạn tính lại từ", "a határidő újraindul ekkor:", "期限重新起算于"}},
    {"stops", {"the clock stops", "thời hạn dừng lại", "a határidő megáll", "期限停止计算"}},
    {"before-amendments",
     {"by the calendar before it was amended,", "theo lịch trước khi được bổ sung,",
      "a módosítás előtti naptár szerint,", "按修订前的日历"}},
    {"stopped", {"stopped on", "dừng ngày", "megállt ekkor:", "停止于"}},
    {"forecast", {"forecast", "dự báo", "előrejelzés", "预测"}},
    {"silent", {"silent for three days", "im lặng ba ngày", "három napja nem jelentkezett", "三天未联系"}},
    {"on-the-way", {"on the way", "đang cập nhật", "úton", "进行中"}},
    {"waiver", {"waived until", "được miễn đến", "mentesítve eddig:", "豁免至"}},
    {"open-requests", {"Open service requests", "Yêu cầu hỗ trợ đang mở", "Nyitott szervizkérések", "未结服务请求"}},
    {"no-request", {"No request is open.", "Không có yêu cầu nào đang mở.", "Nincs nyitott kérés.", "没有未结请求。"}},
    {"asks-for", {"request", "yêu cầu", "kérés", "请求"}},
    {"grade", {"grade", "mức", "fokozat:", "等级"}},
    {"came", {"came", "tiếp nhận", "érkezett", "提出时间"}},
    {"goes-first", {"under contract: goes first", "có hợp đồng: ưu tiên", "szerződéses: előnyben", "合同客户：优先"}},
    {"by-the-hour",
     {"beyond the contract: by the hour", "ngoài hợp đồng: tính theo giờ", "szerződésen túl: óradíjas",
      "合同之外：按小时计费"}},
    {"beyond-contract", {"beyond the contract", "ngoài hợp đồng", "szerződésen túl", "合同之外"}},
    {"more-requests",
     {"more; the whole list: kip service list --open", "yêu cầu nữa; danh sách đầy đủ: kip service list --open",
      "további; a teljes lista: kip service list --open", "条未列出；完整列表：kip service list --open"}},
    {"reinstall", {"reinstallation", "cài đặt lại", "újratelepítés", "重新安装"}},
    {"workstation", {"extra workstation", "thêm máy trạm", "további munkaállomás", "增加工作站"}},
    {"remote", {"remote help", "hỗ trợ từ xa", "távoli segítség", "远程协助"}},
    {"onsite", {"on-site help", "hỗ trợ tại chỗ", "helyszíni segítség", "上门服务"}},
    {"question", {"question", "câu hỏi", "kérdés", "咨询"}},
    {"failed-update", {"failed update", "cập nhật thất bại", "sikertelen frissítés", "更新失败"}},
    {"answered", {"answer", "trả lời", "válasz", "答复"}},
    {"resolved", {"solution", "giải quyết", "megoldás", "解决"}},
    {"visited", {"visit", "đến tận nơi", "kiszállás", "上门"}},
}};

constexpr std::array<Phrase, 20> kReasons = {{
    {"trigger-date-missing",
     {"the act lacks the date from which the period runs", "văn bản thiếu ngày bắt đầu tính thời hạn",
      "a jogszabályból hiányzik a dátum, amelytől az idő fut", "法规缺少期限起算日期"}},
    {"product-not-concerned",
     {"the act does not concern this product", "văn bản không liên quan đến sản phẩm này",
      "a jogszabály nem érinti ezt a terméket", "法规不涉及该产品"}},
    {"no-customers",
     {"no customer has this product", "không khách hàng nào có sản phẩm này", "nincs ügyfél ezzel a termékkel",
      "没有客户使用该产品"}},
    {"regime-not-concerned",
     {"the act does not concern this accounting regime:", "văn bản không liên quan đến chế độ kế toán này:",
      "a jogszabály nem érinti ezt a számviteli rendet:", "法规不涉及该会计制度："}},
    {"regime-unknown",
     {"the accounting regime is not known: judged as if the act applied", "chưa rõ chế độ kế toán: xét như có áp dụng",
      "a számviteli rend ismeretlen: úgy bíráljuk el, mintha érintené", "会计制度未知：按适用判定"}},
    {"vat-method-not-concerned",
     {"the act does not concern this VAT method:", "văn bản không liên quan đến phương pháp thuế GTGT này:",
      "a jogszabály nem érinti ezt az áfa-módot:", "法规不涉及该增值税方法："}},
    {"vat-method-unknown",
     {"the VAT method is not known: judged as if the act applied", "chưa rõ phương pháp thuế GTGT: xét như có áp dụng",
      "az áfa-mód ismeretlen: úgy bíráljuk el, mintha érintené", "增值税方法未知：按适用判定"}},
    {"trade-not-concerned",
     {"the act does not concern this trade:", "văn bản không liên quan đến ngành nghề này:",
      "a jogszabály nem érinti ezt az ágazatot:", "法规不涉及该行业："}},
    {"trade-unknown",
     {"the trade is not known: judged as if the act applied", "chưa rõ ngành nghề: xét như có áp dụng",
      "az ágazat ismeretlen: úgy bíráljuk el, mintha érintené", "行业未知：按适用判定"}},
    {"not-promised",
     {"this promise is not made to this customer", "cam kết này không dành cho khách hàng này",
      "ezt a vállalást ennek az ügyfélnek nem tettük", "未向该客户作出此承诺"}},
    {"contract-ended", {"not entitled since", "hết quyền hưởng từ", "nem jogosult ettől:", "自此日起无权："}},
    {"contract-not-begun", {"entitled only from", "chỉ được hưởng từ", "csak ettől jogosult:", "自此日起方有权："}},
    {"before-obligations",
     {"the contract counts acts only from", "hợp đồng chỉ tính văn bản từ",
      "a szerződés csak ettől számít:", "合同仅计自此日起的法规："}},
    {"date-unconfirmed",
     {"no second person has confirmed the date from which the period runs",
      "chưa có người thứ hai xác nhận ngày bắt đầu tính", "második személy még nem erősítette meg a kezdő dátumot",
      "起算日期尚未经第二人确认"}},
    {"date-disputed",
     {"sources disagree about the date; the earliest is shown",
      "các nguồn không thống nhất về ngày; hiện ngày sớm nhất", "a források eltérnek; a legkorábbi látható",
      "各来源日期不一致；显示最早者"}},
    {"act-suspended",
     {"the act was suspended before the limit", "văn bản bị ngưng hiệu lực trước thời hạn",
      "a jogszabályt a határidő előtt felfüggesztették", "法规在期限前被中止"}},
    {"act-withdrawn",
     {"the act was withdrawn before the limit", "văn bản bị bãi bỏ trước thời hạn",
      "a jogszabályt a határidő előtt visszavonták", "法规在期限前被撤销"}},
    {"waived",
     {"waived when the limit passed", "được miễn khi hết hạn", "a határidőkor mentesítve volt", "期限届满时已豁免"}},
    {"blocked-upstream",
     {"an authority had not delivered when the limit passed", "cơ quan nhà nước chưa cung cấp khi hết hạn",
      "a határidőkor a hatóság még nem adta ki", "期限届满时主管机关尚未提供"}},
    {"delayed-by-customer",
     {"what came late had been put off by the customer", "phần trễ là do khách hàng đã hoãn",
      "ami késett, azt az ügyfél halasztotta el", "逾期部分系客户推迟"}},
}};

struct LengthWords {
  std::string_view day;
  std::string_view days;
  std::string_view hours;
  std::string_view minutes;
};

LengthWords length_words(Language language) {
  switch (language) {
    case Language::en:
      return {"day", "days", "h", "min"};
    case Language::vi:
      return {"ngày", "ngày", "giờ", "phút"};
    case Language::hu:
      return {"nap", "nap", "óra", "perc"};
    case Language::zh:
      return {"天", "天", "小时", "分钟"};
  }
  KIP_CHECK(false);
  return {};
}

}  // namespace

std::string_view PageWords::operator()(std::string_view code) const {
  return find_phrase(kPhrases, code, language_);
}

std::string_view PageWords::state(ObligationState state) const {
  return state_words(to_string(state), language_);
}

std::string_view PageWords::state(ServiceState state) const {
  return state_words(to_string(state), language_);
}

std::string PageWords::reason(std::string_view reason, std::string_view detail) const {
  return fmt::format("{}{}{}", find_phrase(kReasons, reason, language_), detail.empty() ? "" : " ", detail);
}

std::string PageWords::length(std::chrono::milliseconds length) const {
  const LengthWords words = length_words(language_);
  const auto minutes = std::chrono::floor<std::chrono::minutes>(length).count();
  const auto days = minutes / (24 * 60);
  const auto hours = minutes / 60 % 24;
  if (days > 0) return fmt::format("{} {} {} {}", days, days == 1 ? words.day : words.days, hours, words.hours);
  if (hours > 0) return fmt::format("{} {} {} {}", hours, words.hours, minutes % 60, words.minutes);
  return fmt::format("{} {}", minutes, words.minutes);
}

bool has_all_words() {
  return is_whole(kPhrases) && is_whole(kReasons);
}

std::string utc_words(Instant instant) {
  std::string text = format_instant(std::chrono::floor<std::chrono::seconds>(instant));
  text.replace(text.find('T'), 1, " ");
  text.replace(text.find('Z'), 1, " UTC");
  return text;
}

std::string local_words(Instant instant, std::chrono::seconds utc_offset) {
  const std::string text = format_instant(std::chrono::floor<std::chrono::minutes>(instant + utc_offset));
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(utc_offset).count();
  return fmt::format("{} {} (UTC{}{:02}:{:02})", text.substr(0, 10), text.substr(11, 5), minutes < 0 ? '-' : '+',
                     std::abs(minutes) / 60, std::abs(minutes) % 60);
}

}  // namespace kip::server
