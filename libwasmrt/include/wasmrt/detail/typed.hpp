// The templates behind typed host functions and TypedFunc. Included by func.hpp.
//
// They are instantiated in the embedder's translation units: where those have C++ exceptions, an
// exception of a host function is caught here and becomes a trap, and is thrown again on request.
#pragma once

#include <algorithm>
#include <array>
#include <exception>

#include <wasmrt/func.hpp>

// Code with and without exceptions may be linked together: its inline functions differ.
#if defined(__cpp_exceptions)
#define WASMRT_DETAIL_EH with_exceptions
#else
#define WASMRT_DETAIL_EH without_exceptions
#endif

namespace wasmrt::detail {

template <class T>
inline constexpr bool kAlwaysFalse = false;

template <class T>
inline constexpr bool kIsCharacter =
    std::is_same_v<T, char> || std::is_same_v<T, char8_t> || std::is_same_v<T, char16_t> ||
    std::is_same_v<T, char32_t> || std::is_same_v<T, wchar_t> || std::is_same_v<T, bool>;

/// How a C++ type travels: its Wasm type, and conversion from and to slots.
template <class T>
struct WasmType {
  static constexpr bool kValid = false;
};
template <class T>
requires(std::is_integral_v<T> && !kIsCharacter<T> &&
         (sizeof(T) == 4 || sizeof(T) == 8)) struct WasmType<T> {
  static constexpr bool kValid = true;
  static constexpr ValType kType = sizeof(T) == 4 ? kI32 : kI64;
  static T from(const Store*, const std::uint64_t* s) { return static_cast<T>(*s); }
  static void to(T v, std::uint64_t* s) { *s = static_cast<std::make_unsigned_t<T>>(v); }
};
template <>
struct WasmType<float> {
  static constexpr bool kValid = true;
  static constexpr ValType kType = kF32;
  static float from(const Store*, const std::uint64_t* s) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(*s));
  }
  static void to(float v, std::uint64_t* s) { *s = std::bit_cast<std::uint32_t>(v); }
};
template <>
struct WasmType<double> {
  static constexpr bool kValid = true;
  static constexpr ValType kType = kF64;
  static double from(const Store*, const std::uint64_t* s) { return std::bit_cast<double>(*s); }
  static void to(double v, std::uint64_t* s) { *s = std::bit_cast<std::uint64_t>(v); }
};
template <>
struct WasmType<V128> {
  static constexpr bool kValid = true;
  static constexpr ValType kType = kV128;
  static V128 from(const Store*, const std::uint64_t* s) { return V128::from_u64(s[0], s[1]); }
  static void to(const V128& v, std::uint64_t* s) {
    s[0] = v.half(0);
    s[1] = v.half(1);
  }
};
template <>
struct WasmType<std::optional<Func>> {
  static constexpr bool kValid = true;
  static constexpr ValType kType = kFuncref;
  static std::optional<Func> from(const Store* store, const std::uint64_t* s) {
    return Func::from_value(*store, Value(kFuncref, RawRef{*s}));
  }
  static void to(const std::optional<Func>& v, std::uint64_t* s) {
    *s = v ? v->to_value().ref().bits : 0;
  }
};
template <>
struct WasmType<std::optional<ExternRef>> {
  static constexpr bool kValid = true;
  static constexpr ValType kType = kExternref;
  static std::optional<ExternRef> from(const Store* store, const std::uint64_t* s) {
    return ExternRef::from_value(*store, Value(kExternref, RawRef{*s}));
  }
  static void to(const std::optional<ExternRef>& v, std::uint64_t* s) {
    *s = v ? v->to_value().ref().bits : 0;
  }
};

/// Numbers fit into one word.
template <class T>
constexpr bool is_number() {
  if constexpr (WasmType<T>::kValid)
    return !WasmType<T>::kType.is_ref() && !WasmType<T>::kType.is_vec();
  return false;
}
template <class T>
std::uint64_t to_word(T v) {
  std::uint64_t word = 0;
  WasmType<T>::to(v, &word);
  return word;
}
template <class T>
T from_word(std::uint64_t word) {
  return WasmType<T>::from(nullptr, &word);
}
/// Whether a call travels in words: R is what it gives when it succeeds.
template <class R, class... Args>
inline constexpr bool kInWords = sizeof...(Args) <= kMostWords && (is_number<Args>() && ...) &&
                                 (std::is_void_v<R> || is_number<R>());

template <class T>
constexpr bool check_param() {
  static_assert(!std::is_pointer_v<std::remove_reference_t<T>> && !std::is_reference_v<T>,
                "a Wasm function cannot take or return a pointer or a reference: what a guest "
                "calls a pointer is an offset into its linear memory. Take std::uint32_t "
                "(std::uint64_t for 64-bit memories) and read the bytes through "
                "Caller::memory(), e.g. caller.memory()->view(offset, length)");
  if constexpr (!std::is_pointer_v<std::remove_reference_t<T>> && !std::is_reference_v<T>) {
    static_assert(WasmType<T>::kValid,
                  "not a Wasm value type: use 32- or 64-bit integers, float, double, V128, "
                  "std::optional<Func> or std::optional<ExternRef>");
  }
  return true;
}

/// What a C++ result type means: the list of Wasm results.
template <class R>
struct ResultList {
  using Types = std::tuple<R>;
  static void store(const R& v, std::uint64_t* slots) { WasmType<R>::to(v, slots); }
  static R load(const Store* store, const std::uint64_t* slots) {
    return WasmType<R>::from(store, slots);
  }
};
template <>
struct ResultList<void> {
  using Types = std::tuple<>;
};
template <class... R>
struct ResultList<std::tuple<R...>> {
  using Types = std::tuple<R...>;
  static void store(const std::tuple<R...>& v, std::uint64_t* slots) {
    std::apply(
        [&](const R&... each) {
          ((WasmType<R>::to(each, slots), slots += WasmType<R>::kType.slots()), ...);
        },
        v);
  }
  static std::tuple<R...> load(const Store* store, const std::uint64_t* slots) {
    // Braces evaluate from left to right.
    return std::tuple<R...>{[&] {
      const std::uint64_t* at = slots;
      slots += WasmType<R>::kType.slots();
      return WasmType<R>::from(store, at);
    }()...};
  }
};

template <class R>
struct Unwrap {
  using Type = R;
  static constexpr bool kFallible = false;
};
template <class R>
struct Unwrap<Result<R>> {
  using Type = R;
  static constexpr bool kFallible = true;
};
template <>
struct Unwrap<Trap> {
  using Type = void;
  static constexpr bool kFallible = true;
};

template <class Tuple>
struct TypeList;
template <class... T>
struct TypeList<std::tuple<T...>> {
  static_assert((check_param<T>() && ...));
  static constexpr std::size_t kSlots = (std::size_t{0} + ... + WasmType<T>::kType.slots());
  static constexpr bool kRefs = (WasmType<T>::kType.is_ref() || ... || false);
  static std::vector<ValType> types() { return {WasmType<T>::kType...}; }
};

template <class R, class... Args>
FuncType func_type() {
  return {TypeList<std::tuple<Args...>>::types(),
          TypeList<typename ResultList<typename Unwrap<R>::Type>::Types>::types()};
}

/// The signature of a callable: lambdas and other objects with one operator(), and functions.
template <class F>
struct Signature : Signature<decltype(&F::operator())> {};
template <class C, class R, class... A>
struct Signature<R (C::*)(A...) const> : Signature<R(A...)> {};
template <class C, class R, class... A>
struct Signature<R (C::*)(A...)> : Signature<R(A...)> {};
template <class C, class R, class... A>
struct Signature<R (C::*)(A...) const noexcept> : Signature<R(A...)> {};
template <class C, class R, class... A>
struct Signature<R (C::*)(A...) noexcept> : Signature<R(A...)> {};
template <class R, class... A>
struct Signature<R (*)(A...)> : Signature<R(A...)> {};
template <class R, class... A>
struct Signature<R (*)(A...) noexcept> : Signature<R(A...)> {};
template <class R, class... A>
struct Signature<R(A...)> {
  using Result = R;
  using Args = std::tuple<A...>;
  static constexpr bool kTakesCaller = false;
};
template <class R, class... A>
struct Signature<R(Caller&, A...)> {
  using Result = R;
  using Args = std::tuple<A...>;
  static constexpr bool kTakesCaller = true;
};

inline namespace WASMRT_DETAIL_EH {

/// Runs `body`; where there are exceptions, one becomes a trap.
template <class Body>
Result<void> guarded(Body&& body) noexcept {
#if defined(__cpp_exceptions)
  try {
    return body();
  } catch (const std::exception& e) {
    return Trap::host(e.what()).set_host_exception(std::current_exception());
  } catch (...) {
    return Trap::host("unknown C++ exception").set_host_exception(std::current_exception());
  }
#else
  return body();
#endif
}

/// Throws again what a host function threw, when that is what ended the call.
inline void rethrow_host_exception([[maybe_unused]] const Error& error) {
#if defined(__cpp_exceptions)
  if (const Trap* trap = error.trap(); trap != nullptr && trap->host_exception() != nullptr) {
    std::rethrow_exception(trap->host_exception());
  }
#endif
}

template <class F, class Tuple, class R, bool kTakesCaller>
struct TypedHostFrom;
template <class F, class... A, class R, bool kTakesCaller>
struct TypedHostFrom<F, std::tuple<A...>, R, kTakesCaller> {
  static_assert((check_param<A>() && ...));
  static FuncType type() { return func_type<R, A...>(); }
  template <class G>
  static HostFunction make(G&& callable) {
    HostFunction h;
    h.state = new F(std::forward<G>(callable));
    h.invoke = &invoke;
    if constexpr (kInWords<typename Unwrap<R>::Type, A...>) h.invoke_words = &invoke_words;
    h.destroy = [](void* state) { delete static_cast<F*>(state); };
    return h;
  }
  static Result<void> invoke(void* state, Caller& caller, std::uint64_t* slots) {
    return guarded([&] { return run(*static_cast<F*>(state), caller, slots); });
  }

  static WordResult invoke_words(std::uint64_t a, std::uint64_t b, std::uint64_t c, std::uint64_t d,
                                 void* state, CallFrame& frame) {
    Caller caller = CallerOf::make(frame);
    std::uint64_t words[kMostWords] = {a, b, c, d};
    Result<void> done = guarded([&] { return run(*static_cast<F*>(state), caller, words); });
    if (!done) return {0, new Error(std::move(done).error())};
    return {words[0], nullptr};
  }

 private:
  static constexpr bool kNeedsStore = (WasmType<A>::kType.is_ref() || ... || false);
  static constexpr std::array<std::size_t, sizeof...(A) + 1> first_slots() {
    std::array<std::size_t, sizeof...(A) + 1> at{};
    [[maybe_unused]] std::size_t i = 0;
    ((at[i + 1] = at[i] + WasmType<A>::kType.slots(), ++i), ...);
    return at;
  }
  static Result<void> run(F& f, Caller& caller, std::uint64_t* slots) {
    std::optional<Store> store;
    if constexpr (kNeedsStore) store.emplace(caller.store());
    [[maybe_unused]] const Store* store_pointer = store ? &*store : nullptr;
    const auto call = [&]<std::size_t... I>(std::index_sequence<I...>)->R {
      // Each argument is made in place, from where its slots begin.
      [[maybe_unused]] constexpr auto kAt = first_slots();
      if constexpr (kTakesCaller) {
        return f(caller, WasmType<A>::from(store_pointer, slots + kAt[I])...);
      } else {
        return f(WasmType<A>::from(store_pointer, slots + kAt[I])...);
      }
    };
    constexpr std::index_sequence_for<A...> kEach;
    if constexpr (std::is_same_v<R, Trap>) {
      return call(kEach);
    } else if constexpr (Unwrap<R>::kFallible) {
      R result = call(kEach);
      if (!result.ok()) return std::move(result).error();
      using Plain = typename Unwrap<R>::Type;
      if constexpr (!std::is_void_v<Plain>) ResultList<Plain>::store(*result, slots);
      return {};
    } else if constexpr (std::is_void_v<R>) {
      call(kEach);
      return {};
    } else {
      ResultList<R>::store(call(kEach), slots);
      return {};
    }
  }
};
template <class F>
using HostOf = TypedHostFrom<F, typename Signature<F>::Args, typename Signature<F>::Result,
                             Signature<F>::kTakesCaller>;

/// A HostCallback in the embedder's translation unit, so that its exceptions are caught there.
inline HostCallback guarded_callback(HostCallback callback) {
#if defined(__cpp_exceptions)
  return [inner = std::move(callback)](Caller& caller, std::span<const Value> args,
                                       std::span<Value> results) -> Result<void> {
    return guarded([&] { return inner(caller, args, results); });
  };
#else
  return callback;
#endif
}

}  // namespace WASMRT_DETAIL_EH
}  // namespace wasmrt::detail

namespace wasmrt {

/// A function with its C++ signature: calls are checked when it is made and not again. R is void,
/// one type, or a std::tuple of them; see Linker::func for the types.
template <class R, class... Args>
class TypedFunc<R(Args...)> {
 public:
  /// Calls without options.
  Result<R> operator()(Args... args) const {
    if constexpr (detail::kInWords<R, Args...>) {
      const detail::WordResult done = func_.call_words({detail::to_word(args)...});
      if (done.error != nullptr) return Func::take_error(done.error);
      if constexpr (std::is_void_v<R>) {
        return {};
      } else {
        return detail::from_word<R>(done.value);
      }
    } else {
      return call(CallOptions{}, std::move(args)...);
    }
  }
  /// Calls with options. Errors as Func::call.
  Result<R> call(const CallOptions& options, Args... args) const {
    using Params = detail::TypeList<std::tuple<Args...>>;
    using Results = detail::TypeList<typename detail::ResultList<R>::Types>;
    constexpr std::size_t kSlots = std::max({Params::kSlots, Results::kSlots, std::size_t{1}});
    std::array<std::uint64_t, kSlots> slots;
    [[maybe_unused]] std::uint64_t* at = slots.data();
    ((detail::WasmType<Args>::to(args, at), at += detail::WasmType<Args>::kType.slots()), ...);
    // This object may be gone when the call returns: a host function may drop it.
    [[maybe_unused]] std::optional<Store> store;
    if constexpr (Results::kRefs) store.emplace(func_.owner());
    Result<void> done = func_.call_slots(slots, options);
    if (!done) {
      if (options.rethrow) detail::rethrow_host_exception(done.error());
      return std::move(done).error();
    }
    if constexpr (std::is_void_v<R>) {
      return {};
    } else {
      if constexpr (Results::kRefs) {
        return detail::ResultList<R>::load(&*store, slots.data());
      } else {
        return detail::ResultList<R>::load(nullptr, slots.data());
      }
    }
  }
  /// The function without its C++ signature.
  [[nodiscard]] const Func& func() const noexcept { return func_; }

 private:
  friend class Func;
  explicit TypedFunc(Func func) : func_(std::move(func)) {}
  Func func_;
};

namespace detail {
template <class Signature>
struct TypeOfSignature;
template <class R, class... Args>
struct TypeOfSignature<R(Args...)> {
  static FuncType type() { return func_type<R, Args...>(); }
};
}  // namespace detail

template <class F>
Func Func::wrap(const Store& store, F&& callable) {
  using Host = detail::HostOf<std::decay_t<F>>;
  return create_host(store, Host::type(), Host::make(std::forward<F>(callable)));
}

template <class Signature>
Result<TypedFunc<Signature>> Func::typed() const {
  FuncType wanted = detail::TypeOfSignature<Signature>::type();
  if (!(type() == wanted)) return signature_mismatch(wanted);
  return TypedFunc<Signature>(*this);
}

inline Result<Func> Func::create(const Store& store, const FuncType& type, HostCallback callback) {
  return create_callback(store, type, detail::guarded_callback(std::move(callback)));
}

inline Result<std::vector<Value>> Func::call(std::span<const Value> args,
                                             const CallOptions& options) const {
  Result<std::vector<Value>> result = call_values(args, options);
  if (!result && options.rethrow) detail::rethrow_host_exception(result.error());
  return result;
}

inline Result<void> Func::call_raw(std::span<std::uint64_t> slots,
                                   const CallOptions& options) const {
  Result<void> result = call_slots(slots, options);
  if (!result && options.rethrow) detail::rethrow_host_exception(result.error());
  return result;
}

}  // namespace wasmrt
