#include <fmt/format.h>

#include <manifests/model/postponement.hpp>
#include <server/domain/postponement.hpp>

namespace kip::server {

Result<Bytes> state_postponement(Store& store, const Recorder& recorder, const InstallCaller& caller) {
  KIP_TRY(const auto unit, store.begin(recorder.tenant(), Access::write));
  KIP_TRY(const auto install, unit->projection().installs.find(caller.id));
  if (!install) return fail(ErrorCode::denied, "this install is not known here; enrol it");
  if (install->standing == Standing::retired) return fail(ErrorCode::denied, std::string(retired_words(*install)));
  const Instant now = recorder.now();
  KIP_TRY(const bool fresh, unit->use_nonce(caller.nonce, now, caller.nonce_expires));
  if (!fresh) return fail(ErrorCode::denied, "this request was received before; sign a new one");
  KIP_TRY(const auto customer, unit->projection().customers.find({install->customer, install->product}));
  if (!customer) {
    return fail(ErrorCode::not_found, fmt::format("customer {} does not have the product {}", install->customer.str(),
                                                  install->product.str()));
  }
  KIP_TRY_VOID(unit->commit());
  return recorder.sign(
      kPostponementType,
      to_json(PostponementStatement{
          recorder.tenant(), install->id, {customer->may_postpone, customer->force_allowed, now, install->labels}}));
}

}  // namespace kip::server
