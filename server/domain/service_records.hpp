#pragma once

#include <cstdint>
#include <optional>

#include <manifests/model/service_case.hpp>
#include <manifests/model/service_view.hpp>

namespace kip::server {

/// A request for service with all that happened to it.
struct ServiceRecord {
  ServiceCase request;
  std::optional<Sha256Digest> envelope = {};  ///< of what the install has signed; none: taken down by staff

  std::int64_t number() const { return request.facts().number; }
  bool operator==(const ServiceRecord&) const = default;
};

/// An inspection at a customer's.
struct InspectionRecord {
  std::int64_t event_index = 0;
  TaxCode customer;
  ProductId product;
  Inspection inspection;

  bool operator==(const InspectionRecord&) const = default;
};

inline PromiseId key_of(const ServicePromise& promise) {
  return promise.id;
}
inline std::int64_t key_of(const ServiceRecord& record) {
  return record.number();
}
inline std::int64_t key_of(const InspectionRecord& record) {
  return record.event_index;
}

}  // namespace kip::server
