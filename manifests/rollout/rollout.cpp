#include <algorithm>

#include <fmt/format.h>

#include <manifests/codec/reader.hpp>
#include <manifests/rollout/local_times.hpp>
#include <manifests/rollout/rollout.hpp>

namespace kip {
namespace {

constexpr std::size_t kMaxFile = 1U << 20U;
constexpr std::size_t kMaxSteps = 100;
constexpr std::size_t kMaxRings = 20;
constexpr std::size_t kMaxLabels = 100;
constexpr std::size_t kMaxReason = 500;
constexpr std::size_t kMaxWindows = 500;
constexpr std::int64_t kWhole = 100;

using Ramp = std::vector<RampStep>;

Result<RampStep> read_step(const json::Value& value) {
  json::ObjectReader in(value, "step of a ramp");
  const auto from = in.parsed("from", parse_instant);
  const std::int64_t percent = in.integer("percent", 0, kWhole);
  KIP_TRY_VOID(in.finish());
  return RampStep{*from, percent};
}

Result<void> expect_ascending(std::int64_t percent, const Ramp& ramp) {
  std::optional<Instant> before;
  for (const RampStep& step : ramp) {
    if (before && step.from <= *before)
      return fail(ErrorCode::malformed, "each step of a ramp has to begin after the one before it");
    if (step.percent < percent) {
      return fail(ErrorCode::malformed,
                  fmt::format("a ramp only rises, and from {} on this one falls from {} to {} percent",
                              format_instant(step.from), percent, step.percent));
    }
    before = step.from;
    percent = step.percent;
  }
  return {};
}

Result<Ring> read_ring(const json::Value& value) {
  json::ObjectReader in(value, "ring");
  const json::Array& labels = in.array("labels", kMaxLabels);
  const std::int64_t percent = in.optional_integer("percent", 0, kWhole).value_or(kWhole);
  auto ramp = in.each("ramp", read_step, kMaxSteps);
  KIP_TRY_VOID(in.finish());
  Ring ring{{}, percent, std::move(ramp)};
  KIP_TRY(ring.labels, read_labels(labels));
  if (ring.labels.empty()) return fail(ErrorCode::malformed, "a ring needs a label");
  KIP_TRY_VOID(expect_ascending(ring.percent, ring.ramp));
  return ring;
}

json::Value to_json(const Ramp& ramp) {
  json::Array out;
  for (const RampStep& step : ramp)
    out.push_back(json::Object{{"from", format_instant(step.from)}, {"percent", step.percent}});
  return out;
}

json::Value to_json(const Ring& ring) {
  json::Object out{{"labels", to_json(ring.labels)}, {"percent", ring.percent}};
  if (!ring.ramp.empty()) out["ramp"] = to_json(ring.ramp);
  return out;
}

const Ring* ring_of(const Rollout& rollout, const Labels& labels) {
  const auto has_one = [&](const Ring& ring) {
    return std::any_of(ring.labels.begin(), ring.labels.end(), [&](const Label& one) { return labels.contains(one); });
  };
  const auto found = std::find_if(rollout.rings.begin(), rollout.rings.end(), has_one);
  return found == rollout.rings.end() ? nullptr : &*found;
}

/// Whether a share never exceeds the one before.
bool never_above(std::int64_t before, const Ramp& before_ramp, std::int64_t after, const Ramp& after_ramp) {
  if (after > before) return false;
  return std::all_of(after_ramp.begin(), after_ramp.end(),
                     [&](const RampStep& step) { return step.percent <= percent_at(before, before_ramp, step.from); });
}

bool never_above(const Ring& before, const Ring& after) {
  return before.labels == after.labels && never_above(before.percent, before.ramp, after.percent, after.ramp);
}

/// A tie moves by itself: it may be loosened, but not made out of a fixed time.
bool forces_no_earlier(const Rollout& before, const Rollout& after) {
  if (!before.force_after) return true;
  if (after.force_before_due_hours)
    return before.force_before_due_hours && *after.force_before_due_hours <= *before.force_before_due_hours;
  return after.force_after && *before.force_after <= *after.force_after;
}

}  // namespace

Result<Labels> read_labels(const json::Array& items) {
  Labels out;
  if (items.size() > kMaxLabels) return fail(ErrorCode::too_large, fmt::format("more than {} labels", kMaxLabels));
  for (const json::Value& item : items) {
    if (item.as_text() == nullptr) return fail(ErrorCode::malformed, "a label is text");
    KIP_TRY(Label label, Label::parse(*item.as_text()));
    out.insert(std::move(label));
  }
  return out;
}

json::Value to_json(const Labels& labels) {
  json::Array out;
  for (const Label& label : labels)
    out.emplace_back(label.str());
  return out;
}

std::string to_text(const Labels& labels) {
  std::string out;
  for (const Label& label : labels)
    out += (out.empty() ? "" : ", ") + label.str();
  return out;
}

std::int64_t percent_at(std::int64_t percent, const Ramp& ramp, Instant then) {
  for (const RampStep& step : ramp) {
    if (then < step.from) break;
    percent = step.percent;
  }
  return percent;
}

bool Rollout::is_open_to_all(Instant then) const {
  return !paused && percent_at(percent, ramp, then) == kWhole &&
         std::all_of(rings.begin(), rings.end(),
                     [&](const Ring& ring) { return percent_at(ring.percent, ring.ramp, then) == kWhole; });
}

Result<Rollout> parse_rollout(BytesView bytes) {
  KIP_TRY(const json::Value value, json::parse(bytes, {.bytes = kMaxFile}));
  return read_rollout(value);
}

Result<Rollout> read_rollout(const json::Value& value) {
  json::ObjectReader in(value, "rollout");
  in.format("kip.rollout", 1);
  auto product = in.parsed("product", ProductId::parse);
  auto version = in.parsed("version", Version::parse);
  const std::int64_t percent = in.integer("percent", 0, kWhole);
  const bool paused = in.boolean("paused");
  auto ramp = in.each("ramp", read_step, kMaxSteps);
  auto rings = in.each("rings", read_ring, kMaxRings);
  auto base = in.optional_parsed("base", Version::parse);
  std::string reason = in.optional_text("reason", kMaxReason).value_or("");
  std::string windows = in.optional_text("windows", kMaxWindows).value_or("");
  const auto force_after = in.optional_parsed("force_after", parse_instant);
  const auto force_before_due = in.optional_integer("force_before_due_hours", 1, kMaxForceBeforeDueHours);
  if (auto times = WeeklyTimes::parse(windows); !times) in.refuse("windows", times.error().message);
  if (auto ascends = expect_ascending(percent, ramp); !ascends) in.refuse("ramp", ascends.error().message);
  KIP_TRY_VOID(in.finish());
  return Rollout{*std::move(product), *std::move(version), percent,         paused,
                 std::move(ramp),     std::move(rings),    std::move(base), std::move(reason),
                 std::move(windows),  force_after,         force_before_due};
}

json::Value to_json(const Rollout& rollout) {
  json::Object out{{"format", "kip.rollout/1"},
                   {"product", rollout.product.str()},
                   {"version", rollout.version.str()},
                   {"percent", rollout.percent},
                   {"paused", rollout.paused}};
  if (!rollout.ramp.empty()) out["ramp"] = to_json(rollout.ramp);
  if (!rollout.rings.empty()) {
    json::Array rings;
    for (const Ring& ring : rollout.rings)
      rings.push_back(to_json(ring));
    out["rings"] = std::move(rings);
  }
  if (rollout.base) out["base"] = rollout.base->str();
  if (!rollout.reason.empty()) out["reason"] = rollout.reason;
  if (!rollout.windows.empty()) out["windows"] = rollout.windows;
  if (rollout.force_after) out["force_after"] = format_instant(*rollout.force_after);
  if (rollout.force_before_due_hours) out["force_before_due_hours"] = *rollout.force_before_due_hours;
  return out;
}

std::string rollout_target_path(const ProductId& product) {
  return fmt::format("rollouts/{}.json", product.str());
}

std::int64_t cohort_of(const InstallId& install, const Sha256Digest& release, const Sha256Function& sha256) {
  constexpr std::uint64_t kCohorts = 10'000;
  const Bytes digest = sha256(install.str() + release.bytes()).bytes();
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i)
    number = (number << 8U) | static_cast<unsigned char>(digest[i]);
  return static_cast<std::int64_t>(number % kCohorts);
}

bool is_meant_for(const Labels& audience, const Labels& labels) {
  return audience.empty() ||
         std::any_of(audience.begin(), audience.end(), [&](const Label& one) { return labels.contains(one); });
}

Reached reach_of(const Rollout& rollout, const RolledOut& release, const InstallId& install, const Labels& labels,
                 Instant now, const Sha256Function& sha256) {
  constexpr std::int64_t kCohortsPerPercent = 100;
  if (!is_meant_for(release.audience, labels)) return {Reach::other_audience};
  if (rollout.paused) return {Reach::paused};
  const Ring* const ring = ring_of(rollout, labels);
  const std::int64_t percent = ring == nullptr ? rollout.percent : ring->percent;
  const Ramp& ramp = ring == nullptr ? rollout.ramp : ring->ramp;
  const std::int64_t cohort = cohort_of(install, release.manifest, sha256);
  const auto reaches = [cohort](std::int64_t share) { return cohort < share * kCohortsPerPercent; };
  if (reaches(percent_at(percent, ramp, now))) return {Reach::reached};
  const auto step = std::find_if(ramp.begin(), ramp.end(), [&](const RampStep& one) { return reaches(one.percent); });
  return {Reach::not_yet, step == ramp.end() ? std::nullopt : std::optional(step->from)};
}

bool is_no_wider(const Rollout& before, const Rollout& after) {
  if (before.product != after.product || before.version != after.version) return false;
  if (after.base && after.base != before.base) return false;
  // What is widened while it stands still would be wider once it goes on.
  if (before.paused && !after.paused) return false;
  const bool keeps_windows = before.windows.empty() || before.windows == after.windows;
  return keeps_windows && forces_no_earlier(before, after) &&
         never_above(before.percent, before.ramp, after.percent, after.ramp) &&
         before.rings.size() == after.rings.size() &&
         std::equal(before.rings.begin(), before.rings.end(), after.rings.begin(),
                    [](const Ring& a, const Ring& b) { return never_above(a, b); });
}

}  // namespace kip
