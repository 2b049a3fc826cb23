#include <server/http/openapi_parts.hpp>

namespace kip::server {
namespace {

constexpr std::string_view kProblemType = "application/problem+json";

std::string_view reason_of(int status) {
  constexpr std::pair<int, std::string_view> kReasons[] = {
      {400, "The request is not as this document says"},
      {401, "No credential, or one that is not good"},
      {403, "The caller may not do this"},
      {404, "The thing named, or the tenant, does not exist"},
      {409, "In conflict with what is there"},
      {410, "Expired"},
      {411, "The body has no length"},
      {412, "Older than what is there, or no longer as the caller believes"},
      {413, "Larger than what is taken"},
      {415, "The body is compressed"},
      {416, "The range lies outside the file"},
      {422, "A signature or hash does not hold"},
      {429, "Too many requests; Retry-After says when to come again"},
      {500, "The server failed"},
      {503, "Busy; Retry-After says when to come again"},
      {507, "The server's disk is full"},
  };
  for (const auto& [one, text] : kReasons) {
    if (one == status) return text;
  }
  return "A failure";
}

}  // namespace

json::Value content(std::string_view media, json::Value schema) {
  return json::Object{{std::string(media), json::Object{{"schema", std::move(schema)}}}};
}

json::Value header_schema(const char* description) {
  return json::Object{{"description", description}, {"schema", json::Object{{"type", "string"}}}};
}

namespace {

json::Object described_problem(std::string_view description) {
  return {{"description", description},
          {"content", content(kProblemType, json::Object{{"$ref", "#/components/schemas/Problem"}})}};
}

}  // namespace

json::Value problem_response(int status) {
  json::Object headers;
  if (status == 401) headers.emplace("WWW-Authenticate", header_schema("How to authenticate"));
  if (status == 429 || status == 503) headers.emplace("Retry-After", header_schema("Seconds"));
  json::Object out = described_problem(reason_of(status));
  if (!headers.empty()) out.emplace("headers", std::move(headers));
  return out;
}

json::Value unrouted_response() {
  return described_problem(
      "Refused before any operation was found: a request that is too slow (408), with too long an address (414) or "
      "headers (431), of a method (501) or version of HTTP (505) that is not known");
}

json::Value header_parameter(const char* name, const char* description) {
  return json::Object{
      {"in", "header"}, {"name", name}, {"description", description}, {"schema", json::Object{{"type", "string"}}}};
}

json::Value security_schemes() {
  const auto header = [](const char* name, const char* description) {
    return json::Object{{"type", "apiKey"}, {"in", "header"}, {"name", name}, {"description", description}};
  };
  return json::Object{
      {"staffToken", json::Object{{"type", "http"},
                                  {"scheme", "bearer"},
                                  {"description",
                                   "An API token (kip_…) or a session (kips_…); the action that it "
                                   "needs stands beside it"}}},
      {"staffBasic", json::Object{{"type", "http"}, {"scheme", "basic"}, {"description", "The token as password"}}},
      {"kipInstall", header("Kip-Install", "The install that signs")},
      {"kipTime", header("Kip-Time", "When it signed")},
      {"kipNonce", header("Kip-Nonce", "Once only")},
      {"kipSignature", header("Kip-Signature", "Over method, path, time, nonce and the hash of the body")}};
}

}  // namespace kip::server
