#include <server/http/store_gate.hpp>
#include <signing/protocol/request_signature.hpp>

namespace kip::server {

Result<StaffCaller> StoreGate::staff(const TenantId&, std::string_view token) {
  return staff_.recognise(token);
}

Result<InstallCaller> StoreGate::install(const TenantId& tenant, const Request& request, std::string_view path,
                                         BytesView body) {
  KIP_TRY(const RequestSignature signature,
          parse_request_signature(request.header("kip-install"), request.header("kip-time"),
                                  request.header("kip-nonce"), request.header("kip-signature")));
  KIP_TRY(const auto unit, store_.begin(tenant, Access::read));
  KIP_TRY(const auto install, unit->projection().installs.find(signature.install));
  if (!install || !install->key.usable()) {
    return fail(ErrorCode::denied, "this install is not known here; enrol it");
  }
  KIP_TRY_VOID(verify_request(signature, *install->key.usable(), request.method, path, body, clock_.now()));
  return InstallCaller{install->id, install->id.str() + ":" + signature.nonce, signature.time + kRequestClockTolerance};
}

}  // namespace kip::server
