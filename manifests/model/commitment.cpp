#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

#include <manifests/codec/choice.hpp>
#include <manifests/codec/reading.hpp>
#include <manifests/core/unicode.hpp>
#include <manifests/model/commitment.hpp>

namespace kip {
namespace {

using Unknown = json::ObjectReader::Unknown;

constexpr int kMinor = 1;
constexpr std::int64_t kUsualRiskHours = 48;
constexpr std::int64_t kMaxRiskHours = 24 * 366;
constexpr std::size_t kMaxBytes = 1U << 20U;
constexpr std::size_t kMaxClause = 8192;
constexpr std::size_t kMaxCommitments = 1000;

constexpr Choices<Milestone, 2> kMilestones = {
    {{Milestone::published, "published"}, {Milestone::installed, "installed"}}};

template <class T>
std::set<T> to_set(std::vector<T> items) {
  return {std::make_move_iterator(items.begin()), std::make_move_iterator(items.end())};
}

/// {"amount": 7, "unit": "day"}, or the word "none": said, so that it cannot be forgotten.
Result<std::optional<Period>> read_period(const json::Value& value, Unknown unknown) {
  if (const std::string* word = value.as_text(); word != nullptr && *word == "none") return std::optional<Period>();
  json::ObjectReader in(value, "period");
  const std::int64_t amount = in.integer("amount", INT64_MIN, INT64_MAX);
  const auto unit = in.parsed("unit", parse_period_unit);
  KIP_TRY_VOID(in.finish(unknown));
  KIP_TRY(const Period period, Period::create(amount, *unit));
  return std::optional<Period>(period);
}

/// How a period in hours runs.
struct ClockTerms {
  std::optional<ClockPolicy> clock;
  std::optional<OfficeHours> office;
};

Result<ClockTerms> read_clock(json::ObjectReader& in) {
  ClockTerms out;
  out.clock = in.optional_parsed("clock", parse_clock_policy);
  const bool has_office = in.has("office");
  std::vector<OfficeBlock> blocks = json::text_items(in, "office", parse_office_block, 24);
  if (has_office) {
    KIP_TRY(out.office, OfficeHours::create(std::move(blocks)));
  }
  return out;
}

/// An act has dates, so that days run from one; hours run from the moment at which the vendor learned of it.
Result<void> check_clock(const std::optional<Period>& period, Trigger trigger, const ClockTerms& hours) {
  const bool in_hours = period && is_clock_unit(period->unit());
  if (in_hours && trigger != Trigger::vendor_aware) {
    return fail(
        ErrorCode::malformed,
        fmt::format("a period in {}s: acts have dates, so that periods from \"{}\" are in days, weeks, months or "
                    "years; hours run from \"{}\"",
                    to_string(period->unit()), to_string(trigger), to_string(Trigger::vendor_aware)));
  }
  if (!in_hours && (hours.clock || hours.office)) {
    return fail(ErrorCode::malformed, "\"clock\" and \"office\" go with periods in hours or minutes; leave them out");
  }
  const ClockPolicy clock = hours.clock.value_or(ClockPolicy::elapsed);
  const bool working = in_hours && period->unit() == PeriodUnit::working_hour;
  if (working && clock != ClockPolicy::working_hours) {
    return fail(ErrorCode::malformed, "working hours need \"clock\": \"working-hours\"");
  }
  if (in_hours && needs_office_hours(clock) && !hours.office) {
    return fail(ErrorCode::malformed, fmt::format("the clock \"{}\" needs \"office\", as [\"08:00-12:00\", "
                                                  "\"13:00-17:00\"]",
                                                  to_string(clock)));
  }
  return {};
}

Result<std::string> parse_rule(std::string_view text) {
  KIP_TRY(const Rule* rule, find_rule(text));
  return std::string(rule->id);
}

template <class Items, class ToText>
json::Array list_json(const Items& items, ToText&& to_text) {
  json::Array out;
  for (const auto& item : items)
    out.push_back(to_text(item));
  return out;
}

Result<Commitment> with_place(Result<Commitment> commitment, const json::Value& value) {
  const json::Value* id = value.find("id");
  if (commitment || id == nullptr || id->as_text() == nullptr) return commitment;
  return fail_while(fmt::format("commitment \"{}\"", id->as_text()->substr(0, 63)), std::move(commitment).error());
}

Result<Commitment> read(const json::Value& value) {
  json::ObjectReader in(value, "commitment");
  in.format("kip.commitment", 1);
  const Unknown unknown = json::unknown_members(value, kMinor);
  const auto id = in.parsed("id", CommitmentId::parse);
  const auto product = in.parsed("product", ProductId::parse);
  std::string title = in.optional_text("title").value_or(std::string());
  std::string clause = in.text("clause", kMaxClause);
  if (in.has("clause") && is_blank(clause)) in.refuse("clause", "is empty; quote the words of the promise");
  for (const char* list : {"issuers", "act_kinds"}) {
    if (in.array(list).empty()) in.refuse(list, "is empty; name at least one");
  }
  in.array("changes");
  std::vector<std::string> issuers = json::text_items(in, "issuers", normalise_issuer);
  std::vector<ActKind> kinds = json::text_items(in, "act_kinds", parse_act_kind);
  std::vector<ActChange> changes = json::text_items(in, "changes", parse_act_change);
  if (!in.has("period")) in.refuse("period", "is missing; write {\"amount\": 7, \"unit\": \"day\"} or \"none\"");
  const auto trigger = in.parsed("trigger", parse_trigger);
  auto rule = in.parsed("rule", parse_rule);
  auto calendar = in.parsed("calendar", parse_country_code);
  const auto profile = in.parsed("profile", parse_profile);
  const auto milestone = in.parsed("milestone", parse_milestone);
  KIP_TRY(ClockTerms hours, read_clock(in));
  const auto risk = in.optional_integer("risk_hours", 0, kMaxRiskHours);
  const bool beyond_contract = in.boolean_or("beyond_contract", false);
  KIP_TRY_VOID(in.finish(unknown));
  KIP_TRY(const auto period, read_period(*value.find("period"), unknown));
  KIP_TRY_VOID(check_clock(period, *trigger, hours));
  return Commitment{.id = *id,
                    .product = *product,
                    .title = std::move(title),
                    .clause = std::move(clause),
                    .issuers = to_set(std::move(issuers)),
                    .act_kinds = to_set(std::move(kinds)),
                    .changes = to_set(std::move(changes)),
                    .period = period,
                    .trigger = *trigger,
                    .rule = *std::move(rule),
                    .calendar = *std::move(calendar),
                    .profile = *profile,
                    .milestone = *milestone,
                    .clock = hours.clock.value_or(ClockPolicy::elapsed),
                    .office = std::move(hours.office),
                    .risk = std::chrono::hours(risk.value_or(kUsualRiskHours)),
                    .beyond_contract = beyond_contract};
}

/// Whether a member is used that the first version of the format does not have.
bool uses_minor(const Commitment& commitment) {
  const bool in_hours = commitment.period && is_clock_unit(commitment.period->unit());
  return in_hours || commitment.office || commitment.risk != std::chrono::hours(kUsualRiskHours) ||
         commitment.trigger == Trigger::vendor_aware || commitment.beyond_contract;
}

}  // namespace

std::string_view to_string(Milestone milestone) {
  return choice_text(kMilestones, milestone);
}
Result<Milestone> parse_milestone(std::string_view text) {
  return parse_choice(kMilestones, "a milestone", text);
}

bool Commitment::matches(const Act& act) const {
  const auto covered = [this](ActChange change) { return changes.contains(change); };
  const auto& products = act.applies_to.products;
  return issuers.contains(act.key.issuer()) && act_kinds.contains(act.kind) &&
         (changes.empty() || std::any_of(act.changes.begin(), act.changes.end(), covered)) &&
         (products.empty() || std::find(products.begin(), products.end(), product) != products.end());
}

std::vector<Warning> check_issuer(const Act& act, const std::vector<Commitment>& commitments) {
  const std::string& issuer = act.key.issuer();
  const auto names = [&issuer](const Commitment& commitment) { return commitment.issuers.contains(issuer); };
  if (commitments.empty() || std::any_of(commitments.begin(), commitments.end(), names)) return {};
  std::set<std::string> known;
  for (const Commitment& commitment : commitments)
    known.insert(commitment.issuers.begin(), commitment.issuers.end());
  return {{"issuer-unknown", fmt::format("no promise is about acts of {}; the issuers that promises name are {}",
                                         issuer, fmt::join(known, ", "))}};
}

std::vector<Warning> check_triggers(const Act& act, const std::vector<Commitment>& commitments) {
  std::vector<Warning> out;
  for (const Commitment& commitment : commitments) {
    const bool counted = commitment.period && commitment.trigger != Trigger::vendor_aware;
    if (!counted || !commitment.matches(act) || act.date(commitment.trigger)) continue;
    out.push_back(
        {"trigger-date-missing",
         fmt::format("the period of \"{}\" runs from the day on which {} was {}, which is not known: there is no "
                     "limit until it is stated (kip act date)",
                     commitment.id.str(), act.key.str(), to_string(commitment.trigger))});
  }
  return out;
}

Result<Commitment> read_commitment(const json::Value& value) {
  return with_place(read(value), value);
}

Result<Commitment> parse_commitment(BytesView text) {
  KIP_TRY(const json::Value value, json::parse(text, {.bytes = kMaxBytes}));
  return read_commitment(value);
}

json::Value to_json(const Commitment& commitment) {
  json::Value period = "none";
  if (commitment.period) {
    period = json::Object{{"amount", commitment.period->amount()}, {"unit", to_string(commitment.period->unit())}};
  }
  json::Object out{{"format", uses_minor(commitment) ? "kip.commitment/1.1" : "kip.commitment/1"},
                   {"id", commitment.id.str()},
                   {"product", commitment.product.str()},
                   {"clause", commitment.clause},
                   {"issuers", list_json(commitment.issuers, [](const std::string& issuer) { return issuer; })},
                   {"act_kinds", list_json(commitment.act_kinds, [](ActKind kind) { return to_string(kind); })},
                   {"changes", list_json(commitment.changes, [](ActChange change) { return to_string(change); })},
                   {"period", std::move(period)},
                   {"trigger", to_string(commitment.trigger)},
                   {"rule", commitment.rule},
                   {"calendar", commitment.calendar},
                   {"profile", to_string(commitment.profile)},
                   {"milestone", to_string(commitment.milestone)}};
  if (!commitment.title.empty()) out.emplace("title", commitment.title);
  if (commitment.period && is_clock_unit(commitment.period->unit())) out.emplace("clock", to_string(commitment.clock));
  if (commitment.office) {
    out.emplace("office", list_json(commitment.office->blocks(), [](const OfficeBlock& block) {
                  return format_time_of_day(block.from) + "-" + format_time_of_day(block.to);
                }));
  }
  if (commitment.risk != std::chrono::hours(kUsualRiskHours)) {
    out.emplace("risk_hours", std::int64_t{commitment.risk.count()});
  }
  if (commitment.beyond_contract) out.emplace("beyond_contract", true);
  return out;
}

Result<std::vector<Commitment>> parse_commitments(BytesView text) {
  KIP_TRY(const json::Value value, json::parse(text, {.bytes = kMaxBytes}));
  json::ObjectReader in(value, "commitments");
  in.format("kip.commitments", 1);
  in.array("commitments", kMaxCommitments);
  std::vector<Commitment> out = in.each("commitments", read_commitment, kMaxCommitments);
  KIP_TRY_VOID(in.finish(json::unknown_members(value)));
  std::set<CommitmentId> ids;
  for (const Commitment& commitment : out) {
    if (!ids.insert(commitment.id).second) {
      return fail(ErrorCode::malformed, fmt::format("the commitment \"{}\" stands twice", commitment.id.str()));
    }
  }
  return out;
}

json::Value to_json(const std::vector<Commitment>& commitments) {
  return json::Object{
      {"format", "kip.commitments/1"},
      {"commitments", list_json(commitments, [](const Commitment& commitment) { return to_json(commitment); })}};
}

}  // namespace kip
