#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <server/domain/unit_of_work.hpp>

namespace kip::server::testing {

/// Lets something else come first when a change is about to be written, once.
class MeanwhileStore final : public Store {
 public:
  explicit MeanwhileStore(std::shared_ptr<Store> store) : store_(std::move(store)) {}
  Result<std::unique_ptr<UnitOfWork>> begin(const TenantId& tenant, Access access) override {
    if (access == Access::write && meanwhile) std::exchange(meanwhile, nullptr)();
    return store_->begin(tenant, access);
  }
  std::function<void()> meanwhile = nullptr;

 private:
  std::shared_ptr<Store> store_;
};

}  // namespace kip::server::testing
