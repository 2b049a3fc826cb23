#pragma once

#include <client-updater/update/install.hpp>

namespace kip::updater {

/// Adds the headers by which this install signs a request to the vendor's server, as it is now. Errors: those of the
/// key. Protocol: docs/formats/receipt.md, "Signed requests"
Result<void> sign_as_install(const Install& install, HttpRequest& request);

/// The payload of an envelope that the vendor's server has signed with its entry key. Errors: malformed, signature.
Result<Bytes> verify_servers_word(const Enrolment& enrolment, std::string_view payload_type, BytesView envelope);

}  // namespace kip::updater
