// The one error type of mlaas4hep and Result<T>, a value or an Error.
// Whatever comes from outside (bytes, network, configuration, requests) fails by Result; asserts are for our own
// mistakes. The code decides exit code and HTTP status (see exitCode and httpStatus), the message is for people: it
// names the file, the object, what was expected and found, and what to do.
// Threads: values, as safe as any other value.
#pragma once

#include <array>
#include <cassert>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace mlaas {

enum class ErrorCode {
  kNotFound,         // a file, tree, column, model or route that is not there
  kCorrupt,          // bytes that contradict themselves or their checksum
  kUnsupported,      // well-formed, but beyond what mlaas4hep reads or does
  kInvalidArgument,  // wrong usage, workflow, expression or request
  kIo,               // the operating system or the network failed
  kTimeout,          // it took longer than allowed
  kCancelled,        // somebody asked to stop
  kUnauthenticated,  // no or an invalid identity
  kForbidden,        // a known identity without the right
  kOverloaded,       // a limit is reached; trying later may work
  kInternal,         // our own mistake
};

// Every code, for tables and tests that visit all of them.
inline constexpr std::array kAllErrorCodes = {
    ErrorCode::kNotFound,  ErrorCode::kCorrupt,    ErrorCode::kUnsupported, ErrorCode::kInvalidArgument,
    ErrorCode::kIo,        ErrorCode::kTimeout,    ErrorCode::kCancelled,   ErrorCode::kUnauthenticated,
    ErrorCode::kForbidden, ErrorCode::kOverloaded, ErrorCode::kInternal};

// The code's name as logs and JSON spell it: "not_found".
std::string_view errorCodeName(ErrorCode code);

// The exit code of the command: 2 usage, 3 unsupported, 4 damaged or unreadable input, 5 not allowed, 6 overloaded or
// timed out, 70 internal, 130 cancelled. docs/errors.md is the published table.
int exitCode(ErrorCode code);

// The HTTP status of the servers.
int httpStatus(ErrorCode code);

class Error : public std::exception {
 public:
  Error(ErrorCode code, std::string message);

  ErrorCode code() const noexcept { return code_; }
  const std::string& message() const noexcept { return message_; }

  // Puts where it happened (file, tree, branch) before what() as "where: message". The innermost place is added first.
  Error&& within(std::string_view where) &&;
  const std::vector<std::string>& places() const noexcept { return places_; }

  // "outer: inner: message".
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  ErrorCode code_;
  std::string message_;
  std::vector<std::string> places_;  // innermost first
  std::string text_;
};

// A value or an Error. T may be a move-only type; Result<void> is success or an Error.
template <class T>
class [[nodiscard]] Result {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): returning a T or an Error is the use of this class
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  // The value; throws the Error where there is none.
  T& value() & { return check(), std::get<0>(state_); }
  const T& value() const& { return check(), std::get<0>(state_); }
  T&& value() && { return check(), std::get<0>(std::move(state_)); }

  // The value of a Result already known to be ok().
  T& operator*() & { return assert(ok()), *std::get_if<0>(&state_); }
  const T& operator*() const& { return assert(ok()), *std::get_if<0>(&state_); }
  T&& operator*() && { return assert(ok()), std::move(*std::get_if<0>(&state_)); }
  T* operator->() { return assert(ok()), std::get_if<0>(&state_); }
  const T* operator->() const { return assert(ok()), std::get_if<0>(&state_); }

  // The Error of a Result already known not to be ok().
  const Error& error() const& { return assert(!ok()), *std::get_if<1>(&state_); }
  Error&& error() && { return assert(!ok()), std::move(*std::get_if<1>(&state_)); }

 private:
  void check() const {
    if (!ok()) throw *std::get_if<1>(&state_);
  }
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  // NOLINTNEXTLINE(google-explicit-constructor)
  Result(Error error) : state_(std::move(error)) {}

  bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }
  void value() const {
    if (!ok()) throw *std::get_if<1>(&state_);
  }
  const Error& error() const& { return assert(!ok()), *std::get_if<1>(&state_); }
  Error&& error() && { return assert(!ok()), std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<std::monostate, Error> state_;
};

}  // namespace mlaas

#define MLAAS_CONCAT_IMPL(a, b) a##b
#define MLAAS_CONCAT(a, b) MLAAS_CONCAT_IMPL(a, b)

// MLAAS_TRY(auto x, f()): declares x from f()'s value, or returns f()'s Error from the enclosing function.
#define MLAAS_TRY(declaration, expression) MLAAS_TRY_IMPL(MLAAS_CONCAT(mlaasTry, __LINE__), declaration, expression)
#define MLAAS_TRY_IMPL(result, declaration, expression) \
  auto result = (expression);                           \
  if (!result.ok()) return std::move(result).error();   \
  declaration = *std::move(result)

// MLAAS_CHECK(f()): returns f()'s Error, if it has one, from the enclosing function.
#define MLAAS_CHECK(expression)                                                                       \
  do {                                                                                                \
    if (auto mlaasChecked = (expression); !mlaasChecked.ok()) return std::move(mlaasChecked).error(); \
  } while (false)
