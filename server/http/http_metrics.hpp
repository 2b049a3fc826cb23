#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include <server/domain/vendor_health.hpp>
#include <signing/http/http_server.hpp>

namespace kip::server {

/// What HTTP did since the start, by method, route pattern and status: as many series as there are routes and statuses,
/// whatever clients send. Thread-safe.
class HttpMetrics final : public http::HttpObserver {
 public:
  /// Upper bounds of the histogram's buckets, in milliseconds; after them all the rest.
  static constexpr std::array<std::int64_t, 10> kBuckets = {1, 2, 5, 10, 25, 50, 100, 250, 1000, 5000};

  void finished(const http::Exchange& exchange) override;
  /// In the text format of Prometheus.
  std::string text() const;

 private:
  struct Latency {
    std::array<std::int64_t, kBuckets.size() + 1> counts{};
    std::int64_t micros = 0;
  };

  mutable std::mutex mutex_;  ///< guards what follows
  std::map<std::tuple<std::string, std::string, int>, std::int64_t> requests_;
  std::map<std::string, Latency> latencies_;  ///< by route
  std::int64_t sent_bytes_ = 0;
  std::int64_t shed_ = 0;
};

/// Gauges in the text format of Prometheus, each with these labels besides its own. Those of one name stand together.
/// Source: https://prometheus.io/docs/instrumenting/exposition_formats, version 0.0.4
std::string gauges_text(const std::vector<Gauge>& gauges,
                        const std::vector<std::pair<std::string, std::string>>& labels = {});

}  // namespace kip::server
