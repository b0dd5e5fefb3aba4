// The machinery of the vector semantics: one expression per instruction, two ways to evaluate it.
//
// In: a function object on lanes, and V128 operands. `map` and its relatives apply it lane by lane
// at compile time, and to whole vectors (GCC vector extension) at run time, where it becomes one
// or a few instructions. Lane 0 is at the lowest address; hosts are little-endian.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include <wasmrt/value.hpp>

#include "sys/os/vector.h"

namespace wasmrt::sem::lanes {

static_assert(std::endian::native == std::endian::little);

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using s8 = std::int8_t;
using s16 = std::int16_t;
using s32 = std::int32_t;
using s64 = std::int64_t;

template <class T>
using Vec = os::Vector<T>;

template <class T>
using Lanes = std::array<T, 16 / sizeof(T)>;

template <class T>
constexpr Lanes<T> to_lanes(V128 v) {
  return std::bit_cast<Lanes<T>>(v);
}

template <class T>
constexpr V128 from_lanes(const Lanes<T>& lanes) {
  return std::bit_cast<V128>(lanes);
}

template <class T>
inline Vec<T> to_vec(const V128& v) {
  return std::bit_cast<Vec<T>>(v);
}

template <class V>
inline V128 from_vec(V v) {
  return std::bit_cast<V128>(v);
}

/// The signed integer as wide as T: the type of a comparison's lanes.
template <class T>
using MaskOf = std::conditional_t<
    sizeof(T) == 1, s8,
    std::conditional_t<sizeof(T) == 2, s16, std::conditional_t<sizeof(T) == 4, s32, s64>>>;

template <class T>
inline constexpr bool kIsLane = std::is_arithmetic_v<T>;

// What scalar lanes and vectors write differently. Comparisons give all ones or all zeros.

template <class T>
constexpr auto mask(bool condition) {
  return static_cast<MaskOf<T>>(condition ? -1 : 0);
}

#define WASMRT_LANE_COMPARE(name, op) \
  template <class T>                  \
  constexpr auto name(T a, T b) {     \
    if constexpr (kIsLane<T>) {       \
      return mask<T>(a op b);         \
    } else {                          \
      return a op b;                  \
    }                                 \
  }
WASMRT_LANE_COMPARE(eq, ==)
WASMRT_LANE_COMPARE(ne, !=)
WASMRT_LANE_COMPARE(lt, <)
WASMRT_LANE_COMPARE(gt, >)
WASMRT_LANE_COMPARE(le, <=)
WASMRT_LANE_COMPARE(ge, >=)
#undef WASMRT_LANE_COMPARE

/// a where the comparison held, else b.
template <class M, class T>
constexpr T select(M condition, T a, T b) {
  if constexpr (kIsLane<T>) {
    return condition != 0 ? a : b;
  } else {
    return condition ? a : b;
  }
}

template <class X>
struct LaneOfImpl {
  using Type = std::remove_cvref_t<decltype(std::declval<X&>()[0])>;
};
template <class X>
requires kIsLane<X>
struct LaneOfImpl<X> {
  using Type = X;
};

/// The lane type of a lane or vector.
template <class X>
using LaneOf = typename LaneOfImpl<X>::Type;

/// A number of X's lane type; an operator applies it to every lane.
template <class X>
constexpr LaneOf<X> num(u64 n) {
  return static_cast<LaneOf<X>>(n);
}

/// The number in every lane.
template <class X>
constexpr X splat(LaneOf<X> n) {
  if constexpr (kIsLane<X>) {
    return n;
  } else {
    return X{} + n;
  }
}

/// The same bits as lanes of the integer type L, which is as wide.
template <class L, class X>
constexpr auto as(X x) {
  if constexpr (kIsLane<X>) {
    return static_cast<L>(x);
  } else {
    return (Vec<L>)x;  // NOLINT: static_cast does not convert between vectors
  }
}

/// The product modulo 2^N; plain * would be signed (and overflow) for 16-bit lanes.
template <class T>
constexpr T multiply(T a, T b) {
  if constexpr (kIsLane<T>) {
    return static_cast<T>(static_cast<u64>(a) * static_cast<u64>(b));
  } else {
    return a * b;
  }
}

/// The lane type a function object's result is stored as: narrow integers come back promoted.
template <class T, class R>
using Stored = std::conditional_t<sizeof(R) == sizeof(T), R, T>;

template <class T, class F>
constexpr V128 map(F f, V128 a) {
  if (std::is_constant_evaluated()) {
    const Lanes<T> x = to_lanes<T>(a);
    Lanes<Stored<T, decltype(f(x[0]))>> r = {};
    for (std::size_t i = 0; i < r.size(); ++i) {
      r[i] = static_cast<typename decltype(r)::value_type>(f(x[i]));
    }
    return std::bit_cast<V128>(r);
  }
  return from_vec(f(to_vec<T>(a)));
}

template <class T, class F>
constexpr V128 map(F f, V128 a, V128 b) {
  if (std::is_constant_evaluated()) {
    const Lanes<T> x = to_lanes<T>(a), y = to_lanes<T>(b);
    Lanes<Stored<T, decltype(f(x[0], y[0]))>> r = {};
    for (std::size_t i = 0; i < r.size(); ++i) {
      r[i] = static_cast<typename decltype(r)::value_type>(f(x[i], y[i]));
    }
    return std::bit_cast<V128>(r);
  }
  return from_vec(f(to_vec<T>(a), to_vec<T>(b)));
}

template <class T, class F>
constexpr V128 map(F f, V128 a, V128 b, V128 c) {
  if (std::is_constant_evaluated()) {
    const Lanes<T> x = to_lanes<T>(a), y = to_lanes<T>(b), z = to_lanes<T>(c);
    Lanes<T> r = {};
    for (std::size_t i = 0; i < r.size(); ++i) r[i] = static_cast<T>(f(x[i], y[i], z[i]));
    return from_lanes<T>(r);
  }
  return from_vec(f(to_vec<T>(a), to_vec<T>(b), to_vec<T>(c)));
}

/// Lane by lane in both worlds, for conversions that change the lanes' type and are rare or have no
/// vector form. Result lanes beyond the operand's are zero.
template <class R, class T, class F>
constexpr V128 convert_lanes(F f, V128 a) {
  const Lanes<T> x = to_lanes<T>(a);
  Lanes<R> r = {};
  constexpr std::size_t kCount = std::min(Lanes<R>().size(), Lanes<T>().size());
  for (std::size_t i = 0; i < kCount; ++i) r[i] = f(x[i]);
  return from_lanes<R>(r);
}

/// Eight bytes as lanes of T.
template <class T>
struct HalfOf {
  typedef T Type __attribute__((vector_size(8)));
};

/// The low or high 8 bytes as lanes of T, converted to 16 bytes of R, lane by lane.
template <class R, class T, bool kHigh = false>
constexpr V128 widen(V128 a) {
  constexpr std::size_t kCount = Lanes<R>().size();
  if (std::is_constant_evaluated()) {
    const Lanes<T> x = to_lanes<T>(a);
    Lanes<R> r = {};
    for (std::size_t i = 0; i < kCount; ++i) r[i] = static_cast<R>(x[i + (kHigh ? kCount : 0)]);
    return from_lanes<R>(r);
  }
  typename HalfOf<T>::Type half;
  std::memcpy(&half, a.bytes + (kHigh ? 8 : 0), sizeof half);
  return from_vec(__builtin_convertvector(half, Vec<R>));
}

}  // namespace wasmrt::sem::lanes
