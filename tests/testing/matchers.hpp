#pragma once

#include <ostream>
#include <string>

#include <gmock/gmock.h>

#include <manifests/core/result.hpp>

namespace kip {

inline void PrintTo(const Error& error, std::ostream* out) {
  *out << to_string(error.code) << ": " << error.message;
}

namespace testing {

MATCHER(is_ok, negation ? "is an error" : "is a value") {
  if (arg.has_value()) return true;
  *result_listener << "error " << to_string(arg.error().code) << ": " << arg.error().message;
  return false;
}

MATCHER_P(fails_with, code, "is the error " + std::string(to_string(code))) {
  if (arg.has_value()) {
    *result_listener << "is a value";
    return false;
  }
  *result_listener << "is " << to_string(arg.error().code) << ": " << arg.error().message;
  return arg.error().code == code;
}

MATCHER_P2(fails_with, code, part,
           "is the error " + std::string(to_string(code)) + " whose message has \"" + part + "\"") {
  if (arg.has_value()) {
    *result_listener << "is a value";
    return false;
  }
  *result_listener << "is " << to_string(arg.error().code) << ": " << arg.error().message;
  return arg.error().code == code && arg.error().message.find(part) != std::string::npos;
}

}  // namespace testing
}  // namespace kip
