#include <algorithm>

#include <manifests/codec/reader.hpp>
#include <signing/tuf/verified.hpp>

namespace kip::tuf {
namespace {

constexpr std::size_t kMaxValidator = 512;
constexpr std::size_t kMaxBytes = 8192;

json::Value file_json(const VerifiedFile& file) {
  return json::Object{
      {"sha256", file.sha256}, {"version", file.header.version}, {"expires", format_instant(file.header.expires)}};
}

VerifiedFile read_file(json::ObjectReader& in, std::string_view role) {
  json::ObjectReader file(in.object(role), role);
  VerifiedFile out;
  out.sha256 = file.text("sha256", 64);
  out.header.version = file.integer("version", 1, INT64_MAX);
  out.header.expires = file.parsed("expires", parse_instant).value_or(Instant());
  if (const auto done = file.finish(); !done) in.refuse(role, done.error().message);
  return out;
}

/// Goes into a request header: nothing but visible ASCII and blanks.
Result<std::string> parse_validator(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (!plain) return fail(ErrorCode::malformed, "holds what no header line can");
  return std::string(text);
}

}  // namespace

Bytes to_bytes(const Verified& verified) {
  return json::to_compact(json::Object{{"format", "kip.verified/1"},
                                       {"root", file_json(verified.root)},
                                       {"timestamp", file_json(verified.timestamp)},
                                       {"snapshot", file_json(verified.snapshot)},
                                       {"targets", file_json(verified.targets)},
                                       {"etag", verified.validators.etag},
                                       {"last_modified", verified.validators.last_modified}});
}

Result<Verified> parse_verified(BytesView bytes) {
  KIP_TRY(const json::Value value, json::parse(bytes, {.bytes = kMaxBytes}));
  json::ObjectReader in(value, "verified metadata");
  in.format("kip.verified", 1);
  Verified out;
  out.root = read_file(in, kRoot);
  out.timestamp = read_file(in, kTimestamp);
  out.snapshot = read_file(in, kSnapshot);
  out.targets = read_file(in, kTargets);
  out.validators.etag = in.parsed("etag", parse_validator, kMaxValidator).value_or(std::string());
  out.validators.last_modified = in.parsed("last_modified", parse_validator, kMaxValidator).value_or(std::string());
  KIP_TRY_VOID(in.finish());
  return out;
}

}  // namespace kip::tuf
