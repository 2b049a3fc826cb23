#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <manifests/deadline/language.hpp>
#include <manifests/model/obligation.hpp>
#include <manifests/model/service_view.hpp>

namespace kip::server {

/// The words of the pages, in one language. Plain text: the page escapes it. A value.
class PageWords {
 public:
  explicit PageWords(Language language) : language_(language) {}

  Language language() const { return language_; }

  /// A phrase by its code, as "due", "missing"; the codes are those in page_words.cpp. The code itself where there is
  /// none.
  std::string_view operator()(std::string_view code) const;

  std::string_view state(ObligationState state) const;
  std::string_view state(ServiceState state) const;
  /// A sentence for a reason code of an obligation or of a customer's row; the code itself where it is not known.
  std::string reason(std::string_view reason, std::string_view detail) const;
  /// "2 days 3 h", "45 min"
  std::string length(std::chrono::milliseconds length) const;

 private:
  Language language_;
};

/// Whether every phrase and state has its words in every language; for a test.
bool has_all_words();

/// "2025-11-03 17:00:00 UTC"
std::string utc_words(Instant instant);
/// Local time at that offset from UTC: "2025-11-04 00:00 (UTC+07:00)"
std::string local_words(Instant instant, std::chrono::seconds utc_offset);

}  // namespace kip::server
