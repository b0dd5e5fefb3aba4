// Error and Result<T>: how everything in wasmrt that can fail says so.
//
// Nothing in the library throws. A function that can fail returns Result<T>; the error carries a
// machine-readable code, the position in the input where there is one, and a text that begins with
// its category and keeps the wording of the specification. A failure of the guest (a trap) is an
// error with code ErrorCode::Trap whose details are in Error::trap().
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

#include <wasmrt/export.hpp>

namespace wasmrt {

class Trap;

/// What kind of failure an Error is. Stable; new codes are added at the end.
enum class ErrorCode : std::uint8_t {
  InvalidBinary,    ///< The bytes are not a module: "invalid Wasm binary: ...".
  Validation,       ///< The module is well-formed but not valid: "validation error: ...".
  FeatureDisabled,  ///< The module needs a feature that the Engine's Features do not contain.
  NotExecutable,  ///< Valid, but no engine of this version executes it: "not executable yet: ...".
  Text,           ///< The text format could not be parsed; Error::line and column are set.
  Link,           ///< Imports are missing or have another type; the text lists every one of them.
  Instantiation,  ///< "instantiation error: ...".
  InvalidArgument,  ///< A call of the API with arguments that do not fit; nothing was done.
  OutOfBounds,      ///< Host-side access beyond a memory or table; nothing was accessed.
  Limit,            ///< A configured limit would be exceeded.
  Busy,             ///< "instance busy": another thread is inside.
  Closed,           ///< "instance closed".
  Io,               ///< The operating system refused; the text names the file and the reason.
  Trap,             ///< The guest trapped; Error::trap() has kind, frames and detail.
  Exit,             ///< The guest ended itself with proc_exit; Error::exit_code is set.
  Internal,         ///< A resource of the process ran out (address space, threads).
  CacheMiss,        ///< CacheMode::MustHit, and the code cache does not have the module.
};

/// Returns the stable lower-case name of a code, e.g. "invalid-binary".
WASMRT_API const char* error_code_name(ErrorCode code) noexcept;

/// A failure. Cheap to move; copies share the trap. Thread-compatible.
struct WASMRT_API Error {
  /// Value of `offset`, `function` and `line` when the error has no such position.
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};

  ErrorCode code = ErrorCode::Internal;
  std::string message;             ///< Complete text, beginning with the category.
  std::uint64_t offset = kNone;    ///< Byte offset in the binary, where there is one.
  std::uint64_t function = kNone;  ///< Index of the function, where the error lies in one.
  std::uint64_t line = kNone;      ///< 1-based line of text input.
  std::uint64_t column = kNone;    ///< 1-based column of text input, in bytes.
  std::uint32_t exit_code = 0;     ///< For ErrorCode::Exit: what the guest passed to proc_exit.
  std::shared_ptr<const Trap> trap_info;  ///< For ErrorCode::Trap.

  Error() = default;
  Error(ErrorCode c, std::string text) : code(c), message(std::move(text)) {}
  Error(ErrorCode c, std::string text, std::uint64_t at)
      : code(c), message(std::move(text)), offset(at) {}

  /// The trap, or null when the error is something else. Lives as long as this error.
  [[nodiscard]] const Trap* trap() const noexcept { return trap_info.get(); }
};

/// Either a value or an Error. Accessing the side that is not there aborts the process.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : ok_(true) { ::new (static_cast<void*>(&value_)) T(std::move(value)); }
  Result(Error error) : ok_(false) { ::new (static_cast<void*>(&error_)) Error(std::move(error)); }
  /// So that a host function can `return Trap::host("...")`.
  template <class U>
  requires(std::is_same_v<std::remove_cvref_t<U>, Trap>) Result(U&& trap)
      : Result(static_cast<Error>(std::forward<U>(trap))) {}
  Result(Result&& o) noexcept : ok_(o.ok_) { take(std::move(o)); }
  Result(const Result& o) : ok_(o.ok_) {
    if (ok_) {
      ::new (static_cast<void*>(&value_)) T(o.value_);
    } else {
      ::new (static_cast<void*>(&error_)) Error(o.error_);
    }
  }
  Result& operator=(Result o) noexcept {
    destroy();
    ok_ = o.ok_;
    take(std::move(o));
    return *this;
  }
  ~Result() { destroy(); }

  /// True when there is a value.
  [[nodiscard]] bool ok() const noexcept { return ok_; }
  explicit operator bool() const noexcept { return ok_; }

  [[nodiscard]] T& value() & { return check(ok_), value_; }
  [[nodiscard]] const T& value() const& { return check(ok_), value_; }
  [[nodiscard]] T&& value() && { return check(ok_), std::move(value_); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  [[nodiscard]] Error& error() & { return check(!ok_), error_; }
  [[nodiscard]] const Error& error() const& { return check(!ok_), error_; }
  [[nodiscard]] Error&& error() && { return check(!ok_), std::move(error_); }

 private:
  static void check(bool ok) {
    if (!ok) std::abort();
  }
  void take(Result&& o) {
    if (ok_) {
      ::new (static_cast<void*>(&value_)) T(std::move(o.value_));
    } else {
      ::new (static_cast<void*>(&error_)) Error(std::move(o.error_));
    }
  }
  void destroy() {
    if (ok_) {
      value_.~T();
    } else {
      error_.~Error();
    }
  }

  bool ok_;
  union {
    T value_;
    Error error_;
  };
};

/// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::make_unique<Error>(std::move(error))) {}
  template <class U>
  requires(std::is_same_v<std::remove_cvref_t<U>, Trap>) Result(U&& trap)
      : Result(static_cast<Error>(std::forward<U>(trap))) {}

  [[nodiscard]] bool ok() const noexcept { return error_ == nullptr; }
  explicit operator bool() const noexcept { return ok(); }
  [[nodiscard]] Error& error() & { return check(), *error_; }
  [[nodiscard]] const Error& error() const& { return check(), *error_; }
  [[nodiscard]] Error&& error() && { return check(), std::move(*error_); }

 private:
  void check() const {
    if (ok()) std::abort();
  }
  std::unique_ptr<Error> error_;
};

}  // namespace wasmrt
