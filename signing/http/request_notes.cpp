#include <utility>

#include <fmt/format.h>

#include <signing/http/request_notes.hpp>

namespace kip::http {
namespace {

/// What stands in logs and numbers is none of the client's invention.
std::string known_method(const std::string& method) {
  for (const char* known : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
    if (method == known) return method;
  }
  return "-";
}

std::string or_dash(std::string text) {
  return text.empty() ? std::string("-") : std::move(text);
}

}  // namespace

std::chrono::steady_clock::time_point RequestNotes::now() const {
  return options_.steady_now ? options_.steady_now() : std::chrono::steady_clock::time_point();
}

void RequestNotes::begin(bool shed) {
  const auto begun = now();
  const std::lock_guard lock(mutex_);
  notes_[std::this_thread::get_id()] = {begun, fmt::format("{:08x}", ++requests_), {}, {}, shed};
}

std::string RequestNotes::note(std::string route, std::string principal) {
  const std::lock_guard lock(mutex_);
  Note& noted = notes_[std::this_thread::get_id()];
  noted.route = std::move(route);
  noted.principal = std::move(principal);
  return noted.id;
}

/// One line for all of a second: whoever is turned away without end must not fill the log.
void RequestNotes::tell_shed(std::chrono::steady_clock::time_point now) {
  std::uint64_t count = 0;
  {
    const std::lock_guard lock(mutex_);
    ++shed_;
    if (options_.steady_now && shed_told_ != std::chrono::steady_clock::time_point() &&
        now - shed_told_ < std::chrono::seconds(1))
      return;
    shed_told_ = now;
    count = std::exchange(shed_, 0);
  }
  log_.write("http.shed", {{"count", std::to_string(count)}, {"status", "503"}});
}

void RequestNotes::finish(const std::string& method, int status, std::uint64_t bytes) {
  Note noted;
  {
    const std::lock_guard lock(mutex_);
    noted = notes_[std::this_thread::get_id()];
  }
  const Exchange exchange{known_method(method),
                          or_dash(std::move(noted.route)),
                          or_dash(std::move(noted.principal)),
                          status,
                          std::chrono::duration_cast<std::chrono::microseconds>(now() - noted.begun),
                          bytes,
                          noted.shed};
  if (options_.observer != nullptr) options_.observer->finished(exchange);
  if (!options_.log_requests) return;
  if (noted.shed) return tell_shed(now());
  log_.write("http.request", {{"id", noted.id},
                              {"method", exchange.method},
                              {"route", exchange.route},
                              {"status", std::to_string(exchange.status)},
                              {"ms", std::to_string(exchange.took.count() / 1000)},
                              {"principal", exchange.principal},
                              {"bytes", std::to_string(exchange.bytes)}});
}

}  // namespace kip::http
