#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include <manifests/core/check.hpp>

namespace kip {

/// What kind of thing went wrong. Closed: every front end maps each value to an exit code or an HTTP status
/// (docs/errors.md). Add a value only where a caller has to act differently.
enum class ErrorCode {
  usage,      ///< the request itself cannot be right: unknown option, missing argument
  malformed,  ///< bytes or text that do not follow their format
  too_large,  ///< a size, count, depth or time limit was reached
  not_found,  ///< the thing named does not exist
  conflict,   ///< exists already with other content, or changed meanwhile
  denied,     ///< not authenticated, not allowed, wrong passphrase
  signature,  ///< too few valid signatures
  expired,    ///< metadata, token or code past its expiry
  rollback,   ///< older than what was seen before, or below the floor
  integrity,  ///< hash or length differs from what was signed
  storage,    ///< the file system or database failed
  disk_full,  ///< no space left
  network,    ///< the other side could not be reached
  busy,       ///< locked by another process, or asked to come back later
  internal,   ///< a defect of ours
};

/// Stable machine name of a code, e.g. "malformed"; used in JSON output and in the HTTP API.
std::string_view to_string(ErrorCode code);

/// An expected failure. `message` says what was being done, what was expected and found, and what the person
/// can do next; it never holds secrets.
struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;

  bool operator==(const Error&) const = default;
};

/// Carries an error into a Result; the counterpart of std::unexpected.
class Unexpected {
 public:
  explicit Unexpected(Error error) : error_(std::move(error)) {}
  Error&& take() && { return std::move(error_); }

 private:
  Error error_;
};

inline Unexpected fail(ErrorCode code, std::string message) {
  return Unexpected(Error{code, std::move(message)});
}

/// The same failure seen from further out: "reading act.json: unexpected end".
Unexpected fail_while(std::string_view doing, Error error);

/// A value or an Error. The API is a subset of std::expected<T, Error>, so that it can be replaced by it once
/// the compiler has one. Access to the wrong side ends the process (KIP_CHECK).
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Unexpected failure) : state_(std::in_place_index<1>, std::move(failure).take()) {}
  template <class U>
  requires(std::is_convertible_v<U&&, T> && !std::is_same_v<std::remove_cvref_t<U>, T> &&
           !std::is_same_v<std::remove_cvref_t<U>, Result> && !std::is_same_v<std::remove_cvref_t<U>, Unexpected>)
      Result(U&& value)
      : state_(std::in_place_index<0>, std::forward<U>(value)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & { return checked(); }
  const T& value() const& { return const_cast<Result*>(this)->checked(); }
  /// By value, not by reference as std::expected has it, so that `for (x : *list())` does not dangle.
  T value() && { return std::move(checked()); }
  T& operator*() & { return checked(); }
  const T& operator*() const& { return value(); }
  T operator*() && { return std::move(checked()); }
  T* operator->() { return &checked(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& {
    KIP_CHECK(!has_value());
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    KIP_CHECK(!has_value());
    return std::move(*std::get_if<1>(&state_));
  }

  T value_or(T other) && { return has_value() ? std::move(checked()) : std::move(other); }

 private:
  T& checked() {
    KIP_CHECK(has_value());
    return *std::get_if<0>(&state_);
  }

  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Unexpected failure) : error_(std::move(failure).take()) {}

  bool has_value() const { return !error_; }
  explicit operator bool() const { return has_value(); }
  const Error& error() const& {
    KIP_CHECK(error_.has_value());
    return *error_;
  }
  Error&& error() && {
    KIP_CHECK(error_.has_value());
    return std::move(*error_);
  }

 private:
  std::optional<Error> error_;
};

}  // namespace kip

#define KIP_CONCAT_INNER(a, b) a##b
#define KIP_CONCAT(a, b) KIP_CONCAT_INNER(a, b)

/// KIP_TRY(auto value, expression): evaluates a Result; returns its error from the enclosing function, or binds
/// its value to the declaration.
#define KIP_TRY(declaration, ...) KIP_TRY_IMPL(KIP_CONCAT(kip_result_, __LINE__), declaration, __VA_ARGS__)
#define KIP_TRY_IMPL(result, declaration, ...)                      \
  auto result = (__VA_ARGS__);                                      \
  if (!result) return ::kip::Unexpected(std::move(result).error()); \
  declaration = *std::move(result)

/// KIP_TRY_VOID(expression): the same for a Result<void>.
#define KIP_TRY_VOID(...)                                                                                      \
  do {                                                                                                         \
    if (auto kip_result = (__VA_ARGS__); !kip_result) return ::kip::Unexpected(std::move(kip_result).error()); \
  } while (false)
