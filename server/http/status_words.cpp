#include <array>

#include <fmt/format.h>

#include <server/http/status_words.hpp>

namespace kip::server {
namespace {

struct Words {
  std::string_view code;
  std::string_view text;
};

constexpr std::array<Words, 19> kReasons = {{
    {"trigger-date-missing", "the act lacks the date from which the period runs"},
    {"product-not-concerned", "the act does not concern this product"},
    {"no-customers", "no customer has this product"},
    {"regime-not-concerned", "the act does not concern this accounting regime"},
    {"regime-unknown", "the accounting regime is not known: judged as if the act applied"},
    {"vat-method-not-concerned", "the act does not concern this VAT method"},
    {"vat-method-unknown", "the VAT method is not known: judged as if the act applied"},
    {"trade-not-concerned", "the act does not concern this trade"},
    {"trade-unknown", "the trade is not known: judged as if the act applied"},
    {"not-promised", "this promise is not made to this customer"},
    {"before-obligations", "the contract counts acts only from"},
    {"date-unconfirmed", "no second person has confirmed the date from which the period runs"},
    {"date-disputed", "sources disagree about the date from which the period runs; the earliest is shown"},
    {"act-suspended", "the act was suspended before the limit"},
    {"act-withdrawn", "the act was withdrawn before the limit"},
    {"waived", "waived when the limit passed"},
    {"blocked-upstream", "an authority had not delivered when the limit passed"},
    {"contract-ended", "not entitled since"},
    {"contract-not-begun", "entitled only from"},
}};

}  // namespace

std::string state_words(ObligationState state) {
  switch (state) {
    case ObligationState::unconfirmed:
      return "NOT JUDGED, date unconfirmed · chưa xét, ngày chưa được xác nhận";
    case ObligationState::waived:
      return "waived · được miễn";
    case ObligationState::blocked_upstream:
      return "blocked upstream · chờ cơ quan nhà nước";
    case ObligationState::delayed_by_customer:
      return "delayed by customer · khách hàng hoãn";
    case ObligationState::running:
      return "running · đang chạy";
    case ObligationState::at_risk:
      return "AT RISK · sắp hết hạn";
    case ObligationState::met:
      return "met · đúng hạn";
    case ObligationState::met_late:
      return "MET LATE · xong nhưng trễ";
    case ObligationState::missed:
      return "MISSED · trễ hạn";
    case ObligationState::not_applicable:
      return "not applicable · không áp dụng";
    case ObligationState::not_entitled:
      return "not entitled · không được hưởng";
    case ObligationState::tracked:
      return "tracked, no limit · theo dõi, không có thời hạn";
  }
  return {};
}

std::string milestone_words(Milestone milestone) {
  return milestone == Milestone::published ? "published · phát hành" : "installed · cài đặt";
}

std::string reason_words(std::string_view reason, std::string_view detail) {
  for (const Words& words : kReasons) {
    if (words.code == reason) return fmt::format("{}{}{}", words.text, detail.empty() ? "" : " ", detail);
  }
  return std::string(reason);
}

std::string length_words(std::chrono::milliseconds length) {
  const auto minutes = std::chrono::floor<std::chrono::minutes>(length).count();
  const auto days = minutes / (24 * 60);
  const auto hours = minutes / 60 % 24;
  if (days > 0) return fmt::format("{} {} {} h", days, days == 1 ? "day" : "days", hours);
  if (hours > 0) return fmt::format("{} h {} min", hours, minutes % 60);
  return fmt::format("{} min", minutes);
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
