#include <client-updater/app/key_commands.hpp>
#include <client-updater/app/running.hpp>

namespace kip::updater {

Result<void> run_rotate_key(const Arguments& arguments) {
  KIP_TRY(const auto session, Session::open(arguments, Session::Access::exclusive));
  KIP_TRY(Install install, Install::open(session->ports(), session->layout()));
  const auto change = rotate_key(install);
  if (change) return finish(arguments, install, describe(*change));
  const auto begun = path_exists(session->ports().files, session->layout().next_install_key());
  if (!begun || !*begun) return Unexpected(change.error());
  return fail(change.error().code,
              change.error().message +
                  "\nThe new key is kept beside the present one, and every later command tries again; nothing is lost");
}

}  // namespace kip::updater
