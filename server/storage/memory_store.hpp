#pragma once

#include <memory>

#include <server/domain/unit_of_work.hpp>

namespace kip::server {

/// The store in memory, for tests and as the second witness of what the port promises: the same behaviour as on disk,
/// gone with the process. Thread-safe.
class MemoryStore final : public Store {
 public:
  MemoryStore();
  ~MemoryStore() override;

  Result<std::unique_ptr<UnitOfWork>> begin(const TenantId& tenant, Access access) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kip::server
