#pragma once

#include <signing/evidence/evidence_archive.hpp>
#include <signing/evidence/install_book.hpp>
#include <signing/evidence/private_log.hpp>
#include <signing/evidence/vendor_book.hpp>

namespace kip {

/// That a bundle judges all that what it is about asks for, by what it shows: whoever makes it cannot take an
/// obligation or a customer out of sight. Tells what it is about. Pure. Errors: integrity.
Result<std::string> check_scope(const EvidenceIndex& index, const VendorBook& vendor, const InstallBook& installs,
                                const PrivateLog& closed);

/// That each of these files has its place in the format, so that nothing travels along under the vendor's signature
/// that nobody has looked at. `pages`: those that follow from it. Pure. Errors: integrity, with the first that has
/// none.
Result<void> check_places(const EvidenceFiles& files, const EvidenceFiles& pages, const EvidenceIndex& index,
                          const VendorBook& vendor, const LogKeys& keys);

}  // namespace kip
