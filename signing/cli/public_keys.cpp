#include <signing/cli/public_keys.hpp>

namespace kip::cli {
namespace {

constexpr std::uint64_t kMaxPublic = 64U << 10U;

}  // namespace

Result<PublicKeyFile> open_public_key(Context& context, const std::string& path) {
  KIP_TRY(const Bytes bytes, read_file(context.files, path, kMaxPublic, Links::follow));
  auto key = parse_public_key_file(bytes);
  if (!key) return fail_while(path, std::move(key).error());
  return key;
}

Result<OnlineKeys> open_online_keys(Context& context, const std::string& path) {
  KIP_TRY(const Bytes bytes, read_file(context.files, path, kMaxPublic, Links::follow));
  auto keys = parse_online_keys(bytes);
  if (!keys) return fail_while(path, std::move(keys).error());
  return keys;
}

}  // namespace kip::cli
