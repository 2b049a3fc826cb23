#pragma once

#include <server/domain/access.hpp>
#include <server/http/router.hpp>

namespace kip::server {

/// Recognises callers by what the store knows. Thread-safe.
class StoreGate final : public Gate {
 public:
  /// All must outlive it.
  StoreGate(Store& store, StaffAccess& staff, const Clock& clock) : store_(store), staff_(staff), clock_(clock) {}

  Result<StaffCaller> staff(const TenantId& tenant, std::string_view token) override;
  Result<InstallCaller> install(const TenantId& tenant, const Request& request, std::string_view path,
                                BytesView body) override;

 private:
  Store& store_;
  StaffAccess& staff_;
  const Clock& clock_;
};

}  // namespace kip::server
