#include "phrases.hpp"

#include <array>
#include <span>

namespace kip {
namespace {

/// A text in each language.
struct Phrase {
  std::string_view key;
  std::string_view en;
  std::string_view vi;
  std::string_view hu;
  std::string_view zh;
};

constexpr std::array<Phrase, 31> kSentences = {{
    {"event-day-excluded", "{event:event} {date:date}; the day of the event is not counted{source}",
     "{event:event} ngày {date:date}; ngày xảy ra sự kiện không được tính{source}",
     "{event:event}: {date:date}; a kezdőnap nem számít bele{source}",
     "{event:event}：{date:date}；开始的当日不计入{source}"},
    {"nth-day", "{amount:ordinal} day: {date:date}{source}", "ngày thứ {amount}: {date:date}{source}",
     "{amount}. nap: {date:date}{source}", "第{amount}日：{date:date}{source}"},
    {"nth-working-day", "{amount:ordinal} working day: {date:date}{source}",
     "ngày làm việc thứ {amount}: {date:date}{source}", "{amount}. munkanap: {date:date}{source}",
     "第{amount}个工作日：{date:date}{source}"},
    {"corresponding-day", "after {period} the corresponding day: {date:date}{source}",
     "sau {period}, ngày tương ứng: {date:date}{source}", "{period} elteltével a megfelelő nap: {date:date}{source}",
     "{period}后的对应日：{date:date}{source}"},
    {"month-end", "after {period}; that month has no day {day}, so that its last day counts: {date:date}{source}",
     "sau {period}; tháng đó không có ngày {day} nên tính ngày cuối tháng: {date:date}{source}",
     "{period} elteltével; abban a hónapban nincs {day}. nap, ezért az utolsó napja számít: {date:date}{source}",
     "{period}后；该月没有{day}日，以月末日为准：{date:date}{source}"},
    {"weekend-day", "{date:date} is a weekend day: moves to {next:date}{source}",
     "{date:date} là ngày nghỉ cuối tuần: chuyển sang {next:date}{source}",
     "{date:date} hétvége: a következő nap {next:date}{source}", "{date:date}为周末：顺延至{next:date}{source}"},
    {"public-holiday", "{date:date} is a public holiday ({name}): moves to {next:date}{source}",
     "{date:date} là ngày nghỉ lễ ({name}): chuyển sang {next:date}{source}",
     "{date:date} munkaszüneti vagy pihenőnap ({name}): a következő nap {next:date}{source}",
     "{date:date}为休假日（{name}）：顺延至{next:date}{source}"},
    {"working-day", "{date:date} is a working day{source}", "{date:date} là ngày làm việc{source}",
     "{date:date} munkanap{source}", "{date:date}为工作日{source}"},
    {"exchanged-working-day", "{date:date} is a working day by exchange ({name})",
     "{date:date} là ngày làm bù ({name})", "{date:date} áthelyezett munkanap ({name})",
     "{date:date}为调休上班日（{name}）"},
    {"not-moved", "{date:date} counts whatever day it is: the clause is taken literally",
     "{date:date} được tính dù là ngày nào: áp dụng đúng câu chữ của cam kết",
     "{date:date} számít, bármilyen napra esik: a kikötés szó szerint értendő",
     "{date:date}不论是何种日子均计算：按条款字面意思"},
    {"least-working-days", "up to {date:date} there are fewer than {least} working days: ends with {next:date}{source}",
     "tính đến {date:date} chưa đủ {least} ngày làm việc: kết thúc vào {next:date}{source}",
     "eddig nincs legalább {least} munkanap: {date:date}; a határidő vége {next:date}{source}",
     "至{date:date}不足{least}个工作日：于{next:date}届满{source}"},
    {"ends", "ends at 24:00 local time ({zone}, UTC{offset}){source} = {instant}",
     "kết thúc lúc 24:00 giờ địa phương ({zone}, UTC{offset}){source} = {instant}",
     "helyi idő szerint 24:00-kor jár le ({zone}, UTC{offset}){source} = {instant}",
     "当地时间24:00截止（{zone}，UTC{offset}）{source} = {instant}"},
    {"ends-at-close", "ends at the close of business, {time} local time ({zone}, UTC{offset}){source} = {instant}",
     "kết thúc khi ngừng giao dịch, lúc {time} giờ địa phương ({zone}, UTC{offset}){source} = {instant}",
     "az üzleti idő végén, helyi idő szerint {time}-kor jár le ({zone}, UTC{offset}){source} = {instant}",
     "停止业务活动时截止，当地时间{time}（{zone}，UTC{offset}）{source} = {instant}"},
    {"clock-starts", "{period} from {at:moment}{source}", "{period} kể từ {at:moment}{source}",
     "{period}, kezdete {at:moment}{source}", "自{at:moment}起{period}{source}"},
    {"same-day-starts", "on the working day of intake, until the office closes ({office}); came {at:moment}",
     "trong ngày làm việc tiếp nhận, đến khi hết giờ hành chính ({office}); yêu cầu đến {at:moment}",
     "a felvétel munkanapján, az iroda zárásáig ({office}); érkezett {at:moment}",
     "于受理的工作日内、下班之前（{office}）；提出于{at:moment}"},
    {"clock-policy", "{clock:clock}", "{clock:clock}", "{clock:clock}", "{clock:clock}"},
    {"event-hour-excluded", "the hour in which the event fell is not counted: starts {next:moment}{source}",
     "giờ xảy ra sự kiện không được tính: bắt đầu từ {next:moment}{source}",
     "az esemény órája nem számít bele: kezdet {next:moment}{source}",
     "事件发生的那一小时不计入：自{next:moment}开始{source}"},
    {"taken-in", "came outside office hours: taken in {next:moment}",
     "đến ngoài giờ hành chính: tiếp nhận lúc {next:moment}", "munkaidőn kívül érkezett: felvéve {next:moment}",
     "在工作时间以外提出：于{next:moment}受理"},
    {"taken-in-at-once", "came within office hours: taken in at once", "đến trong giờ hành chính: tiếp nhận ngay",
     "munkaidőben érkezett: azonnal felvéve", "在工作时间内提出：即时受理"},
    {"clock-runs", "{from:moment} to {to:moment}: {length} h", "từ {from:moment} đến {to:moment}: {length} giờ",
     "{from:moment} – {to:moment}: {length} óra", "{from:moment} 至 {to:moment}：{length} 小时"},
    {"clock-runs-on", "and so on to {to:moment}: {length} h more",
     "và tiếp tục như vậy đến {to:moment}: thêm {length} giờ", "és így tovább eddig: {to:moment}: további {length} óra",
     "依此类推至 {to:moment}：另计 {length} 小时"},
    {"clock-stands-on-weekend", "{date:date} is a weekend day: not counted",
     "{date:date} là ngày nghỉ cuối tuần: không được tính", "{date:date} hétvége: nem számít",
     "{date:date} 为周末：不计入"},
    {"clock-stands-on-holiday", "{date:date} is a public holiday ({name}): not counted",
     "{date:date} là ngày nghỉ lễ ({name}): không được tính",
     "{date:date} munkaszüneti vagy pihenőnap ({name}): nem számít", "{date:date} 为休假日（{name}）：不计入"},
    {"ends-at", "ends {at:moment} local time ({zone}, UTC{offset}) = {instant}",
     "kết thúc lúc {at:moment} giờ địa phương ({zone}, UTC{offset}) = {instant}",
     "lejár {at:moment}, helyi idő szerint ({zone}, UTC{offset}) = {instant}",
     "当地时间 {at:moment} 截止（{zone}，UTC{offset}） = {instant}"},
    {"outside-coverage",
     "{date:date} lies outside the calendar {calendar} ({from:date} to {to:date}): only weekends and holidays on fixed "
     "dates were counted; compute again with a newer calendar",
     "{date:date} nằm ngoài lịch {calendar} ({from:date} đến {to:date}): chỉ tính ngày nghỉ cuối tuần và ngày lễ cố "
     "định; hãy tính lại với lịch mới hơn",
     "{date:date} kívül esik a naptáron: {calendar} ({from:date} – {to:date}): csak a hétvégék és az állandó napú "
     "ünnepek számítottak; számítsa újra újabb naptárral",
     "{date:date}超出日历{calendar}的范围（{from:date}至{to:date}"
     "）：只计算了周末和固定日期的节日；请用更新的日历重新计算"},
    {"provisional-calendar",
     "{date:date} lies in a part of the calendar {calendar} ({from:date} to {to:date}) of which only what the law "
     "itself fixes is known; exchanged days may still be announced: compute again with a newer calendar",
     "{date:date} nằm trong phần của lịch {calendar} ({from:date} đến {to:date}) mới chỉ có những ngày do luật ấn "
     "định; lịch hoán đổi có thể còn được công bố: hãy tính lại với lịch mới hơn",
     "{date:date} a naptár olyan részébe esik ({calendar}, {from:date} – {to:date}), amelyből csak az ismert, amit "
     "maga a törvény rögzít; a munkarend még változhat: számítsa újra újabb naptárral",
     "{date:date}位于日历{calendar}的暂定部分（{from:date}至{to:date}"
     "），其中只有法律本身规定的日子；调休安排可能尚未公布：请用更新的日历重新计算"},
    {"local-holidays-missing",
     "the calendar {calendar} has only weekends and the holidays that are the same everywhere in its area; those of "
     "the place where the act has to be done were not counted",
     "lịch {calendar} chỉ có ngày cuối tuần và những ngày lễ chung của cả khu vực; ngày lễ của nơi phải thực hiện chưa "
     "được tính",
     "a naptárban ({calendar}) csak a hétvégék és a mindenütt közös ünnepek szerepelnek; a teljesítés helyének ünnepei "
     "nem számítottak",
     "日历 {calendar} 只含周末和整个区域共同的节日；履行地的节日未计入"},
    {"unconfirmed-day",
     "the calendar {calendar} names {date:date} as proposed but not confirmed ({name}); it was not counted",
     "lịch {calendar} ghi {date:date} là ngày đề xuất, chưa xác nhận ({name}); chưa được tính",
     "a naptár ({calendar}) szerint {date:date} csak javaslat, nincs megerősítve ({name}); nem számított",
     "日历 {calendar} 将 {date:date} 列为拟议、未确认（{name}）；未计入"},
    {"zone-version-unknown", "the version of the time zone database is unknown",
     "không rõ phiên bản cơ sở dữ liệu múi giờ", "az időzóna-adatbázis verziója ismeretlen", "时区数据库的版本未知"},
    {"coverage-ends-soon", "the calendar {calendar} is complete only up to {date:date}: get the next one",
     "lịch {calendar} chỉ đầy đủ đến {date:date}: hãy cập nhật lịch mới",
     "a naptár ({calendar}) csak eddig teljes: {date:date}; szerezze be a következőt",
     "日历 {calendar} 只完整到 {date:date}：请更新日历"},
    {"coverage-ended", "the calendar {calendar} was complete only up to {date:date}: get the next one",
     "lịch {calendar} chỉ đầy đủ đến {date:date}, đã qua: hãy cập nhật lịch mới",
     "a naptár ({calendar}) csak eddig volt teljes: {date:date}; szerezze be a következőt",
     "日历 {calendar} 只完整到 {date:date}，已过期：请更新日历"},
}};

constexpr std::array<Phrase, 6> kEvents = {{
    {"signed", "signed", "ký", "aláírás napja", "发文日期"},
    {"gazetted", "gazetted", "đăng Công báo", "közlönyben való megjelenés napja", "公报公布日期"},
    {"effective", "effective", "có hiệu lực", "hatálybalépés napja", "生效日期"},
    {"vendor-aware", "vendor aware", "nhà cung cấp biết", "a szolgáltató tudomásszerzésének napja", "供应商知悉日期"},
    {"starts-anew", "clock started anew", "tính lại thời hạn", "a határidő újraindulásának napja", "期限重新起算日"},
    {"event", "event on", "sự kiện", "az esemény napja", "事件发生日"},
}};

constexpr std::array<Phrase, 8> kUnits = {{
    {"day", "day", "ngày", "nap", "日"},
    {"working-day", "working day", "ngày làm việc", "munkanap", "个工作日"},
    {"week", "week", "tuần", "hét", "周"},
    {"month", "month", "tháng", "hónap", "个月"},
    {"year", "year", "năm", "év", "年"},
    {"hour", "hour", "giờ", "óra", "小时"},
    {"working-hour", "working hour", "giờ làm việc", "munkaóra", "个工作小时"},
    {"minute", "minute", "phút", "perc", "分钟"},
}};

constexpr std::array<Phrase, 7> kClocks = {{
    {"elapsed", "all time counts, day and night", "mọi thời gian đều được tính, cả ngày lẫn đêm",
     "minden idő számít, éjjel-nappal", "所有时间均计入，昼夜不停"},
    {"skip-statutory-holidays", "by contract, the clock stands still on statutory holidays",
     "theo hợp đồng, đồng hồ dừng vào ngày nghỉ lễ, tết theo luật định",
     "a szerződés szerint az óra a törvényes munkaszüneti napokon áll", "按合同约定，法定节假日停止计时"},
    {"skip-non-working-days", "by contract, the clock stands still on days that are not worked",
     "theo hợp đồng, đồng hồ dừng vào những ngày không làm việc", "a szerződés szerint az óra a nem munkanapokon áll",
     "按合同约定，非工作日停止计时"},
    {"working-hours", "by contract, only office hours of working days count ({office})",
     "theo hợp đồng, chỉ tính giờ hành chính của ngày làm việc ({office})",
     "a szerződés szerint csak a munkanapok munkaideje számít ({office})",
     "按合同约定，只计工作日的工作时间（{office}）"},
    {"intake-then-elapsed",
     "by contract, what comes outside office hours ({office}) is taken in at the next opening; from then on all time "
     "counts",
     "theo hợp đồng, yêu cầu đến ngoài giờ hành chính ({office}) được tiếp nhận khi mở cửa lần kế tiếp; từ đó mọi thời "
     "gian đều được "
     "tính",
     "a szerződés szerint a munkaidőn ({office}) kívül érkezőt a következő nyitáskor veszik fel; onnantól minden idő "
     "számít",
     "按合同约定，工作时间（{office}）以外提出的，于下一次上班时受理；此后所有时间均计入"},
    {"intake-then-skip-statutory-holidays",
     "by contract, what comes outside office hours ({office}) is taken in at the next opening; from then on the clock "
     "stands still on statutory holidays only",
     "theo hợp đồng, yêu cầu đến ngoài giờ hành chính ({office}) được tiếp nhận khi mở cửa lần kế tiếp; từ đó đồng hồ "
     "chỉ dừng vào ngày nghỉ lễ, tết theo luật định",
     "a szerződés szerint a munkaidőn ({office}) kívül érkezőt a következő nyitáskor veszik fel; onnantól az óra csak "
     "a "
     "törvényes munkaszüneti napokon áll",
     "按合同约定，工作时间（{office}）以外提出的，于下一次上班时受理；此后仅在法定节假日停止计时"},
    {"duty-hours", "by contract, the hours {office} of every day count, also of weekends and holidays",
     "theo hợp đồng, tính các giờ {office} của mọi ngày, kể cả cuối tuần và ngày nghỉ lễ",
     "a szerződés szerint minden nap {office} órái számítanak, hétvégén és ünnepnapon is",
     "按合同约定，每天 {office} 均计入，包括周末和节假日"},
}};

std::span<const Phrase> table_of(Words words) {
  switch (words) {
    case Words::sentence:
      return kSentences;
    case Words::event:
      return kEvents;
    case Words::unit:
      return kUnits;
    case Words::clock:
      return kClocks;
  }
  return {};
}

std::string_view in(const Phrase& row, Language language) {
  switch (language) {
    case Language::en:
      return row.en;
    case Language::vi:
      return row.vi;
    case Language::hu:
      return row.hu;
    case Language::zh:
      return row.zh;
  }
  return {};
}

}  // namespace

std::string_view phrase(Words words, std::string_view key, Language language) {
  for (const Phrase& row : table_of(words)) {
    if (row.key == key) return in(row, language);
  }
  return key;
}

}  // namespace kip
