#include <algorithm>

#include <fmt/format.h>

#include <manifests/codec/choice.hpp>
#include <manifests/codec/reading.hpp>
#include <manifests/deadline/rule.hpp>
#include <manifests/model/service_promise.hpp>

namespace kip {
namespace {

using Unknown = json::ObjectReader::Unknown;

constexpr std::size_t kMaxBytes = 1U << 18U;
constexpr std::size_t kMaxClause = 8192;
constexpr std::int64_t kMaxRiskMinutes = 60 * 24 * 366;
constexpr std::int64_t kUsualRiskMinutes = 60;
constexpr std::int64_t kMaxPrice = 1'000'000'000'000;

constexpr Choices<ServiceKind, 6> kKinds = {{{ServiceKind::reinstall, "reinstall"},
                                             {ServiceKind::workstation, "workstation"},
                                             {ServiceKind::remote, "remote"},
                                             {ServiceKind::onsite, "onsite"},
                                             {ServiceKind::question, "question"},
                                             {ServiceKind::failed_update, "failed-update"}}};
constexpr Choices<ServiceMilestone, 3> kMilestones = {{{ServiceMilestone::answered, "answered"},
                                                       {ServiceMilestone::resolved, "resolved"},
                                                       {ServiceMilestone::visited, "visited"}}};
constexpr Choices<ServiceStart, 2> kStarts = {
    {{ServiceStart::request, "request"}, {ServiceStart::remote_failed, "remote-failed"}}};

Result<Period> read_length(const json::Value& value, std::string_view name) {
  json::ObjectReader in(value, name);
  const std::int64_t amount = in.integer("amount", INT64_MIN, INT64_MAX);
  const auto unit = in.parsed("unit", parse_period_unit);
  KIP_TRY_VOID(in.finish(Unknown::refuse));
  return Period::create(amount, *unit);
}

json::Value length_json(const Period& period) {
  return json::Object{{"amount", period.amount()}, {"unit", to_string(period.unit())}};
}

Result<ServicePeriod> read_period(const json::Value& value) {
  if (const std::string* word = value.as_text()) {
    if (*word == "none") return ServicePeriod(NoPeriod{});
    if (*word == "same-day") return ServicePeriod(SameDay{});
  }
  KIP_TRY(const Period period, read_length(value, "period"));
  return ServicePeriod(period);
}

Result<std::optional<Period>> read_interval(const json::Value& value) {
  if (const std::string* word = value.as_text(); word != nullptr && *word == "none") return std::optional<Period>();
  KIP_TRY(const Period period, read_length(value, "every"));
  if (period.unit() != PeriodUnit::month && period.unit() != PeriodUnit::year) {
    return fail(ErrorCode::malformed, "\"every\": inspections come every so many months or years");
  }
  return std::optional<Period>(period);
}

Result<std::string> parse_currency(std::string_view text) {
  const bool ok =
      text.size() == 3 && std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  if (ok) return std::string(text);
  return fail(ErrorCode::malformed, "is not a currency; write three letters, as VND");
}

Result<ServicePrice> read_price(const json::Value& value) {
  json::ObjectReader in(value, "price");
  ServicePrice out;
  out.amount = in.integer("amount", 0, kMaxPrice);
  const auto currency = in.parsed("currency", parse_currency);
  out.per = in.text("per", 100);
  KIP_TRY_VOID(in.finish(Unknown::refuse));
  out.currency = *currency;
  return out;
}

Result<std::string> parse_rule_id(std::string_view text) {
  KIP_TRY(const Rule* rule, find_rule(text));
  return std::string(rule->id);
}

Result<int> read_grade(const json::Value& value) {
  const std::int64_t* number = value.as_integer();
  if (number != nullptr && *number >= kHeaviestGrade && *number <= kLightestGrade) return static_cast<int>(*number);
  return fail(ErrorCode::malformed, "has an item that is no grade from 1 to 4");
}

/// Members whose forms depend on each other.
Result<void> check_clock(const RequestTerms& terms, bool has_clock) {
  const Period* period = std::get_if<Period>(&terms.period);
  const bool on_clock = period != nullptr && is_clock_unit(period->unit());
  if (has_clock && !on_clock) return fail(ErrorCode::malformed, "\"clock\" goes with a period in hours or minutes");
  const bool working = on_clock && period->unit() == PeriodUnit::working_hour;
  const bool counts_office = terms.clock == ClockPolicy::working_hours || terms.clock == ClockPolicy::duty_hours;
  if (working && !counts_office) {
    return fail(ErrorCode::malformed, "working hours need \"clock\": \"working-hours\" or \"duty-hours\"");
  }
  const bool same_day = std::holds_alternative<SameDay>(terms.period);
  if ((same_day || (on_clock && needs_office_hours(terms.clock))) && !terms.office) {
    return fail(ErrorCode::malformed, "\"office\" is missing, as [\"08:00-12:00\", \"13:00-17:00\"]");
  }
  if (terms.target &&
      (!on_clock || !is_clock_unit(terms.target->unit()) || terms.target->clock_time() >= period->clock_time())) {
    return fail(ErrorCode::malformed, "\"target\" is a shorter period in hours or minutes before that of \"period\"");
  }
  if (terms.share && std::holds_alternative<NoPeriod>(terms.period)) {
    return fail(ErrorCode::malformed, "\"share\" needs a period to be in time by");
  }
  return {};
}

Result<RequestTerms> read_terms(json::ObjectReader& in, const json::Value& value) {
  RequestTerms out;
  if (in.array("kinds", 10).empty()) in.refuse("kinds", "is empty; name at least one");
  const std::vector<ServiceKind> kinds = json::text_items(in, "kinds", parse_service_kind, 10);
  const std::vector<int> grades = in.each("grades", read_grade, 10);
  if (!in.has("period"))
    in.refuse("period", R"(is missing; write {"amount": 24, "unit": "hour"}, "same-day" or "none")");
  const bool has_target = in.has("target");
  const auto milestone = in.parsed("milestone", parse_service_milestone);
  out.after = in.optional_parsed("after", parse_service_start).value_or(ServiceStart::request);
  const auto clock = in.optional_parsed("clock", parse_clock_policy);
  const bool has_office = in.has("office");
  std::vector<OfficeBlock> blocks = json::text_items(in, "office", parse_office_block, 24);
  const auto share = in.optional_integer("share", 1, 100);
  const bool has_price = in.has("price");
  out.entitled_first = in.boolean_or("entitled_first", false);
  out.risk = std::chrono::minutes(in.optional_integer("risk_minutes", 0, kMaxRiskMinutes).value_or(kUsualRiskMinutes));
  KIP_TRY_VOID(in.finish(json::unknown_members(value)));
  out.kinds = {kinds.begin(), kinds.end()};
  out.grades = {grades.begin(), grades.end()};
  out.milestone = *milestone;
  out.clock = clock.value_or(ClockPolicy::elapsed);
  if (share) out.share = static_cast<int>(*share);
  KIP_TRY(out.period, read_period(*value.find("period")));
  if (has_target) {
    KIP_TRY(out.target, read_length(*value.find("target"), "target"));
  }
  if (has_office) {
    KIP_TRY(out.office, OfficeHours::create(std::move(blocks)));
  }
  if (has_price) {
    KIP_TRY(out.price, read_price(*value.find("price")));
  }
  KIP_TRY_VOID(check_clock(out, clock.has_value()));
  return out;
}

Result<ServicePromise> read(const json::Value& value) {
  json::ObjectReader in(value, "service promise");
  in.format("kip.service-promise", 1);
  const auto id = in.parsed("id", PromiseId::parse);
  const auto product = in.parsed("product", ProductId::parse);
  std::string title = in.optional_text("title").value_or(std::string());
  std::string clause = in.text("clause", kMaxClause);
  auto rule = in.parsed("rule", parse_rule_id);
  auto calendar = in.parsed("calendar", parse_country_code);
  const auto profile = in.parsed("profile", parse_profile);
  const bool inspects = in.has("every");
  std::variant<RequestTerms, InspectionTerms> terms;
  if (inspects) {
    KIP_TRY_VOID(in.finish(json::unknown_members(value)));
    KIP_TRY(const auto every, read_interval(*value.find("every")));
    terms = InspectionTerms{every};
  } else {
    KIP_TRY(terms, read_terms(in, value));
  }
  return ServicePromise{
      *id,      *product,        std::move(title), std::move(clause), *std::move(rule), *std::move(calendar),
      *profile, std::move(terms)};
}

json::Value period_json(const ServicePeriod& period) {
  if (const Period* length = std::get_if<Period>(&period)) return length_json(*length);
  return std::holds_alternative<SameDay>(period) ? "same-day" : "none";
}

json::Array office_json(const OfficeHours& office) {
  json::Array out;
  for (const OfficeBlock& block : office.blocks())
    out.push_back(format_time_of_day(block.from) + "-" + format_time_of_day(block.to));
  return out;
}

void put_terms(json::Object& out, const RequestTerms& terms) {
  json::Array kinds;
  for (const ServiceKind kind : terms.kinds)
    kinds.push_back(to_string(kind));
  out.emplace("kinds", std::move(kinds));
  if (!terms.grades.empty()) out.emplace("grades", json::Array(terms.grades.begin(), terms.grades.end()));
  out.emplace("period", period_json(terms.period));
  out.emplace("milestone", to_string(terms.milestone));
  if (terms.target) out.emplace("target", length_json(*terms.target));
  if (terms.after != ServiceStart::request) out.emplace("after", to_string(terms.after));
  const Period* length = std::get_if<Period>(&terms.period);
  if (length != nullptr && is_clock_unit(length->unit())) out.emplace("clock", to_string(terms.clock));
  if (terms.office) out.emplace("office", office_json(*terms.office));
  if (terms.share) out.emplace("share", *terms.share);
  if (terms.price) {
    out.emplace(
        "price",
        json::Object{{"amount", terms.price->amount}, {"currency", terms.price->currency}, {"per", terms.price->per}});
  }
  if (terms.entitled_first) out.emplace("entitled_first", true);
  if (terms.risk.count() != kUsualRiskMinutes) out.emplace("risk_minutes", std::int64_t{terms.risk.count()});
}

}  // namespace

std::string_view to_string(ServiceKind kind) {
  return choice_text(kKinds, kind);
}
Result<ServiceKind> parse_service_kind(std::string_view text) {
  return parse_choice(kKinds, "a kind of service request", text);
}
std::string_view to_string(ServiceMilestone milestone) {
  return choice_text(kMilestones, milestone);
}
Result<ServiceMilestone> parse_service_milestone(std::string_view text) {
  return parse_choice(kMilestones, "a milestone of service", text);
}
std::string_view to_string(ServiceStart start) {
  return choice_text(kStarts, start);
}
Result<ServiceStart> parse_service_start(std::string_view text) {
  return parse_choice(kStarts, "a start of a service clock", text);
}

bool ServicePromise::covers(const ProductId& of_product, ServiceKind kind, int grade) const {
  const RequestTerms* requests = about_requests();
  return requests != nullptr && product == of_product && requests->kinds.contains(kind) &&
         (requests->grades.empty() || requests->grades.contains(grade));
}

Result<ServicePromise> read_service_promise(const json::Value& value) {
  auto promise = read(value);
  const json::Value* id = value.find("id");
  if (promise || id == nullptr || id->as_text() == nullptr) return promise;
  return fail_while(fmt::format("service promise \"{}\"", id->as_text()->substr(0, 63)), std::move(promise).error());
}

Result<ServicePromise> parse_service_promise(BytesView text) {
  KIP_TRY(const json::Value value, json::parse(text, {.bytes = kMaxBytes}));
  return read_service_promise(value);
}

json::Value to_json(const ServicePromise& promise) {
  json::Object out{{"format", "kip.service-promise/1"},
                   {"id", promise.id.str()},
                   {"product", promise.product.str()},
                   {"clause", promise.clause},
                   {"rule", promise.rule},
                   {"calendar", promise.calendar},
                   {"profile", to_string(promise.profile)}};
  if (!promise.title.empty()) out.emplace("title", promise.title);
  if (const RequestTerms* requests = promise.about_requests()) {
    put_terms(out, *requests);
  } else {
    const auto& every = promise.about_inspections()->every;
    out.emplace("every", every ? length_json(*every) : json::Value("none"));
  }
  return out;
}

}  // namespace kip
