#pragma once

#include <server/domain/log.hpp>

namespace kip::server::testing {

/// Where nobody reads what a server says.
class NoLog final : public Log {
 public:
  void write(std::string_view /*event*/, const LogFields& /*fields*/) override {}
};

}  // namespace kip::server::testing
