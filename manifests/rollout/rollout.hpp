#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include <manifests/codec/json.hpp>
#include <manifests/core/digest.hpp>
#include <manifests/core/ids.hpp>
#include <manifests/core/instant.hpp>
#include <manifests/core/version.hpp>

namespace kip {

/// What a vendor calls a group of installs by: "pilot".
using Label = Slug<struct LabelTag>;
using Labels = std::set<Label>;

/// From that instant on a release goes to this share of installs.
struct RampStep {
  Instant from;
  std::int64_t percent = 100;

  bool operator==(const RampStep&) const = default;
};

/// Installs with one of these labels, which a release reaches at their own pace.
struct Ring {
  Labels labels;  ///< one at least
  std::int64_t percent = 100;
  std::vector<RampStep> ramp = {};

  bool operator==(const Ring&) const = default;
};

/// The online choice among what officers signed: the content of "rollouts/PRODUCT.json", listed in the role "rollouts".
/// It can hold back, narrow and stop. Format: docs/formats/repository.md, "kip.rollout/1".
struct Rollout {
  ProductId product;
  Version version;
  std::int64_t percent = 100;  ///< of installs in no ring, 0 to 100
  bool paused = false;
  std::vector<RampStep> ramp = {};          ///< how that share grows: both ascend
  std::vector<Ring> rings = {};             ///< an install goes by the first that has one of its labels
  std::optional<Version> base = {};         ///< what those get meanwhile whom the version has not reached
  std::string reason = {};                  ///< why it is paused, for people at installs
  std::string windows = {};                 ///< WeeklyTimes, by the install's clock, in which it is put in use
  std::optional<Instant> force_after = {};  ///< later than the one that officers signed
  /// Where given, the server keeps `force_after` that much before the earliest limit that the version serves.
  std::optional<std::int64_t> force_before_due_hours = {};

  /// Whether any install could be reached or not by its labels.
  bool asks_for_labels() const { return !rings.empty(); }
  /// Whether every install is reached then, whatever its labels.
  bool is_open_to_all(Instant then) const;

  bool operator==(const Rollout&) const = default;
};

inline constexpr std::string_view kRolloutsRole = "rollouts";

inline constexpr std::int64_t kMaxForceBeforeDueHours = 720;

/// Errors: malformed, also for a ramp that does not ascend, a ring without labels and windows that are none.
Result<Rollout> read_rollout(const json::Value& value);
Result<Rollout> parse_rollout(BytesView bytes);
json::Value to_json(const Rollout& rollout);
std::string rollout_target_path(const ProductId& product);

/// Errors: malformed unless each item is a label; at most 100.
Result<Labels> read_labels(const json::Array& items);
json::Value to_json(const Labels& labels);
/// "pilot, hue"
std::string to_text(const Labels& labels);

/// The share of a ramp at that time.
std::int64_t percent_at(std::int64_t percent, const std::vector<RampStep>& ramp, Instant then);

/// An install's place among all, 0 to 9,999: the first 8 octets, big endian, of SHA-256(install id || release digest),
/// mod 10,000. Stable per install and release, so that who was reached once stays reached while a share grows.
std::int64_t cohort_of(const InstallId& install, const Sha256Digest& release, const Sha256Function& sha256);

enum class Reach {
  reached,
  not_yet,         ///< its turn comes later, or has not been given
  other_audience,  ///< officers meant the release for installs with other labels
  paused,
};

struct Reached {
  Reach reach = Reach::reached;
  std::optional<Instant> from = {};  ///< of not_yet: when the ramp comes to it; none where it never does

  bool operator==(const Reached&) const = default;
};

/// A release as a rollout sees it.
struct RolledOut {
  const Sha256Digest& manifest;
  const Labels& audience;  ///< whom officers meant it for; empty: everyone
};

/// Whether officers meant a release with this audience for an install with these labels. Pure.
bool is_meant_for(const Labels& audience, const Labels& labels);

/// Whether a rollout has come to an install with these labels. Pure.
Reached reach_of(const Rollout& rollout, const RolledOut& release, const InstallId& install, const Labels& labels,
                 Instant now, const Sha256Function& sha256);

/// Whether `after` lets nobody have anything sooner than `before` did, or would if it went on: what one person may
/// decide alone. Pure.
bool is_no_wider(const Rollout& before, const Rollout& after);

}  // namespace kip
