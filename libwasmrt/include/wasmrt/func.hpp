// Func, TypedFunc and Caller: calling guests, and being called by them.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <wasmrt/deadline.hpp>
#include <wasmrt/detail/handle.hpp>
#include <wasmrt/detail/words.hpp>
#include <wasmrt/export.hpp>
#include <wasmrt/externref.hpp>
#include <wasmrt/memory.hpp>
#include <wasmrt/result.hpp>
#include <wasmrt/store.hpp>
#include <wasmrt/trap.hpp>
#include <wasmrt/types.hpp>
#include <wasmrt/value.hpp>

namespace wasmrt {

class Instance;
class Caller;
template <class Signature>
class TypedFunc;

namespace detail {

struct CallerOf;

/// A host function whose C++ types are gone. `invoke` reads arguments from slots and writes results
/// there; `invoke_words`, which only some have, does the same in registers. They must not throw.
struct HostFunction {
  void* state = nullptr;
  HostWordFunction invoke_words = nullptr;
  Result<void> (*invoke)(void* state, Caller& caller, std::uint64_t* slots) = nullptr;
  void (*destroy)(void* state) = nullptr;
};

}  // namespace detail

/// A host function without static types: arguments as given by the guest, results to be filled in.
/// A result that is left as it was or has another type than the signature says is a trap.
using HostCallback =
    std::function<Result<void>(Caller&, std::span<const Value> args, std::span<Value> results)>;

/// A function, of a guest or of the host. A handle: cheap to copy; keeps what it needs alive.
class WASMRT_API Func {
 public:
  /// Makes a host function. Error: InvalidArgument for types that are not of this engine.
  static Result<Func> create(const Store& store, const FuncType& type, HostCallback callback);
  /// Makes a host function from a C++ callable; its signature becomes the Wasm type. See
  /// Linker::func for what it may look like.
  template <class F>
  static Func wrap(const Store& store, F&& callable);

  /// The function inside a value; empty when it is null or no function reference.
  static std::optional<Func> from_value(const Store& store, const Value& value);

  [[nodiscard]] FuncType type() const;
  /// The function as a value. What is passed out this way keeps its instance until the store dies.
  [[nodiscard]] Value to_value() const;

  /// Calls with values. Errors: InvalidArgument ("invalid parameter type for call", with expected
  /// and found) before anything ran; Busy, Closed; Trap; Exit; Internal.
  Result<std::vector<Value>> call(std::span<const Value> args,
                                  const CallOptions& options = {}) const;
  Result<std::vector<Value>> call(std::initializer_list<Value> args,
                                  const CallOptions& options = {}) const {
    return call(std::span<const Value>(args.begin(), args.size()), options);
  }
  /// Calls with raw slots (value.hpp): arguments from the start of `slots`, results to the same
  /// place. References in them are not checked and must be of the right type and of this store.
  /// Errors: InvalidArgument when there are fewer slots than arguments or results need.
  Result<void> call_raw(std::span<std::uint64_t> slots, const CallOptions& options = {}) const;

  /// This function with its C++ signature, e.g. typed<std::int32_t(std::int32_t)>(). Error:
  /// InvalidArgument, with expected and found types.
  template <class Signature>
  [[nodiscard]] Result<TypedFunc<Signature>> typed() const;

  /// The store the function lives in.
  [[nodiscard]] Store owner() const;
  /// Whether two handles are of the same function.
  friend bool operator==(const Func& a, const Func& b) noexcept { return a.ref_ == b.ref_; }

 private:
  friend struct detail::Access;
  template <class Signature>
  friend class TypedFunc;
  Func(detail::Handle store, detail::Handle owner, void* ref) noexcept
      : store_(std::move(store)), owner_(std::move(owner)), ref_(ref) {}

  static Result<Func> create_callback(const Store& store, const FuncType& type,
                                      HostCallback callback);
  static Func create_host(const Store& store, const FuncType& type, detail::HostFunction function);
  Result<std::vector<Value>> call_values(std::span<const Value> args,
                                         const CallOptions& options) const;
  Result<void> call_slots(std::span<std::uint64_t> slots, const CallOptions& options) const;
  detail::WordResult call_words(const std::array<std::uint64_t, detail::kMostWords>& words) const {
    const auto& how = *static_cast<const std::atomic<detail::WordFunction>*>(ref_);
    return how.load(std::memory_order_acquire)(words[0], words[1], words[2], words[3], ref_, *this);
  }
  static Error take_error(Error* error);
  Error signature_mismatch(const FuncType& wanted) const;

  detail::Handle store_;
  detail::Handle owner_;  // instance or host function
  void* ref_ = nullptr;
};

/// What a host function learns about the guest that calls it. Valid during that call only.
class WASMRT_API Caller {
 public:
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  /// The instance that called; empty when the host called the function directly.
  [[nodiscard]] std::optional<Instance> instance() const;
  /// The calling instance's exported memory of that name.
  [[nodiscard]] std::optional<Memory> memory(std::string_view name = "memory") const;
  /// The calling instance's exported function of that name.
  [[nodiscard]] std::optional<Func> func(std::string_view name) const;
  [[nodiscard]] Store store() const;
  /// CallOptions::user_data of the call from the host that led here, or of the nearest enclosing
  /// one that set it; null when none did.
  [[nodiscard]] void* user_data() const noexcept;
  /// When the call ends: the earliest deadline of the calls from the host that led here.
  [[nodiscard]] Deadline deadline() const noexcept;
  /// Success, or the trap with which the call ends ("deadline exceeded", "cancelled") once it is
  /// time. A host function that runs long asks now and then and returns the error.
  [[nodiscard]] Result<void> check_interrupt() const;
  /// A file descriptor that becomes readable when this call is interrupted, to be waited on beside
  /// others; -1 when none could be made. It belongs to the library.
  [[nodiscard]] int interrupt_fd() const noexcept;

 private:
  friend struct detail::Access;
  friend struct detail::CallerOf;
  explicit Caller(detail::CallFrame& frame) noexcept : frame_(frame) {}
  detail::CallFrame& frame_;
};

namespace detail {

struct CallerOf {
  static Caller make(CallFrame& frame) noexcept { return Caller(frame); }
};

}  // namespace detail
}  // namespace wasmrt

#include <wasmrt/detail/typed.hpp>
