#include <fmt/format.h>

#include <server/http/http_metrics.hpp>

namespace kip::server {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

std::string labels_text(const Labels& labels) {
  std::string out;
  for (const auto& [name, value] : labels)
    out += fmt::format("{}{}=\"{}\"", out.empty() ? "" : ",", name, escaped(value));
  return out.empty() ? out : "{" + out + "}";
}

std::string head(std::string_view name, std::string_view type, std::string_view help) {
  return fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
}

/// Microseconds as seconds, without floating point.
std::string seconds_text(std::int64_t micros) {
  return fmt::format("{}.{:06}", micros / 1'000'000, micros % 1'000'000);
}

std::string bound_text(std::int64_t millis) {
  return fmt::format("{}.{:03}", millis / 1000, millis % 1000);
}

}  // namespace

void HttpMetrics::finished(const http::Exchange& exchange) {
  const std::int64_t micros = exchange.took.count();
  std::size_t bucket = 0;
  while (bucket < kBuckets.size() && micros > kBuckets[bucket] * 1000)
    ++bucket;
  const std::lock_guard lock(mutex_);
  ++requests_[{exchange.method, exchange.route, exchange.status}];
  Latency& latency = latencies_[exchange.route];
  ++latency.counts[bucket];
  latency.micros += micros;
  sent_bytes_ += static_cast<std::int64_t>(exchange.bytes);
  shed_ += exchange.shed ? 1 : 0;
}

std::string HttpMetrics::text() const {
  const std::lock_guard lock(mutex_);
  std::string out = head("kip_http_requests_total", "counter", "Requests that were answered.");
  for (const auto& [what, count] : requests_) {
    const auto& [method, route, status] = what;
    out += fmt::format("kip_http_requests_total{} {}\n",
                       labels_text({{"method", method}, {"route", route}, {"status", std::to_string(status)}}), count);
  }
  constexpr const char* kLatency = "kip_http_request_seconds";
  out += head(kLatency, "histogram", "From the head of a request to the end of its answer.");
  for (const auto& [route, latency] : latencies_) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < kBuckets.size(); ++i) {
      sum += latency.counts[i];
      out += fmt::format("{}_bucket{} {}\n", kLatency, labels_text({{"route", route}, {"le", bound_text(kBuckets[i])}}),
                         sum);
    }
    sum += latency.counts.back();
    out += fmt::format("{}_bucket{} {}\n", kLatency, labels_text({{"route", route}, {"le", "+Inf"}}), sum);
    out += fmt::format("{}_sum{} {}\n", kLatency, labels_text({{"route", route}}), seconds_text(latency.micros));
    out += fmt::format("{}_count{} {}\n", kLatency, labels_text({{"route", route}}), sum);
  }
  out += head("kip_http_sent_bytes_total", "counter", "Octets of the bodies of answers.");
  out += fmt::format("kip_http_sent_bytes_total {}\n", sent_bytes_);
  out +=
      head("kip_http_shed_total", "counter", "Connections that were turned away, since there was no place for them.");
  return out + fmt::format("kip_http_shed_total {}\n", shed_);
}

std::string gauges_text(const std::vector<Gauge>& gauges, const Labels& labels) {
  std::map<std::string, std::string> lines;  // by name
  for (const Gauge& gauge : gauges) {
    std::string& text = lines[gauge.name];
    if (text.empty()) text = head(gauge.name, gauge.counts ? "counter" : "gauge", gauge.help);
    Labels all = labels;
    all.insert(all.end(), gauge.labels.begin(), gauge.labels.end());
    text += fmt::format("{}{} {}\n", gauge.name, labels_text(all), gauge.value);
  }
  std::string out;
  for (const auto& [name, text] : lines)
    out += text;
  return out;
}

}  // namespace kip::server
