#pragma once

// Inside signing/fetch only: what belongs to libcurl, and its one start.

#include <memory>

#include <curl/curl.h>

namespace kip::curl {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Easy = std::unique_ptr<CURL, Deleter<curl_easy_cleanup>>;
using Lines = std::unique_ptr<curl_slist, Deleter<curl_slist_free_all>>;
using ParsedUrl = std::unique_ptr<CURLU, Deleter<curl_url_cleanup>>;
using Text = std::unique_ptr<char, Deleter<curl_free>>;

/// A handle for transfers, after libcurl was started once for the whole program. Thread-safe.
Easy make_easy();

void append(Lines& lines, const char* line);

}  // namespace kip::curl
