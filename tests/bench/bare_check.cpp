// The floor for a TUF check: a program that makes the two requests of an unchanged check with libcurl and does nothing
// else. The second is conditional where a date is given.
//
//   bare_check METADATA-URL [LAST-MODIFIED]

#include <cstdio>
#include <string>

#include <curl/curl.h>

namespace {

std::size_t drop(char*, std::size_t size, std::size_t count, void*) {
  return size * count;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: bare_check METADATA-URL [LAST-MODIFIED]\n", stderr);
    return 2;
  }
  const std::string base = argv[1];
  curl_global_init(CURL_GLOBAL_DEFAULT);
  CURL* curl = curl_easy_init();
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &drop);
  curl_easy_setopt(curl, CURLOPT_URL, (base + "2.root.json").c_str());
  CURLcode code = curl_easy_perform(curl);
  curl_slist* headers = nullptr;
  if (argc > 2) headers = curl_slist_append(headers, ("If-Modified-Since: " + std::string(argv[2])).c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_URL, (base + "timestamp.json").c_str());
  if (code == CURLE_OK) code = curl_easy_perform(curl);
  curl_slist_free_all(headers);
  curl_easy_cleanup(curl);
  return code == CURLE_OK ? 0 : 1;
}
