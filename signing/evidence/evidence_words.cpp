#include <fmt/format.h>

#include <manifests/deadline/phrase.hpp>
#include <signing/evidence/evidence_words.hpp>

namespace kip {
namespace {

constexpr std::array<Phrase, 90> kPhrases = {{
    {"title",
     {"Certificate of timeliness", "Giấy xác nhận cập nhật đúng hạn", "Igazolás a határidőben történt frissítésről",
      "按期更新证明"}},
    {"number", {"number", "số", "szám", "编号"}},
    {"issued", {"issued", "ngày lập", "kiállítva", "出具时间"}},
    {"vendor", {"vendor", "nhà cung cấp phần mềm", "szoftvergyártó", "软件供应商"}},
    {"customer", {"customer", "khách hàng", "ügyfél", "客户"}},
    {"tax-code", {"tax code", "mã số thuế", "adószám", "税号"}},
    {"product", {"product", "sản phẩm", "termék", "产品"}},
    {"sites", {"sites and workstations", "địa điểm và máy trạm", "telephelyek és munkaállomások", "地点和工作站"}},
    {"seats", {"computers promised", "số máy theo hợp đồng", "szerződött gépek száma", "合同台数"}},
    {"entitlement", {"entitlement", "quyền được cập nhật", "frissítési jogosultság", "升级权限"}},
    {"contract-from", {"contract from", "hợp đồng từ", "szerződés kezdete", "合同起始"}},
    {"entitled",
     {"entitled on the day on which the obligation arose", "được quyền vào ngày phát sinh nghĩa vụ",
      "a kötelezettség keletkezésének napján jogosult", "义务产生之日有权升级"}},
    {"obligation", {"obligation", "nghĩa vụ", "kötelezettség", "义务"}},
    {"clause", {"clause of the contract", "điều khoản hợp đồng", "szerződéses pont", "合同条款"}},
    {"act", {"legal act", "văn bản pháp luật", "jogszabály", "法规文件"}},
    {"issuer", {"issuing body", "cơ quan ban hành", "kibocsátó", "发文机关"}},
    {"date", {"date", "ngày", "nap", "日期"}},
    {"signed", {"date signed", "ngày ban hành", "aláírás napja", "发文日期"}},
    {"gazetted",
     {"publication date (gazette)", "ngày đăng Công báo", "közlönyben való megjelenés napja", "公报公布日期"}},
    {"effective", {"effective date", "ngày có hiệu lực", "hatálybalépés napja", "生效日期"}},
    {"aware",
     {"the vendor learned of it", "ngày nhà cung cấp biết", "a gyártó tudomást szerzett róla", "供应商获知日期"}},
    {"source", {"source", "nguồn", "forrás", "来源"}},
    {"stated-by", {"stated by", "người nêu", "közölte", "提出人"}},
    {"confirmed-by", {"confirmed by", "người xác nhận", "megerősítette", "确认人"}},
    {"clock", {"the time limit, day by day", "thời hạn theo từng ngày", "a határidő napról napra", "逐日计算的期限"}},
    {"day", {"day of the limit", "ngày thứ", "hányadik nap", "第几日"}},
    {"working-day", {"working day", "ngày làm việc", "munkanap", "工作日"}},
    {"weekend", {"weekend", "ngày nghỉ cuối tuần", "hétvége", "周末"}},
    {"holiday", {"public holiday", "ngày nghỉ lễ", "munkaszüneti nap", "法定节假日"}},
    {"worked-in-exchange", {"swapped working day", "ngày làm bù", "áthelyezett munkanap", "调休上班日"}},
    {"last-day", {"last day", "ngày cuối", "utolsó nap", "最后一日"}},
    {"limit",
     {"in time is strictly before", "đúng hạn là trước thời điểm", "határidőben: szigorúan ez előtt",
      "按期即严格早于"}},
    {"no-limit",
     {"no limit is certain", "chưa xác định được thời hạn", "a határidő nem állapítható meg", "期限无法确定"}},
    {"package", {"package", "gói cập nhật", "csomag", "更新包"}},
    {"version", {"version", "phiên bản", "verzió", "版本"}},
    {"manifest",
     {"identity (SHA-256 of its manifest)", "định danh (SHA-256 của danh mục)",
      "azonosító (a jegyzék SHA-256 lenyomata)", "标识（清单的SHA-256）"}},
    {"file", {"file (SHA-256)", "tệp (SHA-256)", "fájl (SHA-256)", "文件（SHA-256）"}},
    {"form", {"form template", "mẫu biểu", "nyomtatvány", "报表模板"}},
    {"schema", {"schema version", "phiên bản cấu trúc", "sémaverzió", "结构版本"}},
    {"period", {"for periods from", "cho kỳ từ", "időszakoktól", "适用期间自"}},
    {"forms-not-shown",
     {"its forms are not shown in this bundle", "các mẫu biểu không có trong hồ sơ này",
      "a nyomtatványok nem szerepelnek ebben a csomagban", "本证据包未附报表模板"}},
    {"none-published",
     {"nothing that serves it was published", "chưa phát hành bản nào đáp ứng", "ezt kiszolgáló kiadás nem jelent meg",
      "尚未发布相应版本"}},
    {"events",
     {"what each workstation said", "báo cáo của từng máy trạm", "amit az egyes munkaállomások jelentettek",
      "各工作站的报告"}},
    {"workstation", {"workstation", "máy trạm", "munkaállomás", "工作站"}},
    {"state", {"state", "trạng thái", "állapot", "状态"}},
    {"own-clock", {"by its own clock", "theo đồng hồ của máy", "saját órája szerint", "按其自身时钟"}},
    {"server-clock",
     {"received, by the vendor's clock", "nhận lúc, theo đồng hồ nhà cung cấp", "beérkezett, a gyártó órája szerint",
      "接收时间（按供应商时钟）"}},
    {"vendor-clock", {"by the vendor's clock", "theo đồng hồ nhà cung cấp", "a gyártó órája szerint", "按供应商时钟"}},
    {"nothing-said", {"has said nothing", "chưa báo cáo", "nem jelentett semmit", "尚无报告"}},
    {"result", {"result", "kết quả", "eredmény", "结果"}},
    {"published", {"published", "phát hành", "közzététel", "发布"}},
    {"customer-published",
     {"published to this customer", "phát hành cho khách hàng này", "közzététel ennek az ügyfélnek", "向该客户发布"}},
    {"all-installed",
     {"installed on all workstations", "cài đặt trên mọi máy trạm", "telepítés minden munkaállomáson",
      "所有工作站已安装"}},
    {"proven-between",
     {"proven: not before – not after", "đã chứng minh: không trước – không sau", "igazolt: nem előbb – nem később",
      "已证明：不早于—不晚于"}},
    {"why", {"why", "lý do", "indok", "理由"}},
    {"stamps", {"time stamps", "dấu thời gian", "időbélyegek", "时间戳"}},
    {"authority", {"authority", "tổ chức cấp dấu thời gian", "időbélyeg-szolgáltató", "时间戳机构"}},
    {"signer", {"signed by", "người ký", "aláírta", "签署者"}},
    {"stamp-policy", {"policy", "chính sách", "szabályzat", "策略"}},
    {"independent", {"independent", "độc lập", "független", "独立"}},
    {"not-independent", {"NOT INDEPENDENT", "KHÔNG ĐỘC LẬP", "NEM FÜGGETLEN", "非独立"}},
    {"witnesses", {"witnesses of the log", "bên chứng kiến nhật ký", "a napló tanúi", "日志见证方"}},
    {"none", {"none", "không có", "nincs", "无"}},
    {"open", {"what is not proven", "những điều chưa được chứng minh", "ami nincs bizonyítva", "未能证明的事项"}},
    {"signatures", {"signatures", "chữ ký", "aláírások", "签署"}},
    {"for-vendor", {"for the vendor", "đại diện nhà cung cấp", "a gyártó részéről", "供应商代表"}},
    {"for-customer", {"for the customer", "đại diện khách hàng", "az ügyfél részéről", "客户代表"}},
    {"name-date", {"name, date, signature", "họ tên, ngày, chữ ký", "név, dátum, aláírás", "姓名、日期、签字"}},
    {"how", {"how to verify", "cách kiểm tra", "ellenőrzés", "核验方法"}},
    {"how-kip",
     {"With the bundle of which this is a page, and without the vendor:",
      "Dùng hồ sơ chứng cứ chứa trang này, không cần nhà cung cấp:",
      "A csomaggal, amelynek ez egy lapja, a gyártó nélkül:", "使用包含本页的证据包，无需供应商："}},
    {"how-shell",
     {"or, in the unpacked bundle, by openssl and coreutils alone:",
      "hoặc, trong hồ sơ đã giải nén, chỉ cần openssl và coreutils:",
      "vagy a kibontott csomagban, csak openssl és coreutils segítségével:",
      "或在解压后的证据包中，仅用 openssl 和 coreutils："}},
    {"rests",
     {"This page repeats what follows from the bundle; by itself it proves nothing.",
      "Trang này chỉ nêu lại điều suy ra từ hồ sơ; tự nó không chứng minh gì.",
      "Ez a lap azt ismétli, ami a csomagból következik; önmagában semmit sem bizonyít.",
      "本页仅复述证据包所能得出的结论，其本身不构成证明。"}},
    {"not-concerned",
     {"no obligation of this customer is shown", "không có nghĩa vụ nào đối với khách hàng này",
      "ennek az ügyfélnek nincs bemutatott kötelezettsége", "未列出该客户的任何义务"}},
    {"log-head", {"head of the log", "đầu nhật ký", "a napló feje", "日志头"}},
    {"entries", {"entries", "mục", "bejegyzés", "条目"}},
    {"milestone", {"what counts", "mốc tính", "mi számít", "计算节点"}},
    {"stopped", {"stopped", "dừng", "megállt", "停止"}},
    {"offered", {"offered", "đã mời cập nhật", "felajánlva", "已推送"}},
    {"deferred", {"put off by a person", "người dùng hoãn lại", "a felhasználó elhalasztotta", "用户推迟"}},
    {"waiting_window",
     {"waiting for its maintenance window", "chờ khung giờ bảo trì", "karbantartási időablakra vár", "等待维护时段"}},
    {"downloaded", {"downloaded", "đã tải về", "letöltve", "已下载"}},
    {"verified", {"verified", "đã kiểm tra", "ellenőrizve", "已校验"}},
    {"applying", {"being applied", "đang cài đặt", "telepítés alatt", "正在安装"}},
    {"installed", {"installed", "đã cài đặt", "telepítve", "已安装"}},
    {"installed_with_exceptions",
     {"installed; files that the customer has edited stayed as they were",
      "đã cài đặt; các tệp khách hàng đã sửa được giữ nguyên", "telepítve; az ügyfél által módosított fájlok maradtak",
      "已安装；客户修改过的文件保持不变"}},
    {"already_installed", {"was installed already", "đã cài đặt từ trước", "már telepítve volt", "此前已安装"}},
    {"failed", {"failed", "thất bại", "sikertelen", "失败"}},
    {"rejected", {"refused by the workstation", "máy trạm từ chối", "a munkaállomás elutasította", "被工作站拒绝"}},
    {"rolled_back",
     {"rolled back to the version before", "đã quay lại phiên bản trước", "visszaállítva az előző verzióra",
      "已回退到前一版本"}},
    {"held",
     {"held: a person has to look at it", "tạm giữ: cần người xử lý", "felfüggesztve: emberi beavatkozás kell",
      "已暂停：需人工处理"}},
}};

/// In the order of Verdict.
constexpr std::array<Texts, 4> kVerdicts = {{
    {"MET: proven to be in time", "ĐÚNG HẠN: đã chứng minh", "HATÁRIDŐBEN: igazoltan", "按期：已证明"},
    {"LATE: proven to be too late", "TRỄ HẠN: đã chứng minh", "KÉSETT: igazoltan", "逾期：已证明"},
    {"DISPUTED: the evidence contradicts itself", "TRANH CHẤP: chứng cứ mâu thuẫn",
     "VITATOTT: a bizonyítékok ellentmondanak", "有争议：证据相互矛盾"},
    {"INDETERMINATE: neither is proven; never counted as kept",
     "CHƯA XÁC ĐỊNH: chưa chứng minh được; không tính là đúng hạn",
     "NEM MEGÁLLAPÍTHATÓ: egyik sincs igazolva; nem számít teljesítettnek", "无法确定：两者均未证明；不视为按期"},
}};

/// In the order of Finding.
constexpr std::array<Texts, 13> kFindings = {{
    {"the limit itself is not certain", "chưa chắc chắn về thời hạn", "maga a határidő sem biztos", "期限本身不确定"},
    {"enough stamps say that it existed before the limit", "đủ dấu thời gian cho thấy đã có trước thời hạn",
     "elég időbélyeg igazolja, hogy a határidő előtt megvolt", "足够的时间戳表明其早于期限存在"},
    {"it came after a stamp that is not before the limit", "xuất hiện sau dấu thời gian không sớm hơn thời hạn",
     "olyan időbélyeg után keletkezett, amely nem előzi meg a határidőt", "其晚于一个不早于期限的时间戳"},
    {"too few stamps cover it", "chưa đủ dấu thời gian", "túl kevés időbélyeg fedi", "覆盖它的时间戳不足"},
    {"stamped, but not before the limit, and nothing proves that it came later",
     "có dấu thời gian nhưng không trước thời hạn, và không có gì chứng minh là trễ",
     "időbélyeggel ellátva, de nem a határidő előtt, és semmi sem igazolja, hogy később történt",
     "有时间戳但不早于期限，且无法证明其更晚"},
    {"no release serves it, or one of its parts", "chưa có bản phát hành đáp ứng toàn bộ",
     "nincs kiadás, amely teljesen kiszolgálja", "没有版本满足其全部内容"},
    {"it was not open to the customer, or not any more", "chưa mở hoặc không còn mở cho khách hàng",
     "az ügyfél számára nem vagy már nem volt elérhető", "未向该客户开放或已不再开放"},
    {"the workstation has said nothing of it", "máy trạm chưa báo cáo", "a munkaállomás nem jelentett róla",
     "工作站未就此报告"},
    {"in time by its own clock, which proves nothing", "đúng hạn theo đồng hồ của máy, không phải là chứng cứ",
     "saját órája szerint határidőben, ami nem bizonyíték", "按其自身时钟为按期，但不构成证明"},
    {"a technician's signed minutes say so: a weaker kind of word", "có biên bản của kỹ thuật viên: chứng cứ yếu hơn",
     "technikus aláírt jegyzőkönyve szerint: gyengébb bizonyíték", "有技术人员签署的记录：证明力较弱"},
    {"the workstation contradicts itself", "máy trạm báo cáo mâu thuẫn", "a munkaállomás ellentmond önmagának",
     "工作站的报告自相矛盾"},
    {"it rests on a development authority, which is not independent", "dựa vào tổ chức thử nghiệm, không độc lập",
     "fejlesztői szolgáltatón alapul, amely nem független", "依据的是非独立的测试机构"},
    {"nobody counts", "không có máy nào được tính", "senki sem számít", "没有需计入的对象"},
}};

/// In the order of Gap; {0} and {1} are numbers.
constexpr std::array<Texts, 13> kGaps = {{
    {"That the vendor shows everybody this same log: no quorum of witnesses says so.",
     "Việc nhà cung cấp cho mọi người xem cùng một nhật ký: chưa đủ bên chứng kiến xác nhận.",
     "Hogy a gyártó mindenkinek ugyanezt a naplót mutatja: nincs elég tanú.",
     "供应商向所有人展示同一日志：没有足够的见证方确认。"},
    {"That nothing else was recorded of these customers: {0} of {1} entries of R are shown.",
     "Việc không còn ghi nhận nào khác về các khách hàng này: chỉ trình bày {0} trên {1} mục của R.",
     "Hogy ezekről az ügyfelekről más nem került rögzítésre: az R napló {1} bejegyzéséből {0} látható.",
     "关于这些客户没有其他记录：R 的 {1} 条目中仅出示 {0} 条。"},
    {"That the register of acts is complete: only the authorities' own lists can say so.",
     "Việc danh mục văn bản là đầy đủ: chỉ danh mục của cơ quan nhà nước mới khẳng định được.",
     "Hogy a jogszabályok nyilvántartása teljes: ezt csak a hatóságok saját jegyzékei mondhatják meg.",
     "法规登记完整：只有主管机关自己的目录才能说明。"},
    {"That the key of an install is on the customer's computer: the vendor enrols installs.",
     "Việc khóa của bản cài đặt nằm trên máy của khách hàng: nhà cung cấp đăng ký các bản cài đặt.",
     "Hogy egy telepítés kulcsa az ügyfél gépén van: a telepítéseket a gyártó veszi nyilvántartásba.",
     "安装实例的密钥确在客户的电脑上：安装由供应商登记。"},
    {"What the words of a contract mean: the promises are as the vendor has registered them.",
     "Ý nghĩa của điều khoản hợp đồng: các cam kết do nhà cung cấp đăng ký.",
     "Hogy mit jelentenek a szerződés szavai: a vállalások úgy szerepelnek, ahogy a gyártó rögzítette.",
     "合同文字的含义：承诺以供应商登记为准。"},
    {"Times of a development authority are NOT INDEPENDENT: whoever runs it can make any time.",
     "Thời gian của tổ chức thử nghiệm KHÔNG ĐỘC LẬP: người vận hành có thể tạo bất kỳ thời điểm nào.",
     "A fejlesztői szolgáltató időpontjai NEM FÜGGETLENEK: aki működteti, bármilyen időt előállíthat.",
     "测试机构的时间非独立：其运营者可制造任何时间。"},
    {"That the vendor shows everybody the same newest entries: witnesses have signed the first {0} of {1} entries of "
     "O.",
     "Việc nhà cung cấp cho mọi người xem cùng các mục mới nhất: bên chứng kiến đã ký {0} mục đầu trên {1} mục của O.",
     "Hogy a gyártó mindenkinek ugyanazokat a legújabb bejegyzéseket mutatja: a tanúk az O napló {1} bejegyzéséből az "
     "első {0} bejegyzést írták alá.",
     "供应商向所有人展示相同的最新条目：见证方已签署 O 的 {1} 条目中的前 {0} 条。"},
    {"That every install was shown these entries of O: {0} of {1} receipts name others. Whose signature is under those "
     "is known at these computers (kip-updater log export).",
     "Việc mọi bản cài đặt đều được xem các mục này của O: {0} trên {1} báo cáo nêu các mục khác. Chữ ký dưới các mục "
     "đó được giữ tại các máy này (kip-updater log export).",
     "Hogy minden telepítésnek az O napló ezen bejegyzéseit mutatták: {1} jelentésből {0} másokat nevez meg. Hogy "
     "azokat "
     "ki írta alá, ezeken a gépeken derül ki (kip-updater log export).",
     "每个安装实例看到的都是 O 的这些条目：{1} 份报告中有 {0} 份指向其他条目。其签名保存在这些电脑上（kip-updater log "
     "export）。"},
    {"That no signing certificate of a time stamp was revoked: for {0} of {1} stamps its issuer has said nothing "
     "since.",
     "Việc không chứng thư ký dấu thời gian nào bị thu hồi: với {0} trên {1} dấu thời gian, bên cấp chứng thư chưa xác "
     "nhận gì sau đó.",
     "Hogy egyetlen időbélyeg aláíró tanúsítványát sem vonták vissza: {1} időbélyegből {0} esetében a kibocsátó azóta "
     "nem nyilatkozott.",
     "时间戳的签名证书均未被吊销：{1} 个时间戳中有 {0} 个，其颁发者此后未作说明。"},
    {"What is in {0} of {1} packages: their manifests are not in the bundle.",
     "Nội dung của {0} trên {1} gói cập nhật: danh mục của chúng không có trong hồ sơ.",
     "Hogy mi van {1} csomag közül {0} csomagban: jegyzékük nem szerepel a bizonyítékok között.",
     "{1} 个更新包中有 {0} 个的内容：证据包未附其清单。"},
    {"Times on page one and on certificates of the bundle: {0} of {1} stamps there count otherwise by your policy. "
     "What "
     "counts is this report.",
     "Thời gian trên trang đầu và giấy xác nhận trong hồ sơ: {0} trên {1} dấu thời gian có giá trị khác theo chính "
     "sách "
     "của bạn. Chỉ báo cáo này có giá trị.",
     "A csomag első oldalán és igazolásain álló időpontok: {1} időbélyegből {0} az Ön szabályzata szerint másképp "
     "számít. Ez a jelentés számít.",
     "证据包首页及证明上的时间：{1} 个时间戳中有 {0} 个按您的策略另有结论。以本报告为准。"},
    {"What stood in the log before: {0} earlier lives of a log are not in the bundle.",
     "Nội dung nhật ký trước đó: {0} giai đoạn trước của một nhật ký không có trong hồ sơ.",
     "Hogy mi állt korábban a naplóban: egy napló {0} korábbi szakasza nem szerepel a csomagban.",
     "此前日志的内容：某日志的 {0} 个更早阶段不在证据包中。"},
    {"What stood in {0} entries of O and {1} of R: they were published, and lost before the log began anew.",
     "Nội dung {0} mục của O và {1} mục của R: chúng đã được công bố và bị mất trước khi nhật ký bắt đầu lại.",
     "Hogy mi állt az O napló {0} és az R napló {1} bejegyzésében: közzétették, majd a napló újrakezdése előtt "
     "elvesztek.",
     "O 的 {0} 条和 R 的 {1} 条条目的内容：这些条目已公布，但在日志重新开始之前已丢失。"},
}};

}  // namespace

std::string_view EvidenceWords::operator()(std::string_view code) const {
  return find_phrase(kPhrases, code, language_);
}

std::string_view EvidenceWords::verdict(Verdict verdict) const {
  return text_in(kVerdicts.at(static_cast<std::size_t>(verdict)), language_);
}

std::string_view EvidenceWords::finding(Finding finding) const {
  return text_in(kFindings.at(static_cast<std::size_t>(finding)), language_);
}

std::string EvidenceWords::sentence(const NotProven& open) const {
  return fmt::format(fmt::runtime(text_in(kGaps.at(static_cast<std::size_t>(open.gap)), language_)), open.shown,
                     open.total);
}

bool has_all_evidence_words() {
  return is_whole(kPhrases) && is_whole(kVerdicts) && is_whole(kFindings) && is_whole(kGaps);
}

}  // namespace kip
