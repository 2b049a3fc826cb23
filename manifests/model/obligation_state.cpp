#include <manifests/codec/choice.hpp>
#include <manifests/core/check.hpp>
#include <manifests/deadline/phrase.hpp>
#include <manifests/model/obligation_state.hpp>

namespace kip {
namespace {

constexpr Choices<ObligationState, 12> kStates = {{{ObligationState::unconfirmed, "unconfirmed"},
                                                   {ObligationState::running, "running"},
                                                   {ObligationState::at_risk, "at_risk"},
                                                   {ObligationState::met, "met"},
                                                   {ObligationState::met_late, "met_late"},
                                                   {ObligationState::missed, "missed"},
                                                   {ObligationState::waived, "waived"},
                                                   {ObligationState::blocked_upstream, "blocked_upstream"},
                                                   {ObligationState::delayed_by_customer, "delayed_by_customer"},
                                                   {ObligationState::not_applicable, "not_applicable"},
                                                   {ObligationState::not_entitled, "not_entitled"},
                                                   {ObligationState::tracked, "tracked"}}};

constexpr std::array<Phrase, 12> kWords = {{
    {"unconfirmed",
     {"NOT JUDGED: date unconfirmed", "CHƯA XÉT: ngày chưa được xác nhận", "NEM ELBÍRÁLT: a dátum nincs megerősítve",
      "未判定：日期未确认"}},
    {"running", {"running", "đang chạy", "folyamatban", "进行中"}},
    {"at_risk", {"AT RISK", "SẮP HẾT HẠN", "VESZÉLYBEN", "有风险"}},
    {"met", {"met", "đúng hạn", "teljesítve", "按期完成"}},
    {"met_late", {"MET LATE", "XONG NHƯNG TRỄ", "KÉSVE TELJESÍTVE", "逾期完成"}},
    {"missed", {"MISSED", "TRỄ HẠN", "ELMULASZTVA", "已逾期"}},
    {"waived", {"waived", "được miễn", "mentesítve", "已豁免"}},
    {"blocked_upstream", {"blocked upstream", "chờ cơ quan nhà nước", "hatóságra vár", "等待主管机关"}},
    {"delayed_by_customer", {"delayed by customer", "khách hàng hoãn", "az ügyfél halasztotta", "客户推迟"}},
    {"not_applicable", {"not applicable", "không áp dụng", "nem alkalmazandó", "不适用"}},
    {"not_entitled", {"not entitled", "không được hưởng", "nem jogosult", "无权享受"}},
    {"tracked", {"tracked, no limit", "theo dõi, không có thời hạn", "követve, határidő nélkül", "跟踪，无期限"}},
}};

}  // namespace

std::string_view to_string(ObligationState state) {
  return choice_text(kStates, state);
}
Result<ObligationState> parse_obligation_state(std::string_view text) {
  return parse_choice(kStates, "a state of an obligation", text);
}

std::string_view state_words(std::string_view code, Language language) {
  return find_phrase(kWords, code, language);
}

bool is_asked_for(ObligationState state) {
  return state != ObligationState::not_applicable && state != ObligationState::not_entitled;
}

bool needs_work(ObligationState state) {
  switch (state) {
    case ObligationState::unconfirmed:
    case ObligationState::running:
    case ObligationState::at_risk:
    case ObligationState::missed:
    case ObligationState::blocked_upstream:
    case ObligationState::delayed_by_customer:
      return true;
    case ObligationState::met:
    case ObligationState::met_late:
    case ObligationState::waived:
    case ObligationState::not_applicable:
    case ObligationState::not_entitled:
    case ObligationState::tracked:
      return false;
  }
  KIP_CHECK(false);
  return false;
}

}  // namespace kip
