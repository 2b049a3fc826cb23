#pragma once

#include <optional>
#include <vector>

#include <server/domain/unit_of_work.hpp>

namespace kip::server {

/// What is recorded of an install that another one takes the place of.
struct ReplacedInstall {
  InstallId id;
  std::optional<PublicationRecord> in_use = {};  ///< the release that it had in use at last; nothing before the first
};

/// The version that an install has in use, by its receipts in the order of the log. A version that was left for the one
/// before counts as left. Pure.
std::optional<Version> version_in_use(const std::vector<ReceiptRecord>& receipts);

/// Errors: those of the unit of work.
Result<ReplacedInstall> read_replaced(Projection& from, const InstallRecord& install);

}  // namespace kip::server
