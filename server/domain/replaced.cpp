#include <server/domain/replaced.hpp>

namespace kip::server {

std::optional<Version> version_in_use(const std::vector<ReceiptRecord>& receipts) {
  std::optional<Version> in_use;
  std::optional<Version> before;
  for (const ReceiptRecord& receipt : receipts) {
    if (is_in_use(receipt.state) && receipt.version != in_use) {
      before = std::exchange(in_use, receipt.version);
    } else if (receipt.state == InstallState::rolled_back && receipt.version == in_use) {
      in_use = std::exchange(before, std::nullopt);
    }
  }
  return in_use;
}

Result<ReplacedInstall> read_replaced(Projection& from, const InstallRecord& install) {
  ReplacedInstall out{install.id};
  KIP_TRY(const auto receipts, from.receipts.of(install.id));
  if (const auto version = version_in_use(receipts)) {
    KIP_TRY(out.in_use, from.publications.find({install.product, version->str()}));
  }
  return out;
}

}  // namespace kip::server
