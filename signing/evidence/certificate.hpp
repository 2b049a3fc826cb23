#pragma once

#include <signing/evidence/evidence_report.hpp>

namespace kip {

/// For whom a certificate is made, and how.
struct CertificateRequest {
  TaxCode customer;
  Language language = Language::vi;
};

/// "an-phat-20251030-1f2e3d4c": of one customer in one bundle.
std::string certificate_number(const EvidenceReport& report, const TaxCode& customer);

/// A page in HTML, without scripts and fit to be printed: what follows from the bundle about one customer. It proves
/// nothing by itself and says so. `calendars`: of which the days are shown. Pure. Errors: not_found where the bundle is
/// not about the customer, or for a calendar.
Result<Bytes> make_certificate(const EvidenceReport& report, const CertificateRequest& request,
                               const CalendarBook& calendars);

}  // namespace kip
