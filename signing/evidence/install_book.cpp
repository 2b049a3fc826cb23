#include <algorithm>

#include <fmt/format.h>

#include <manifests/codec/reader.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/dsse/envelope.hpp>
#include <signing/evidence/install_book.hpp>
#include <signing/evidence/receipts_recorded.hpp>
#include <signing/protocol/key_rotation.hpp>

namespace kip {
namespace {

/// Incarnations in the order in which they were first heard of.
std::vector<std::string> incarnations_of(const std::vector<LoggedReceipt>& receipts) {
  std::vector<std::string> out;
  for (const LoggedReceipt& one : receipts) {
    if (std::find(out.begin(), out.end(), one.receipt.incarnation) == out.end()) out.push_back(one.receipt.incarnation);
  }
  return out;
}

/// Whether an incarnation goes on after a later one began: two copies of one install are alive.
bool incarnations_alternate(const std::vector<LoggedReceipt>& by_place) {
  const auto order = incarnations_of(by_place);
  std::size_t latest = 0;
  for (const LoggedReceipt& one : by_place) {
    const auto rank =
        static_cast<std::size_t>(std::find(order.begin(), order.end(), one.receipt.incarnation) - order.begin());
    if (rank < latest) return true;
    latest = rank;
  }
  return false;
}

/// By the key that the install has at this place of the log. Errors: signature.
Result<void> verify_receipt(const dsse::Envelope& envelope, const LoggedInstall& install) {
  const Key& key = install.install.key;
  if (!key.usable()) return fail(ErrorCode::signature, "the key of its install cannot be used");
  const auto verified = dsse::verify(envelope, kReceiptType, {*key.usable()});
  if (verified) return {};
  const bool is_given_up =
      std::any_of(install.earlier_keys.begin(), install.earlier_keys.end(), [&](const Key& earlier) {
        return earlier.usable() && dsse::verify(envelope, kReceiptType, {*earlier.usable()});
      });
  if (is_given_up)
    return fail(ErrorCode::signature, "it is signed with a key that its install had given up before this place");
  return Unexpected(verified.error());
}

/// Within one incarnation, ascending by sequence: gaps are marked; whether two contradict each other is told.
bool link(std::vector<LoggedReceipt>& receipts) {
  bool contradicted = false;
  bool gap = false;
  const LoggedReceipt* before = nullptr;
  for (LoggedReceipt& one : receipts) {
    const bool begins = before == nullptr || before->receipt.incarnation != one.receipt.incarnation;
    const std::int64_t expected = begins ? 1 : before->receipt.sequence + 1;
    if (begins) gap = false;
    if (one.receipt.sequence < expected) contradicted = true;  // the same number twice
    if (one.receipt.sequence > expected) gap = true;
    if (!begins && one.receipt.sequence == expected && one.receipt.previous != before->digest) contradicted = true;
    one.after_gap = gap;
    before = &one;
  }
  return contradicted;
}

}  // namespace

Result<InstallBook> InstallBook::read(const PrivateLog& log) {
  InstallBook out;
  for (const ShownEvent& shown : log.events()) {
    if (auto taken = out.take(shown); !taken)
      return fail_while(fmt::format("entry {} of R, {}", shown.place, shown.event.type), taken.error());
  }
  out.order_receipts();
  return out;
}

Result<void> InstallBook::take(const ShownEvent& shown) {
  const Event& event = shown.event;
  if (event.type == event_type::kReceiptsRecorded) return take_receipts(shown);
  if (event.type == event_type::kInstallAlarm) return take_alarm(event);
  if (event.type == event_type::kCodeCreated) return take_code(event);
  if (event.type == event_type::kInstallEnrolled) {
    KIP_TRY(EnrolledInstall install, read_install_enrolled(event.body));
    const InstallId id = install.id;
    if (!installs_.emplace(id, LoggedInstall{std::move(install), shown.place}).second)
      return fail(ErrorCode::integrity, "it enrols an install that is there already");
    return {};
  }
  if (event.type == event_type::kInstallRekeyed) return take_rotation(event);
  if (event.type == event_type::kInstallReplaced) {
    KIP_TRY(const Replacement replacement, read_install_replaced(event.body));
    const auto install = installs_.find(replacement.replaced);
    if (install != installs_.end()) install->second.retired = shown.place;
    return {};
  }
  if (event.type == event_type::kInstallRetired) {
    KIP_TRY(const InstallEnd end, read_install_end(event.body));
    const auto install = installs_.find(end.install);
    if (install != installs_.end() && !install->second.retired) install->second.retired = shown.place;
    return {};
  }
  if (event.type != event_type::kCustomerImported) return {};
  json::ObjectReader in(event.body, event.type);
  const json::Value& value = in.object("customer");
  KIP_TRY_VOID(in.finish());
  KIP_TRY(Customer customer, read_customer(value));
  customers_.insert_or_assign(std::pair(customer.tax_code, customer.product), std::move(customer));
  return {};
}

Result<void> InstallBook::take_receipts(const ShownEvent& shown) {
  KIP_TRY(std::vector<ReceivedReceipt> received, read_receipts_recorded(shown.event.body));
  const auto install = installs_.find(received.front().receipt.install);
  if (install == installs_.end())
    return fail(ErrorCode::integrity, "the bundle does not show the enrolment of its install");
  for (ReceivedReceipt& one : received) {
    auto& [receipt, digest, envelope] = one;
    KIP_TRY_VOID(verify_receipt(envelope, install->second));
    if (receipt.tenant != shown.event.tenant || receipt.product != install->second.install.product)
      return fail(ErrorCode::integrity, "it is of another vendor or product");
    install->second.receipts.push_back({std::move(receipt), digest, shown.place, shown.event.claimed_time});
    ++receipts_;
  }
  return {};
}

Result<void> InstallBook::take_rotation(const Event& event) {
  KIP_TRY(const InstallRekeyed rekeyed, read_install_rekeyed(event.body));
  KIP_TRY(SignedRotation rotation, read_rotation(rekeyed.rotation));
  if (rotation.said.tenant != event.tenant || rotation.said.install != rekeyed.install)
    return fail(ErrorCode::integrity, "it is about another vendor or install");
  const auto install = installs_.find(rekeyed.install);
  if (install == installs_.end())
    return fail(ErrorCode::integrity, "the bundle does not show the enrolment of its install");
  Key& key = install->second.install.key;
  KIP_TRY_VOID(verify_given_up(rotation, key));
  install->second.earlier_keys.push_back(std::move(key));
  key = std::move(rotation.new_key);
  return {};
}

Result<void> InstallBook::take_code(const Event& event) {
  json::ObjectReader in(event.body, event.type);
  const auto secret = in.parsed("secret_sha256", Sha256Digest::parse);
  std::string label = in.text("label");
  KIP_TRY_VOID(in.finish());
  sites_.insert_or_assign(*secret, std::move(label));
  return {};
}

std::string InstallBook::site_of(const LoggedInstall& install) const {
  const auto found = sites_.find(install.install.code);
  return found == sites_.end() ? std::string() : found->second;
}

Result<void> InstallBook::take_alarm(const Event& event) {
  KIP_TRY(const Alarm alarm, read_install_alarm(event.body));
  for (const InstallId& id : alarm.installs) {
    const auto install = installs_.find(id);
    if (install != installs_.end()) install->second.contradicted = true;
  }
  return {};
}

void InstallBook::order_receipts() {
  for (auto& [id, install] : installs_) {
    std::vector<LoggedReceipt>& receipts = install.receipts;
    if (incarnations_alternate(receipts)) install.contradicted = true;
    const auto order = incarnations_of(receipts);
    const auto rank = [&](const LoggedReceipt& one) {
      return std::pair(std::find(order.begin(), order.end(), one.receipt.incarnation), one.receipt.sequence);
    };
    std::stable_sort(receipts.begin(), receipts.end(),
                     [&](const LoggedReceipt& a, const LoggedReceipt& b) { return rank(a) < rank(b); });
    if (link(receipts)) install.contradicted = true;
  }
}

}  // namespace kip
