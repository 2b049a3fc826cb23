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

std::string_view retired_words(const InstallRecord& install) {
  return install.replaced_by ? "this install was retired: another one has taken its place. To use this computer as "
                               "well, enrol it in another folder with a code of its own"
                             : "this install was retired by the vendor, with no other one in its place. To use this "
                               "computer again, ask the vendor for a code, and enrol it in another folder";
}

Result<Standing> parse_standing(std::string_view text) {
  return parse_choice(kStandings, "a standing of an install", text);
}

}  // namespace kip::server
