#pragma once

#include <signing/http/request_handler.hpp>
#include <signing/witness/witness.hpp>

namespace kip::tlog {

/// What a witness answers over HTTP. Thread-safe.
class WitnessHandler final : public http::RequestHandler {
 public:
  /// For one body, from its first octet on.
  static constexpr std::chrono::seconds kBodyTime{10};

  /// Witness and clock must outlive it.
  WitnessHandler(Witness& witness, const Clock& clock, NoteKey key)
      : witness_(witness), clock_(clock), key_(std::move(key)) {}

  http::Response handle(const http::Request& request) const override;
  std::optional<http::Response> refuse_early(const http::Request& request, bool has_body) const override;
  std::optional<http::Response> refuse_caller(const http::Request& request) const override;

 private:
  http::Response add_checkpoint(const http::Request& request) const;

  Witness& witness_;
  const Clock& clock_;
  NoteKey key_;
};

}  // namespace kip::tlog
