#include <manifests/codec/choice.hpp>
#include <manifests/deadline/explain.hpp>
#include <manifests/model/obligation.hpp>

namespace kip {
namespace {

constexpr Choices<ObligationState, 8> kStates = {{{ObligationState::running, "running"},
                                                  {ObligationState::at_risk, "at_risk"},
                                                  {ObligationState::met, "met"},
                                                  {ObligationState::met_late, "met_late"},
                                                  {ObligationState::missed, "missed"},
                                                  {ObligationState::not_applicable, "not_applicable"},
                                                  {ObligationState::not_entitled, "not_entitled"},
                                                  {ObligationState::tracked, "tracked"}}};
constexpr Choices<Applicability, 4> kApplicabilities = {{{Applicability::applicable, "applicable"},
                                                         {Applicability::not_applicable, "not_applicable"},
                                                         {Applicability::unknown_attribute, "unknown_attribute"},
                                                         {Applicability::not_entitled, "not_entitled"}}};

void put_instant(json::Object& out, const char* name, const std::optional<Instant>& instant) {
  if (instant) out.emplace(name, format_instant(*instant));
}

void put_seconds(json::Object& out, const char* name, const std::optional<std::chrono::milliseconds>& length) {
  if (length) out.emplace(name, std::int64_t{std::chrono::duration_cast<std::chrono::seconds>(*length).count()});
}

void put_text(json::Object& out, const char* name, const std::string& text) {
  if (!text.empty()) out.emplace(name, text);
}

json::Value row_json(const CustomerRow& row) {
  json::Object out{{"tax_code", row.tax_code.str()},
                   {"name", row.name},
                   {"applicability", to_string(row.applicability)},
                   {"state", to_string(row.state)},
                   {"installed", row.installed},
                   {"seats", row.seats},
                   {"never_enrolled", row.never_enrolled},
                   {"missing", json::Array(row.missing.begin(), row.missing.end())}};
  put_text(out, "reason", row.reason);
  put_text(out, "detail", row.detail);
  put_instant(out, "completed_at", row.completed_at);
  return out;
}

}  // namespace

std::string_view to_string(ObligationState state) {
  return choice_text(kStates, state);
}
Result<ObligationState> parse_obligation_state(std::string_view text) {
  return parse_choice(kStates, "a state of an obligation", text);
}
std::string_view to_string(Applicability applicability) {
  return choice_text(kApplicabilities, applicability);
}

json::Value to_json(const ObligationView& view) {
  json::Object out{{"format", "kip.obligation/1"},   {"number", view.number},
                   {"act", view.act.str()},          {"commitment", view.commitment.str()},
                   {"product", view.product.str()},  {"milestone", to_string(view.milestone)},
                   {"state", to_string(view.state)}, {"proven", view.proven}};
  put_text(out, "reason", view.reason);
  if (view.due) {
    out.emplace("due", format_instant(view.due->due));
    out.emplace("deadline", to_json(*view.due));
  }
  if (view.target) out.emplace("target", format_date(*view.target));
  put_instant(out, "published_at", view.published_at);
  put_instant(out, "completed_at", view.completed_at);
  put_seconds(out, "time_left_seconds", view.time_left);
  put_seconds(out, "late_by_seconds", view.late_by);
  if (view.milestone == Milestone::installed) {
    json::Array rows;
    for (const CustomerRow& row : view.customers)
      rows.push_back(row_json(row));
    out.emplace("installed", view.installed);
    out.emplace("seats", view.seats);
    out.emplace("customers", std::move(rows));
  }
  return out;
}

}  // namespace kip
