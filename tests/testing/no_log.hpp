#pragma once

#include <signing/daemon/log.hpp>

namespace kip::testing {

/// Where nobody reads what a server says.
class NoLog final : public Log {
 public:
  void write(std::string_view /*event*/, const LogFields& /*fields*/) override {}
};

}  // namespace kip::testing
