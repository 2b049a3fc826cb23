#include <array>
#include <set>

#include <fmt/format.h>

#include <manifests/codec/reader.hpp>
#include <manifests/model/receipt.hpp>

namespace kip {
namespace {

struct StateName {
  InstallState state;
  std::string_view name;
};

constexpr std::array<StateName, 13> kStates = {{
    {InstallState::offered, "offered"},
    {InstallState::deferred, "deferred"},
    {InstallState::waiting_window, "waiting_window"},
    {InstallState::downloaded, "downloaded"},
    {InstallState::verified, "verified"},
    {InstallState::applying, "applying"},
    {InstallState::installed, "installed"},
    {InstallState::installed_with_exceptions, "installed_with_exceptions"},
    {InstallState::already_installed, "already_installed"},
    {InstallState::failed, "failed"},
    {InstallState::rejected, "rejected"},
    {InstallState::rolled_back, "rolled_back"},
    {InstallState::held, "held"},
}};

constexpr std::size_t kMaxReceipt = 64U << 10U;
constexpr std::size_t kMaxOrigin = 1024;

Result<std::string> parse_incarnation(std::string_view text) {
  KIP_TRY(const Bytes octets, from_hex(text));
  if (octets.size() != 16) return fail(ErrorCode::malformed, "an incarnation has 32 hexadecimal digits");
  return std::string(text);
}

Result<AcknowledgedReceipt> parse_acknowledged(const json::Value& value) {
  json::ObjectReader in(value, "receipt of an acknowledgement");
  auto incarnation = in.parsed("incarnation", parse_incarnation);
  const std::int64_t sequence = in.integer("sequence", 1, INT64_MAX);
  const auto receipt = in.parsed("receipt", Sha256Digest::parse);
  const std::int64_t index = in.integer("event_index", 1, INT64_MAX);
  const auto time = in.parsed("recorded_time", parse_instant);
  KIP_TRY_VOID(in.finish());
  return AcknowledgedReceipt{*std::move(incarnation), sequence, *receipt, index, *time};
}

json::Value to_json(const AcknowledgedReceipt& one) {
  return json::Object{{"incarnation", one.incarnation},
                      {"sequence", one.sequence},
                      {"receipt", one.receipt.hex()},
                      {"event_index", one.event_index},
                      {"recorded_time", format_instant(one.recorded_time)}};
}

}  // namespace

std::string_view to_string(InstallState state) {
  for (const StateName& row : kStates) {
    if (row.state == state) return row.name;
  }
  KIP_CHECK(false);
  return {};
}

bool stops_clock(InstallState state) {
  return state == InstallState::installed || state == InstallState::already_installed;
}

bool is_in_use(InstallState state) {
  return stops_clock(state) || state == InstallState::installed_with_exceptions;
}

Result<InstallState> parse_install_state(std::string_view text) {
  for (const StateName& row : kStates) {
    if (row.name == text) return row.state;
  }
  return fail(ErrorCode::malformed, fmt::format("\"{}\" is not a state of an install", text.substr(0, 40)));
}

json::Value to_json(const SeenHead& head) {
  return json::Object{{"origin", head.origin}, {"size", head.size}, {"root", head.root.hex()}};
}

Result<SeenHead> parse_seen_head(const json::Value& value) {
  json::ObjectReader in(value, "head of a log");
  std::string origin = in.text("origin", kMaxOrigin);
  const std::int64_t size = in.integer("size", 0, INT64_MAX);
  const auto root = in.parsed("root", Sha256Digest::parse);
  if (origin.empty()) in.refuse("origin", "is empty");
  KIP_TRY_VOID(in.finish());
  return SeenHead{std::move(origin), size, *root};
}

Result<Receipt> parse_receipt(BytesView payload) {
  KIP_TRY(const json::Value value, json::parse(payload, {.bytes = kMaxReceipt}));
  json::ObjectReader in(value, "receipt");
  in.format("kip.receipt", 1);
  auto tenant = in.parsed("tenant", TenantId::parse);
  auto install = in.parsed("install", InstallId::parse);
  auto incarnation = in.parsed("incarnation", parse_incarnation);
  const std::int64_t sequence = in.integer("sequence", 1, INT64_MAX);
  const auto previous = in.optional_parsed("previous", Sha256Digest::parse);
  const auto time = in.parsed("claimed_time", parse_instant);
  const auto state = in.parsed("state", parse_install_state);
  auto product = in.parsed("product", ProductId::parse);
  auto version = in.parsed("version", Version::parse);
  const auto manifest = in.optional_parsed("manifest", Sha256Digest::parse);
  std::string detail = in.optional_text("detail", 4096).value_or("");
  const auto basis = in.optional_parsed("basis", Sha256Digest::parse);
  std::optional<SeenHead> seen;
  if (in.has("seen")) {
    auto head = parse_seen_head(in.object("seen"));
    if (head)
      seen = *std::move(head);
    else
      in.refuse("seen", head.error().message);
  }
  if ((sequence == 1) == previous.has_value()) in.refuse("previous", "stands exactly where the sequence is above 1");
  KIP_TRY_VOID(in.finish());
  return Receipt{*std::move(tenant),
                 *std::move(install),
                 *std::move(incarnation),
                 sequence,
                 previous,
                 *time,
                 *state,
                 *std::move(product),
                 *std::move(version),
                 manifest,
                 std::move(detail),
                 basis,
                 std::move(seen)};
}

json::Value to_json(const Receipt& receipt) {
  json::Object out{{"format", "kip.receipt/1"},         {"tenant", receipt.tenant.str()},
                   {"install", receipt.install.str()},  {"incarnation", receipt.incarnation},
                   {"sequence", receipt.sequence},      {"claimed_time", format_instant(receipt.claimed_time)},
                   {"state", to_string(receipt.state)}, {"product", receipt.product.str()},
                   {"version", receipt.version.str()}};
  if (receipt.previous) out["previous"] = receipt.previous->hex();
  if (receipt.manifest) out["manifest"] = receipt.manifest->hex();
  if (!receipt.detail.empty()) out["detail"] = receipt.detail;
  if (receipt.basis) out["basis"] = receipt.basis->hex();
  if (receipt.seen) out["seen"] = to_json(*receipt.seen);
  return out;
}

Result<Acknowledgement> parse_acknowledgement(BytesView payload) {
  KIP_TRY(const json::Value value, json::parse(payload, {.bytes = kMaxReceipt}));
  json::ObjectReader in(value, "acknowledgement");
  in.format("kip.acknowledgement", 1);
  auto tenant = in.parsed("tenant", TenantId::parse);
  auto install = in.parsed("install", InstallId::parse);
  in.array("receipts", kMaxReceiptsAtOnce);
  auto receipts = in.each("receipts", parse_acknowledged, kMaxReceiptsAtOnce);
  if (receipts.empty()) in.refuse("receipts", "is empty");
  std::set<Sha256Digest> seen;
  for (const AcknowledgedReceipt& one : receipts) {
    if (!seen.insert(one.receipt).second) in.refuse("receipts", "names a receipt twice");
  }
  const auto basis = in.optional_parsed("basis", Sha256Digest::parse);
  KIP_TRY_VOID(in.finish());
  return Acknowledgement{*std::move(tenant), *std::move(install), std::move(receipts), basis};
}

json::Value to_json(const Acknowledgement& acknowledgement) {
  json::Array receipts;
  receipts.reserve(acknowledgement.receipts.size());
  for (const AcknowledgedReceipt& one : acknowledgement.receipts)
    receipts.push_back(to_json(one));
  json::Object out{{"format", "kip.acknowledgement/1"},
                   {"tenant", acknowledgement.tenant.str()},
                   {"install", acknowledgement.install.str()},
                   {"receipts", std::move(receipts)}};
  if (acknowledgement.basis) out["basis"] = acknowledgement.basis->hex();
  return out;
}

}  // namespace kip
