#include <fmt/format.h>

#include <client-updater/app/output.hpp>

namespace kip::updater {

std::string request_line(const KeptRequest& request) {
  std::string what = fmt::format("{} grade {}", to_string(request.kind), request.grade);
  if (request.failed) what += fmt::format(" (version {})", request.failed->str());
  if (const auto& answer = request.answer) {
    std::string out =
        fmt::format("#{} {}, with the vendor since {}", answer->number, what, format_instant(answer->recorded_at));
    return answer->due ? out + fmt::format(", due before {}", format_instant(*answer->due)) : out;
  }
  std::string out =
      fmt::format("{} {}, kept since {} and not yet sent", request.id.str(), what, format_instant(request.made_at));
  return request.refusal.empty() ? out : out + fmt::format("; the server does not take it: {}", request.refusal);
}

json::Value request_json(const KeptRequest& request) {
  json::Object out{{"id", request.id.str()},
                   {"kind", to_string(request.kind)},
                   {"grade", request.grade},
                   {"made_at", format_instant(request.made_at)},
                   {"answered", request.answer.has_value()}};
  if (request.failed) out["failed"] = request.failed->str();
  if (!request.refusal.empty()) out["refusal"] = request.refusal;
  if (const auto& answer = request.answer) {
    out["number"] = answer->number;
    out["recorded_at"] = format_instant(answer->recorded_at);
    if (answer->due) out["due"] = format_instant(*answer->due);
  }
  return out;
}

Output describe(const SupportResult& result) {
  Output out;
  json::Array answered;
  json::Array kept;
  for (const KeptRequest& request : result.answered) {
    out.lines.push_back("request " + request_line(request));
    answered.push_back(request_json(request));
  }
  for (const KeptRequest& request : result.kept) {
    out.lines.push_back("request " + request_line(request));
    kept.push_back(request_json(request));
  }
  out.value = {{"answered", std::move(answered)}, {"kept", std::move(kept)}};
  if (result.failure && !result.kept.empty()) {
    out.value["failure"] =
        json::Object{{"code", to_string(result.failure->code)}, {"message", result.failure->message}};
    out.lines.push_back(fmt::format("what is kept is sent again by the next check, update or round of run ({})",
                                    result.failure->message));
  }
  return out;
}

}  // namespace kip::updater
