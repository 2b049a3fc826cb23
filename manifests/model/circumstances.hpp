#pragma once

#include <optional>
#include <string>
#include <vector>

#include <manifests/codec/json.hpp>
#include <manifests/core/instant.hpp>

namespace kip {

/// Someone asks that an obligation need not be met, for a reason and a time; another person approves.
struct Waiver {
  std::string reason;
  Instant expires;
  std::string requested_by = {};
  Instant requested_at = {};
  std::string approved_by = {};  ///< empty: not approved
  std::optional<Instant> approved_at = {};

  bool is_in_force(Instant now) const { return approved_at && *approved_at <= now && now < expires; }
  bool operator==(const Waiver&) const = default;
};

/// Something that an authority has to deliver first is missing: its program, a schema, an annex.
struct UpstreamBlock {
  std::string part = {};  ///< of the act; empty: all of it
  LegalDate since;
  std::string evidence;
  std::string by = {};
  Instant at = {};
  std::optional<LegalDate> until = {};  ///< the day on which it was there
  std::string until_evidence = {};

  bool is_open() const { return !until.has_value(); }
  bool operator==(const UpstreamBlock&) const = default;
};

inline constexpr std::size_t kMaxCircumstances = 200;

/// What people have said about one obligation, in the order of events. Nothing is ever taken out. Not thread-safe.
class Circumstances {
 public:
  const std::vector<Waiver>& waivers() const { return waivers_; }
  const std::vector<UpstreamBlock>& blocks() const { return blocks_; }

  /// Errors: usage without a reason or where it would be over already; too_large.
  Result<void> request_waiver(Waiver waiver);
  /// `number` counts from 1. Errors: not_found; conflict where it is approved; denied for the person who asked.
  Result<void> approve_waiver(std::size_t number, std::string_view by, Instant at);

  /// Errors: usage without evidence; conflict where the part is blocked already; too_large.
  Result<void> block(UpstreamBlock block);
  /// Errors: not_found where nothing blocks the part; usage for a day before it was blocked or without evidence.
  Result<void> unblock(std::string_view part, LegalDate on, std::string evidence);

  const Waiver* waiver_in_force(Instant now) const;
  /// The open block of a part or of all of it.
  const UpstreamBlock* open_block(std::string_view part) const;

  bool operator==(const Circumstances&) const = default;

 private:
  friend Result<Circumstances> parse_circumstances(BytesView text);

  std::vector<Waiver> waivers_;
  std::vector<UpstreamBlock> blocks_;
};

/// {"waivers": [...], "blocks": [...]}. Errors: malformed.
Result<Circumstances> parse_circumstances(BytesView text);
json::Value to_json(const Circumstances& circumstances);

}  // namespace kip
