#pragma once

#include <client-updater/update/install.hpp>
#include <client-updater/update/layout.hpp>
#include <manifests/model/enrolment.hpp>

namespace kip::updater {

struct EnrolResult {
  Enrolment enrolment;
  bool already = false;  ///< this code had enrolled this install before
};

/// What the server has recorded of the install that this one takes the place of.
struct ReplacedInstall {
  InstallId id;
  std::optional<Target> in_use = {};  ///< nothing where it had reported no version
};

struct EnrolOptions {
  std::string label;
  std::optional<LayoutKind> layout = {};  ///< nothing: versioned, or what a call before chose
  std::filesystem::path app_folder = {};  ///< absolute, of an in-place install; empty: "app" in the install's folder
};

/// Makes an install of this folder: fetches the root that the code names and checks it, makes a key, and asks the
/// server to admit it. The key is durable before it is sent, so that a second call with the same code after any
/// interruption is a retry of the same install.
///
/// Errors: conflict where the folder is enrolled with another code or another layout; usage where the folder of the
/// files would hold the updater's own; integrity where the root is not the one that the
/// code names; denied where the code was used with another key (both installs are then held); not_found or expired
/// where the server does not know the code any more; those of network, files and store.
/// Protocol: docs/formats/enrolment.md
Result<EnrolResult> enrol(const Ports& ports, const std::filesystem::path& root, const EnrolmentCode& code,
                          const EnrolOptions& options);

/// Asks the server again about the code by which this install was enrolled. Nothing where that code replaces no other
/// install. Errors: those of enrol() that come from the server.
Result<std::optional<ReplacedInstall>> ask_replaced(const Install& install, const EnrolmentCode& code);

/// Whether a package could reach the updater's own files, were its files in that folder. Both paths absolute and
/// without links. Error usage.
Result<void> expect_apart(const std::filesystem::path& root, const std::filesystem::path& app_folder);

}  // namespace kip::updater
