#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include <manifests/core/instant.hpp>
#include <manifests/core/result.hpp>

namespace kip {

/// A name of 1 to 63 characters that is safe in paths, URLs and TUF role names: a-z, 0-9 and inner hyphens.
/// The tag keeps a tenant from being taken for a product.
template <class Tag>
class Slug {
 public:
  /// Errors: malformed.
  static Result<Slug> parse(std::string_view text);

  const std::string& str() const { return text_; }
  auto operator<=>(const Slug&) const = default;

 private:
  explicit Slug(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

/// A ULID: 48 bits of milliseconds and 80 random bits as 26 characters of Crockford's base 32; sorts by time.
/// Source: github.com/ulid/spec
template <class Tag>
class Ulid {
 public:
  /// Errors: malformed unless the text is the canonical upper-case form.
  static Result<Ulid> parse(std::string_view text);
  static Ulid make(Instant now, const std::array<std::uint8_t, 10>& random);

  const std::string& str() const { return text_; }
  auto operator<=>(const Ulid&) const = default;

 private:
  explicit Ulid(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

using TenantId = Slug<struct TenantTag>;
using ProductId = Slug<struct ProductTag>;
using CustomerId = Ulid<struct CustomerTag>;
using InstallId = Ulid<struct InstallTag>;
using EventId = Ulid<struct EventTag>;

namespace detail {
Result<std::string> checked_slug(std::string_view text);
Result<std::string> checked_ulid(std::string_view text);
std::string encode_ulid(Instant now, const std::array<std::uint8_t, 10>& random);
}  // namespace detail

template <class Tag>
Result<Slug<Tag>> Slug<Tag>::parse(std::string_view text) {
  KIP_TRY(std::string checked, detail::checked_slug(text));
  return Slug(std::move(checked));
}

template <class Tag>
Result<Ulid<Tag>> Ulid<Tag>::parse(std::string_view text) {
  KIP_TRY(std::string checked, detail::checked_ulid(text));
  return Ulid(std::move(checked));
}

template <class Tag>
Ulid<Tag> Ulid<Tag>::make(Instant now, const std::array<std::uint8_t, 10>& random) {
  return Ulid(detail::encode_ulid(now, random));
}

}  // namespace kip
