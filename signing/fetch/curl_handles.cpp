#include "curl_handles.hpp"

#include <csignal>

#include <manifests/core/check.hpp>

namespace kip::curl {

Easy make_easy() {
  static const CURLcode kDone = curl_global_init(CURL_GLOBAL_DEFAULT);
  KIP_CHECK(kDone == CURLE_OK);
#ifdef SIGPIPE
  // With CURLOPT_NOSIGNAL libcurl leaves this to us: TLS may write to a connection that the other side has closed.
  std::signal(SIGPIPE, SIG_IGN);
#endif
  Easy out(curl_easy_init());
  KIP_CHECK(out != nullptr);
  return out;
}

void append(Lines& lines, const char* line) {
  curl_slist* longer = curl_slist_append(lines.get(), line);
  KIP_CHECK(longer != nullptr);
  static_cast<void>(lines.release());
  lines.reset(longer);
}

}  // namespace kip::curl
