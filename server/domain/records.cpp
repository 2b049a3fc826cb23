#include <manifests/codec/choice.hpp>
#include <server/domain/records.hpp>

namespace kip::server {
namespace {

constexpr Choices<Standing, 3> kStandings = {
    {{Standing::active, "active"}, {Standing::held, "held"}, {Standing::retired, "retired"}}};

}  // namespace

std::string_view to_string(Standing standing) {
  return choice_text(kStandings, standing);
}

Result<Standing> parse_standing(std::string_view text) {
  return parse_choice(kStandings, "a standing of an install", text);
}

}  // namespace kip::server
