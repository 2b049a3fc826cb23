#include <map>

#include <fmt/format.h>

#include <manifests/core/check.hpp>
#include <manifests/core/printable.hpp>
#include <manifests/deadline/explain.hpp>
#include <manifests/deadline/phrase.hpp>
#include <manifests/model/notice.hpp>

namespace kip {
namespace {

/// {name} is an argument.
constexpr std::array<Phrase, 28> kPhrases = {{
    {"greeting", {"To {customer},", "Kính gửi {customer},", "Tisztelt {customer}!", "尊敬的{customer}："}},
    {"closing",
     {"This message was written by a program.", "Thư này do chương trình tự động soạn.",
      "Ezt a levelet számítógépes program írta.", "本邮件由程序自动生成。"}},
    {"listed-act",
     {"- {number} ({issuer})", "- {number} ({issuer})", "- {number} ({issuer})", "- {number}（{issuer}）"}},
    {"act.subject",
     {"{product}: new act {number} ({issuer})", "{product}: văn bản mới {number} ({issuer})",
      "{product}: új jogszabály, {number} ({issuer})", "{product}：新文件 {number}（{issuer}）"}},
    {"act.what",
     {"We have registered the act {number} ({issuer}), signed on {signed}. By what we know about you it concerns your "
      "product {product}.",
      "Chúng tôi đã ghi nhận văn bản {number} ({issuer}), ban hành ngày {signed}. Theo thông tin chúng tôi có về quý "
      "khách, văn bản này liên quan đến sản phẩm {product} mà quý khách đang dùng.",
      "Nyilvántartásba vettük a következő jogszabályt: {number} ({issuer}), aláírás napja: {signed}. Az Önökről ismert "
      "adatok szerint érinti az Önök által használt terméket ({product}).",
      "我们已登记文件 {number}（{issuer}），发文日期：{signed}。根据我们掌握的信息，该文件与贵方使用的产品 {product} "
      "有关。"}},
    {"act.title", {"Title: {title}", "Trích yếu: {title}", "Cím: {title}", "标题：{title}"}},
    {"act.effective",
     {"It takes effect on {effective}.", "Văn bản có hiệu lực từ ngày {effective}.",
      "Hatálybalépés napja: {effective}.", "生效日期：{effective}。"}},
    {"published-by",
     {"By our promise the update for it is to be published on {published} at the latest.",
      "Theo cam kết của chúng tôi, bản cập nhật được phát hành chậm nhất vào ngày {published}.",
      "Vállalásunk szerint a frissítés közzétételének utolsó napja: {published}.",
      "按照我们的承诺，相应更新最迟于{published}发布。"}},
    {"installed-by",
     {"By our promise the update is to be installed on your computers on {installed} at the latest.",
      "Theo cam kết của chúng tôi, bản cập nhật được cài trên các máy của quý khách chậm nhất vào ngày {installed}.",
      "Vállalásunk szerint a frissítés telepítésének utolsó napja az Önök gépein: {installed}.",
      "按照我们的承诺，更新最迟于{installed}安装到贵方的电脑上。"}},
    {"act.do",
     {"You need not do anything now. Please keep the computers that have the updater switched on and connected during "
      "working hours, so that they can receive the update.",
      "Hiện quý khách chưa phải làm gì. Xin vui lòng bật và kết nối mạng các máy có chương trình cập nhật trong giờ "
      "làm "
      "việc để nhận bản cập nhật.",
      "Most nincs teendőjük. Kérjük, hogy a frissítőprogrammal ellátott gépek munkaidőben legyenek bekapcsolva, és "
      "csatlakozzanak a hálózathoz, hogy a frissítést megkaphassák.",
      "贵方目前无需任何操作。请在工作时间保持装有更新程序的电脑开机并联网，以便接收更新。"}},
    {"release.subject",
     {"{product} {version} has been published", "{product} {version} đã được phát hành",
      "{product} {version}: megjelent a frissítés", "{product} {version} 已发布"}},
    {"release.what",
     {"Version {version} of {product} has been published. It serves:",
      "Phiên bản {version} của {product} đã được phát hành, phục vụ các văn bản sau:",
      "Közzétettük a következő verziót: {product} {version}. Ezeket a jogszabályokat követi:",
      "{product} {version} 版已发布，适用于以下文件："}},
    {"release.do",
     {"Your computers fetch it by themselves once its distribution reaches them; please leave them switched on. "
      "Computers without access to the internet need the update as a file, which you can get from us.",
      "Các máy của quý khách sẽ tự tải về khi đến lượt phân phối; xin vui lòng để máy bật. Máy không có internet cần "
      "nhận "
      "bản cập nhật dưới dạng tệp từ chúng tôi.",
      "A gépek maguktól letöltik, amint a terítés eléri őket; kérjük, hagyják bekapcsolva a gépeket. Az "
      "internetkapcsolat "
      "nélküli gépekre a frissítést fájlban kell eljuttatni; a fájlt tőlünk kérhetik.",
      "轮到分发时，贵方的电脑会自动下载；请保持电脑开机。不能上网的电脑需要更新文件，可向我们索取。"}},
    {"applied.subject",
     {"{product} {version} is installed on {computers} of {seats} computers",
      "{product} {version} đã được cài trên {computers}/{seats} máy",
      "{product} {version} telepítve: {computers} / {seats} gép",
      "{product} {version} 已安装：{computers}/{seats} 台"}},
    {"applied.what",
     {"Computers that have reported version {version} of {product} as installed: {computers}. Computers in your "
      "contract: {seats}.",
      "Số máy đã báo cài xong phiên bản {version} của {product}: {computers}. Số máy theo hợp đồng: {seats}.",
      "A következő verziót telepítettként jelentő gépek ({product} {version}): {computers}. A szerződés szerinti gépek "
      "száma: {seats}.",
      "已报告安装 {product} {version} 版的电脑：{computers} 台。合同约定的电脑：{seats} 台。"}},
    {"applied.rest",
     {"Please switch on the other computers as well, so that they can be updated.",
      "Xin vui lòng bật cả các máy còn lại để chúng cũng được cập nhật.",
      "Kérjük, kapcsolják be a többi gépet is, hogy azok is frissülhessenek.",
      "请将其余电脑也开机，以便它们得到更新。"}},
    {"applied.all",
     {"You need not do anything.", "Quý khách không phải làm gì.", "Nincs teendőjük.", "贵方无需任何操作。"}},
    {"failed.subject",
     {"{product} {version} is not installed on one of your computers", "{product} {version}: có máy chưa cài được",
      "{product} {version}: egy gépen nem sikerült a telepítés", "{product} {version}：有一台电脑未能安装"}},
    {"failed.what",
     {"One of your computers has reported that version {version} of {product} is not installed: {state}.",
      "Một máy của quý khách báo rằng phiên bản {version} của {product} chưa được cài: {state}.",
      "Az Önök egyik gépe jelentette, hogy a következő verzió nincs telepítve: {product} {version}. Állapot: {state}.",
      "贵方的一台电脑报告未能安装 {product} {version} 版：{state}。"}},
    {"failed.do",
     {"Please leave the computer switched on. If the program does not work as usual, or if the updater still shows the "
      "problem on the next working day, please contact us.",
      "Xin vui lòng để máy bật. Nếu phần mềm không hoạt động như thường lệ, hoặc đến ngày làm việc tiếp theo chương "
      "trình "
      "cập nhật vẫn báo sự cố, xin liên hệ với chúng tôi.",
      "Kérjük, hagyják bekapcsolva a gépet. Ha a program nem a megszokott módon működik, vagy ha a frissítőprogram a "
      "következő munkanapon is hibát jelez, kérjük, forduljanak hozzánk.",
      "请保持该电脑开机。如果程序不能正常使用，或者更新程序在下一个工作日仍提示问题，请与我们联系。"}},
    {"state.failed", {"the update failed", "cập nhật thất bại", "a frissítés nem sikerült", "更新失败"}},
    {"state.rejected",
     {"the update was refused before anything was changed", "bản cập nhật bị từ chối trước khi có thay đổi nào",
      "a gép elutasította a frissítést, mielőtt bármi megváltozott volna", "更新在作出任何更改之前被拒绝"}},
    {"state.rolled_back",
     {"the computer went back to its earlier version", "máy đã trở về phiên bản trước",
      "a gép visszatért a korábbi verzióra", "电脑已恢复到先前的版本"}},
    {"state.held",
     {"the update stopped halfway, and a person has to look at the computer",
      "cập nhật dừng giữa chừng và cần có người kiểm tra máy",
      "a frissítés félbeszakadt, és valakinek meg kell néznie a gépet", "更新中途停止，需要人工检查该电脑"}},
    {"ending.subject",
     {"{product}: your entitlement to updates ends on {last}", "{product}: quyền được cập nhật hết hạn ngày {last}",
      "{product}: a frissítési jogosultság utolsó napja {last}", "{product}：升级权限将于{last}到期"}},
    {"ending.what",
     {"Your entitlement to updates of {product} ends on {last}; that day is included.",
      "Quyền được cập nhật {product} của quý khách có hiệu lực đến hết ngày {last}.",
      "Az Önök frissítési jogosultságának utolsó napja ({product}): {last}. Ez a nap még beletartozik.",
      "贵方对 {product} 的升级权限有效期至{last}（含当日）。"}},
    {"ending.do",
     {"If you want to go on receiving updates, please contact us before then.",
      "Nếu muốn tiếp tục nhận cập nhật, xin liên hệ với chúng tôi trước khi hết hạn.",
      "Ha továbbra is kérik a frissítéseket, kérjük, addig vegyék fel velünk a kapcsolatot.",
      "如需继续接收更新，请在到期前与我们联系。"}},
    {"sender", {"{vendor}", "{vendor}", "{vendor}", "{vendor}"}},
}};

using Arguments = std::map<std::string_view, std::string>;

/// The phrase with its arguments. What stands in an argument is text, whatever it looks like.
std::string fill(std::string_view text, const Arguments& arguments) {
  std::string out;
  for (auto open = text.find('{'); open != std::string_view::npos; open = text.find('{')) {
    const auto close = text.find('}', open);
    const auto found = arguments.find(text.substr(open + 1, close - open - 1));
    KIP_CHECK(found != arguments.end());
    out += text.substr(0, open);
    out += printable_line(found->second);
    text.remove_prefix(close + 1);
  }
  return out + std::string(text);
}

/// Puts one notice together, paragraph by paragraph.
class Writer {
 public:
  Writer(const Notice& notice, const NoticeParties& parties, Language language)
      : language_(language),
        arguments_{{"product", notice.product.str()}, {"customer", parties.customer}, {"vendor", parties.vendor}} {
    paragraph("greeting");
  }

  void operator()(const ActNotice& one) {
    name(one.act);
    set("signed", one.signed_on);
    subject("act.subject");
    paragraph("act.what");
    if (!one.title.empty()) {
      arguments_["title"] = one.title;
      paragraph("act.title");
    }
    day_paragraph("act.effective", "effective", one.effective_on);
    day_paragraph("published-by", "published", one.published_by);
    day_paragraph("installed-by", "installed", one.installed_by);
    paragraph("act.do");
  }

  void operator()(const ReleaseNotice& one) {
    arguments_["version"] = one.version.str();
    subject("release.subject");
    paragraph("release.what");
    for (const ActKey& act : one.acts) {
      name(act);
      line("listed-act");
    }
    day_paragraph("installed-by", "installed", one.installed_by);
    paragraph("release.do");
  }

  void operator()(const AppliedNotice& one) {
    arguments_["version"] = one.version.str();
    arguments_["computers"] = std::to_string(one.computers);
    arguments_["seats"] = std::to_string(one.seats);
    subject("applied.subject");
    paragraph("applied.what");
    paragraph(one.computers < one.seats ? "applied.rest" : "applied.all");
  }

  void operator()(const FailedNotice& one) {
    arguments_["version"] = one.version.str();
    arguments_["state"] = find_phrase(kPhrases, fmt::format("state.{}", to_string(one.state)), language_);
    subject("failed.subject");
    paragraph("failed.what");
    paragraph("failed.do");
  }

  void operator()(const EndingNotice& one) {
    set("last", one.last_day);
    subject("ending.subject");
    paragraph("ending.what");
    paragraph("ending.do");
  }

  NoticeText finish() {
    paragraph("closing");
    line("sender");
    return std::move(out_);
  }

 private:
  void name(const ActKey& act) {
    arguments_["number"] = act.number();
    arguments_["issuer"] = act.issuer();
  }
  void set(std::string_view argument, LegalDate day) { arguments_[argument] = format_day(day, language_); }
  void subject(std::string_view key) { out_.subject = fill(find_phrase(kPhrases, key, language_), arguments_); }
  void line(std::string_view key) { out_.body += fill(find_phrase(kPhrases, key, language_), arguments_) + "\n"; }
  void paragraph(std::string_view key) {
    if (!out_.body.empty()) out_.body += "\n";
    line(key);
  }
  void day_paragraph(std::string_view key, std::string_view argument, const std::optional<LegalDate>& day) {
    if (!day) return;
    set(argument, *day);
    paragraph(key);
  }

  Language language_;
  Arguments arguments_;
  NoticeText out_;
};

}  // namespace

NoticeText render(const Notice& notice, const NoticeParties& parties, Language language) {
  Writer writer(notice, parties, language);
  std::visit(writer, notice.content);
  return writer.finish();
}

}  // namespace kip
