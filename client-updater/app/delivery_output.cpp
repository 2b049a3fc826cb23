#include <fmt/format.h>

#include <client-updater/app/output.hpp>

namespace kip::updater {
namespace {

std::string reports(std::int64_t count) {
  return fmt::format("{} {}", count, count == 1 ? "report" : "reports");
}

}  // namespace

Output describe(const KeyChange& change) {
  return {{fmt::format("this install has a new key, {}; {} counts for nothing any more", change.now.substr(0, 16),
                       change.before.substr(0, 16))},
          {{"result", "key-rotated"}, {"key", change.now}, {"old_key", change.before}, {"resumed", change.resumed}}};
}

Output describe(const DeliveryResult& result) {
  Output out;
  out.value = {{"delivered", result.delivered}, {"kept", result.kept}};
  if (result.next_try) out.value["next_try"] = format_instant(*result.next_try);
  const std::string later =
      fmt::format("{} {} kept; next try at {}", reports(result.kept), result.kept == 1 ? "is" : "are",
                  result.next_try ? format_instant(*result.next_try) : "the next run");
  if (result.delivered > 0) out.lines.push_back(reports(result.delivered) + " delivered");
  out.value["held"] = result.held;
  if (result.held) {
    out.lines.emplace_back(
        "attention: the vendor holds this install, because its enrolment code was used twice; what it "
        "reports does not count until they have looked at it: call them");
  }
  out.value["disputed"] = result.disputed;
  if (result.disputed) {
    out.lines.emplace_back(
        "attention: two copies of this install have reported, so what it reports does not count: call the vendor, who "
        "can give each computer a code of its own");
  }
  out.value["new_incarnation"] = result.new_incarnation;
  if (result.new_incarnation) {
    out.lines.emplace_back(
        "attention: the vendor has reports of this install that are not here: this disk was copied, or restored from "
        "an "
        "image. It goes on under a new incarnation; if there is another copy, call the vendor for a code of its own");
  }
  if (result.failure) {
    out.value["failure"] =
        json::Object{{"code", to_string(result.failure->code)}, {"message", result.failure->message}};
    const bool unreachable = result.failure->code == ErrorCode::network;
    out.lines.push_back(fmt::format(
        "{}; {} ({})", unreachable ? "the server cannot be reached" : "the server does not take the reports", later,
        result.failure->message));
  } else if (result.kept > 0) {
    out.lines.push_back(later + " (kip-updater report tries now)");
  }
  return out;
}

}  // namespace kip::updater
