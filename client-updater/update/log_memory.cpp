#include <client-updater/update/log_memory.hpp>
#include <manifests/codec/choice.hpp>

namespace kip::updater {
namespace {

constexpr Choices<LogFault, 2> kFaults = {{{LogFault::forked, "forked"}, {LogFault::shrunk, "shrunk"}}};

}  // namespace

std::string_view to_string(LogFault fault) {
  return choice_text(kFaults, fault);
}

Result<LogFault> parse_log_fault(std::string_view text) {
  return parse_choice(kFaults, "a fault of a log", text);
}

}  // namespace kip::updater
