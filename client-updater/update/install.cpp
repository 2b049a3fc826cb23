#include <limits>

#include <fmt/format.h>

#include <client-updater/update/install.hpp>
#include <client-updater/update/versions.hpp>
#include <manifests/core/unicode.hpp>
#include <manifests/model/event.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/dsse/envelope.hpp>
#include <signing/keys/key_file.hpp>

namespace kip::updater {
namespace {

constexpr std::size_t kMaxDetail = 2000;
constexpr std::size_t kIncarnationOctets = 16;

/// At most so many bytes of it, whole characters.
std::string shortened(std::string_view text) {
  if (text.size() <= kMaxDetail) return std::string(text);
  std::string_view head = text.substr(0, kMaxDetail);
  while (!head.empty() && !is_utf8(head))
    head.remove_suffix(1);
  return std::string(head) + "…";
}

Result<OutboxEntry> sign(const Receipt& receipt, const Signer& signer) {
  KIP_TRY(const dsse::Envelope envelope,
          dsse::sign(std::string(kReceiptType), json::to_compact(to_json(receipt)), signer));
  Bytes bytes = dsse::to_bytes(envelope);
  const Sha256Digest digest = sha256(bytes);
  return OutboxEntry{receipt.incarnation, receipt.sequence, digest, std::move(bytes)};
}

/// The same report as the next one of another chain.
Result<OutboxEntry> moved(const OutboxEntry& entry, const Signer& signer, const std::string& incarnation,
                          const ChainHead& head) {
  KIP_TRY(const dsse::Envelope envelope, dsse::parse(entry.envelope));
  KIP_TRY(Receipt receipt, parse_receipt(envelope.payload));
  receipt.incarnation = incarnation;
  receipt.sequence = head.sequence + 1;
  receipt.previous = head.digest;
  return sign(receipt, signer);
}

}  // namespace

Result<Install> Install::open(const Ports& ports, const Layout& layout) {
  KIP_TRY(State state, ports.store.load());
  if (!state.enrolment) {
    return fail(ErrorCode::not_found,
                fmt::format("{} holds no enrolled install; run kip-updater enroll CODE first", layout.root().string()));
  }
  auto key = read_key_file(ports.files, layout.install_key(), SecretBytes());
  if (!key)
    return fail_while("reading this install's own key (if it is lost, enrol anew in another folder)", key.error());
  Layout own(layout.root(), *state.enrolment);
  return Install(ports, std::move(own), std::move(state), Signer::of(*std::move(key)));
}

Result<Install> Install::beside(const Ports& ports, const ProductId& product) const {
  Layout layout = Layout::of_updater(layout_);
  KIP_TRY_VOID(make_layout(ports.files, layout));
  KIP_TRY(PrivateKey key, read_key_file(ports_.files, layout_.install_key(), SecretBytes()));
  KIP_TRY(State state, ports.store.load());
  state.enrolment = enrolment();
  state.enrolment->product = product;
  state.enrolment->layout = layout.kind();
  state.enrolment->app_folder.clear();
  Install own(ports, std::move(layout), std::move(state), Signer::of(std::move(key)));
  own.reports_ = false;
  return own;
}

std::string Install::repository_url(std::string_view rest) const {
  return fmt::format("{}/t/{}/{}", enrolment().url, enrolment().tenant.str(), rest);
}

std::string Install::server_url(std::string_view rest) const {
  return fmt::format("{}/v1/tenants/{}/{}", enrolment().url, enrolment().tenant.str(), rest);
}

Result<void> Install::save(State next, const std::optional<Report>& report) {
  std::vector<OutboxEntry> receipts;
  if (report && reports_) {
    KIP_TRY(const ChainHead head, ports_.store.head(enrolment().incarnation));
    Report whole = *report;
    whole.basis = next.basis;
    if (!next.log_heads.empty()) whole.seen = next.log_heads.back().head;
    KIP_TRY(OutboxEntry receipt, make_receipt(enrolment(), signer_, head, whole, ports_.clock.now()));
    receipts.push_back(std::move(receipt));
  }
  KIP_TRY_VOID(ports_.store.save(next, receipts));
  state_ = std::move(next);
  return {};
}

Result<void> Install::begin_incarnation() {
  KIP_TRY(const std::vector<OutboxEntry> pending, ports_.store.pending(std::numeric_limits<std::size_t>::max()));
  State next = state_;
  next.enrolment->incarnation = new_incarnation(ports_.random);
  ChainHead head;
  std::vector<OutboxEntry> receipts;
  for (const OutboxEntry& entry : pending) {
    KIP_TRY(OutboxEntry receipt, moved(entry, signer_, next.enrolment->incarnation, head));
    head = {receipt.sequence, receipt.digest};
    receipts.push_back(std::move(receipt));
  }
  KIP_TRY_VOID(ports_.store.save(next, receipts));
  state_ = std::move(next);
  return {};
}

std::string new_incarnation(RandomSource& random) {
  return to_hex(random.bytes(kIncarnationOctets));
}

Result<OutboxEntry> make_receipt(const Enrolment& enrolment, const Signer& signer, const ChainHead& head,
                                 const Report& report, Instant now) {
  const Receipt receipt{.tenant = enrolment.tenant,
                        .install = enrolment.install,
                        .incarnation = enrolment.incarnation,
                        .sequence = head.sequence + 1,
                        .previous = head.digest,
                        .claimed_time = now,
                        .state = report.state,
                        .product = enrolment.product,
                        .version = report.about.version,
                        .manifest = report.about.manifest,
                        .detail = shortened(report.detail),
                        .basis = report.basis,
                        .seen = report.seen};
  return sign(receipt, signer);
}

}  // namespace kip::updater
