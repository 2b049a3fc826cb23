#include <algorithm>

#include <fmt/format.h>

#include <manifests/codec/reader.hpp>
#include <manifests/deadline/calendar.hpp>
#include <manifests/model/circumstances.hpp>

namespace kip {
namespace {

constexpr std::size_t kMaxBytes = 4U << 20U;
constexpr std::size_t kMaxText = 4096;
constexpr json::ObjectReader::Unknown kStrict = json::ObjectReader::Unknown::refuse;

Result<void> check_room(std::size_t present) {
  if (present < kMaxCircumstances) return {};
  return fail(ErrorCode::too_large, fmt::format("more than {} of them for one obligation", kMaxCircumstances));
}

std::string part_words(std::string_view part) {
  return part.empty() ? std::string("the whole act") : fmt::format("the part \"{}\"", part);
}

json::Value waiver_json(const Waiver& waiver) {
  json::Object out{{"reason", waiver.reason},
                   {"expires", format_instant(waiver.expires)},
                   {"requested_by", waiver.requested_by},
                   {"requested_at", format_instant(waiver.requested_at)}};
  if (waiver.approved_at) {
    out.emplace("approved_by", waiver.approved_by);
    out.emplace("approved_at", format_instant(*waiver.approved_at));
  }
  return out;
}

json::Value block_json(const UpstreamBlock& block) {
  json::Object out{{"since", format_date(block.since)},
                   {"evidence", block.evidence},
                   {"by", block.by},
                   {"at", format_instant(block.at)}};
  if (!block.part.empty()) out.emplace("part", block.part);
  if (block.until) {
    out.emplace("until", format_date(*block.until));
    out.emplace("until_evidence", block.until_evidence);
  }
  return out;
}

Result<Waiver> read_waiver(const json::Value& value) {
  json::ObjectReader in(value, "waiver");
  std::string reason = in.text("reason", kMaxText);
  const auto expires = in.parsed("expires", parse_instant);
  std::string requested_by = in.text("requested_by");
  const auto requested_at = in.parsed("requested_at", parse_instant);
  std::string approved_by = in.optional_text("approved_by").value_or(std::string());
  const auto approved_at = in.optional_parsed("approved_at", parse_instant);
  KIP_TRY_VOID(in.finish(kStrict));
  return Waiver{std::move(reason),      *expires,   std::move(requested_by), *requested_at,
                std::move(approved_by), approved_at};
}

Result<UpstreamBlock> read_block(const json::Value& value) {
  json::ObjectReader in(value, "block");
  std::string part = in.optional_text("part").value_or(std::string());
  const auto since = in.parsed("since", parse_date);
  std::string evidence = in.text("evidence", kMaxText);
  std::string by = in.text("by");
  const auto at = in.parsed("at", parse_instant);
  const auto until = in.optional_parsed("until", parse_date);
  std::string until_evidence = in.optional_text("until_evidence", kMaxText).value_or(std::string());
  KIP_TRY_VOID(in.finish(kStrict));
  return UpstreamBlock{std::move(part),          *since, std::move(evidence), std::move(by), *at, until,
                       std::move(until_evidence)};
}

}  // namespace

Result<void> Circumstances::request_waiver(Waiver waiver) {
  KIP_TRY_VOID(check_room(waivers_.size()));
  if (waiver.reason.empty()) return fail(ErrorCode::usage, "give the reason why the obligation need not be met");
  if (waiver.expires <= waiver.requested_at) {
    return fail(ErrorCode::usage,
                fmt::format("the waiver would have ended at {}; give a later time", format_instant(waiver.expires)));
  }
  waivers_.push_back(std::move(waiver));
  return {};
}

Result<void> Circumstances::approve_waiver(std::size_t number, std::string_view by, Instant at) {
  if (number == 0 || number > waivers_.size()) {
    return fail(ErrorCode::not_found, fmt::format("the obligation has no waiver {}", number));
  }
  Waiver& waiver = waivers_[number - 1];
  if (waiver.approved_at)
    return fail(ErrorCode::conflict, fmt::format("{} has approved it already", waiver.approved_by));
  if (waiver.requested_by == by) {
    return fail(ErrorCode::denied, fmt::format("{} has asked for it; another person has to approve it", by));
  }
  waiver.approved_by = by;
  waiver.approved_at = at;
  return {};
}

Result<void> Circumstances::block(UpstreamBlock block) {
  KIP_TRY_VOID(check_room(blocks_.size()));
  if (block.evidence.empty()) return fail(ErrorCode::usage, "give the evidence that the authority has not delivered");
  const bool present = std::any_of(blocks_.begin(), blocks_.end(), [&](const UpstreamBlock& other) {
    return other.is_open() && other.part == block.part;
  });
  if (present) return fail(ErrorCode::conflict, fmt::format("{} is blocked already", part_words(block.part)));
  blocks_.push_back(std::move(block));
  return {};
}

Result<void> Circumstances::unblock(std::string_view part, LegalDate on, std::string evidence) {
  const auto found = std::find_if(blocks_.begin(), blocks_.end(),
                                  [&](const UpstreamBlock& block) { return block.is_open() && block.part == part; });
  if (found == blocks_.end()) return fail(ErrorCode::not_found, fmt::format("nothing blocks {}", part_words(part)));
  if (on < found->since || evidence.empty()) {
    return fail(ErrorCode::usage,
                fmt::format("give the evidence that the authority has delivered, and a day from {} on",
                            format_date(found->since)));
  }
  found->until = on;
  found->until_evidence = std::move(evidence);
  return {};
}

const Waiver* Circumstances::waiver_in_force(Instant now) const {
  const auto found =
      std::find_if(waivers_.begin(), waivers_.end(), [now](const Waiver& waiver) { return waiver.is_in_force(now); });
  return found == waivers_.end() ? nullptr : &*found;
}

const UpstreamBlock* Circumstances::open_block(std::string_view part) const {
  const auto found = std::find_if(blocks_.begin(), blocks_.end(), [&](const UpstreamBlock& block) {
    return block.is_open() && (block.part.empty() || block.part == part);
  });
  return found == blocks_.end() ? nullptr : &*found;
}

Result<Circumstances> parse_circumstances(BytesView text) {
  KIP_TRY(const json::Value value, json::parse(text, {.bytes = kMaxBytes}));
  json::ObjectReader in(value, "circumstances");
  Circumstances out;
  out.waivers_ = in.each("waivers", read_waiver, kMaxCircumstances);
  out.blocks_ = in.each("blocks", read_block, kMaxCircumstances);
  KIP_TRY_VOID(in.finish(kStrict));
  return out;
}

json::Value to_json(const Circumstances& circumstances) {
  json::Array waivers;
  for (const Waiver& waiver : circumstances.waivers())
    waivers.push_back(waiver_json(waiver));
  json::Array blocks;
  for (const UpstreamBlock& block : circumstances.blocks())
    blocks.push_back(block_json(block));
  return json::Object{{"waivers", std::move(waivers)}, {"blocks", std::move(blocks)}};
}

}  // namespace kip
