#include <algorithm>

#include <server/domain/receipt_chain.hpp>

namespace kip::server {

Result<ReceiptChain> ReceiptChain::read(ReceiptTable& table, const ReceivedReceipts& request) {
  ReceiptChain out;
  KIP_TRY(auto recorded, receipts_around(table, request));
  for (ReceiptRecord& one : recorded) {
    ReceiptKey& key = one.key;
    out.insert({{std::move(key.incarnation), key.sequence, key.digest, one.event_index, one.recorded}, one.previous});
  }
  return out;
}

ReceiptChain::Neighbours ReceiptChain::around(const ReceivedReceipt& received) const {
  const Receipt& receipt = received.receipt;
  Neighbours out;
  if (const auto* with_number = at(receipt.incarnation, receipt.sequence)) {
    out.has_number = true;
    out.contradicted = &with_number->front().receipt;
    for (const Link& link : *with_number) {
      if (link.receipt.receipt == received.digest) out.same = &link.receipt;
    }
    return out;
  }
  const auto* before = at(receipt.incarnation, receipt.sequence - 1);
  const auto* next = receipt.sequence < INT64_MAX ? at(receipt.incarnation, receipt.sequence + 1) : nullptr;
  const auto any = [](const std::vector<Link>& links, auto&& fits) {
    return std::any_of(links.begin(), links.end(), fits);
  };
  if (before && !any(*before, [&](const Link& link) { return link.receipt.receipt == receipt.previous; })) {
    out.contradicted = &before->front().receipt;
  } else if (next && !any(*next, [&](const Link& link) { return link.previous == received.digest; })) {
    out.contradicted = &next->front().receipt;
  }
  return out;
}

bool ReceiptChain::has(const std::string& incarnation, std::int64_t sequence) const {
  return at(incarnation, sequence) != nullptr;
}

void ReceiptChain::add(const ReceivedReceipt& received) {
  const Receipt& receipt = received.receipt;
  insert({{receipt.incarnation, receipt.sequence, received.digest, kThisEvent, Instant()}, receipt.previous});
}

const std::vector<ReceiptChain::Link>* ReceiptChain::at(const std::string& incarnation, std::int64_t sequence) const {
  const auto found = links_.find({incarnation, sequence});
  return found == links_.end() ? nullptr : &found->second;
}

void ReceiptChain::insert(Link link) {
  auto& links = links_[{link.receipt.incarnation, link.receipt.sequence}];
  const auto place = std::find_if(links.begin(), links.end(),
                                  [&](const Link& other) { return link.receipt.receipt < other.receipt.receipt; });
  links.insert(place, std::move(link));
}

Result<bool> Incarnations::is_earlier(const Receipt& receipt) {
  if (present_.empty() || present_ == receipt.incarnation) return false;
  if (added_.contains(receipt.incarnation)) return true;
  if (!recorded_) {
    KIP_TRY(const auto all, table_.of(install_));
    recorded_.emplace();
    for (const ReceiptRecord& one : all)
      recorded_->insert(one.key.incarnation);
  }
  return recorded_->contains(receipt.incarnation);
}

void Incarnations::add(const Receipt& receipt, bool has_number) {
  added_.insert(receipt.incarnation);
  if (!has_number && (present_.empty() || receipt.sequence == 1)) present_ = receipt.incarnation;
}

}  // namespace kip::server
