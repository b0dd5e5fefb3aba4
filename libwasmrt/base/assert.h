// Asserts: a broken one is our bug, never the guest's or the caller's; the process aborts.
//
// The report names the stage and the function being compiled, which an AssertScope on the stack
// supplies. WASMRT_ASSERT is checked in every build, WASMRT_DEBUG_ASSERT in unoptimised and
// sanitizer builds only (it may stand on hot paths).
#pragma once

#include <cstdint>

namespace wasmrt {

/// Writes the report to stderr and aborts.
[[noreturn, gnu::cold]] void assert_failed(const char* condition, const char* message,
                                           const char* file, int line) noexcept;

/// What this thread is working on, for the reports of asserts. Scopes nest.
class AssertScope {
 public:
  static constexpr std::uint32_t kNoFunction = 0xFFFF'FFFF;

  /// `stage` is a literal, e.g. "validate".
  explicit AssertScope(const char* stage, std::uint32_t function = kNoFunction)
      : stage_(stage), function_(function), outer_(current_) {
    current_ = this;
  }
  ~AssertScope() { current_ = outer_; }
  AssertScope(const AssertScope&) = delete;
  AssertScope& operator=(const AssertScope&) = delete;

 private:
  friend void assert_failed(const char*, const char*, const char*, int) noexcept;

  const char* stage_;
  std::uint32_t function_;
  const AssertScope* outer_;
  static constinit thread_local const AssertScope* current_;
};

}  // namespace wasmrt

#define WASMRT_ASSERT(condition, message) \
  ((condition) ? static_cast<void>(0)     \
               : ::wasmrt::assert_failed(#condition, message, __FILE__, __LINE__))

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WASMRT_DEBUG_ASSERTS 1
#endif
#endif
#if !defined(__OPTIMIZE__) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#undef WASMRT_DEBUG_ASSERTS
#define WASMRT_DEBUG_ASSERTS 1
#endif

#ifdef WASMRT_DEBUG_ASSERTS
#define WASMRT_DEBUG_ASSERT(condition, message) WASMRT_ASSERT(condition, message)
#else
#define WASMRT_DEBUG_ASSERT(condition, message) static_cast<void>(sizeof(!(condition)))
#endif

/// Marks code that cannot be reached.
#define WASMRT_UNREACHABLE(message) \
  ::wasmrt::assert_failed("unreachable code", message, __FILE__, __LINE__)
