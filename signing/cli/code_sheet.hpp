#pragma once

#include <string>
#include <vector>

#include <manifests/deadline/language.hpp>
#include <manifests/model/customer.hpp>

namespace kip::cli {

/// A customer's place with some computers.
struct Site {
  std::size_t row = 0;  ///< of the list that names it
  TaxCode tax_code;
  std::string name;
  std::int64_t seats = 1;
};

struct SiteCode {
  Site site;
  std::string code;
  std::string expires;  ///< an instant
};

/// A list in CSV, whose first row names the columns "tax code", "site" and, where it is not 1, "seats", in English or
/// Vietnamese. Errors: malformed with the row; too_large.
Result<std::vector<Site>> read_sites(BytesView bytes);

/// For mail merge: CSV with the columns "tax code", "site", "seats", "code", "expires".
std::string code_table(const std::vector<SiteCode>& codes);

/// A page of HTML for each, to be printed and handed over.
std::string code_letters(const std::vector<SiteCode>& codes, const std::string& product, Language language);

}  // namespace kip::cli
