#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include <manifests/deadline/language.hpp>
#include <server/app/commands.hpp>
#include <server/app/setup.hpp>

namespace kip::server {

/// What people say to `kip-server setup`, checked.
struct SetupAnswers {
  Language language = Language::en;  ///< of questions, and of notices to customers of whom none is known
  SetupPlan plan;
};

/// Shows a question with what is offered, and gives the line that was answered. Errors: usage where nobody answers.
using Ask = std::function<Result<std::string>(const std::string& question)>;

/// Where a vendor's folder lies unless told otherwise.
inline constexpr const char* kServiceState = "/var/lib/kip";

/// Asks for what the arguments do not say; what does not fit is told and asked again where `may_repeat`. Without `ask`
/// what is offered is taken. Nothing is made. Errors: usage.
Result<SetupAnswers> obtain_answers(FileSystem& files, const Arguments& arguments, const Ask& ask, bool may_repeat);

/// The text of /etc/kip/kip-server.env with that folder among those that are served.
Bytes with_served_folder(const Bytes& text, const std::filesystem::path& folder);

}  // namespace kip::server
