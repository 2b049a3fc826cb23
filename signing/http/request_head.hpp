#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace kip::http {

/// The head of a request. Sizes, and the octets of each part, are those that read_head() allows.
struct RequestHead {
  std::string method;   ///< one that HTTP has
  std::string target;   ///< in origin-form ("/path?query") or "*"; of a URL its path and query
  std::string version;  ///< "HTTP/1.1" or "HTTP/1.0"
  std::vector<std::pair<std::string, std::string>> fields;  ///< as received, without the blanks around the values
  std::size_t size = 0;                                     ///< octets, with the empty line that ends it

  bool has(std::string_view lower_case_name) const;
};

/// What is to be said to a client whose request is none.
struct HeadRefusal {
  int status = 400;
  std::string_view why;
};

/// More has to come.
struct HeadGoesOn {};

/// A body up to this is waited for before a thread takes the request.
inline constexpr std::size_t kSmallBody = 256U << 10U;

/// How many octets behind the head have to be waited for with it: a body that says it is small. 0 where there is none,
/// where it is larger, comes in chunks or is asked for first, and where what the head says of it is wrong.
std::size_t small_body_of(const RequestHead& head);
/// Whether a body is announced that is not waited for, so that a thread has to.
bool has_later_body(const RequestHead& head);

inline constexpr std::size_t kMaxRequestLine = 8000;
inline constexpr std::size_t kMaxField = 8000;  ///< of one line
inline constexpr std::size_t kMaxFields = 64;
inline constexpr std::size_t kMaxHead = 32U << 10U;

/// Reads the head that `received` begins with, exactly as the standard has it: whatever two programs could read
/// differently is refused. A refusal may come before the head has come to its end. Refuses with 400; 414 and 431 for
/// sizes; 501 for a method that is unknown here and 505 for another version.
/// Source: RFC 9112, 2.2, 3 and 5; RFC 9110, 5.5, 5.6.2 and 7.2.
std::variant<HeadGoesOn, HeadRefusal, RequestHead> read_head(std::string_view received);

}  // namespace kip::http
