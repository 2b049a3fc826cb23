#include <client-updater/update/log_export.hpp>
#include <signing/storage/atomic_file.hpp>

namespace kip::updater {
namespace {

constexpr unsigned kForAll = 0644;

}  // namespace

Result<void> export_log(FileSystem& files, const State& state, const std::filesystem::path& file, Instant now) {
  if (state.log_heads.empty())
    return fail(ErrorCode::not_found, "this install has seen nothing of the vendor's log yet; run kip-updater check");
  const LogHeads heads{state.enrolment->tenant, state.enrolment->install, now, state.log_heads, state.log_conflicts};
  return replace_file(files, file, to_bytes(heads), kForAll);
}

}  // namespace kip::updater
