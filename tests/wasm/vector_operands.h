// Lane-wise checks of vector functions: operands that put every pair of edge values into lanes, and
// the comparison with an oracle on single lanes, computed in 64-bit integers.
#pragma once

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>
#include <wasmrt/value.hpp>

#include "tests/wasm/edge_values.h"

namespace wasmrt::test {

template <class T>
using LaneArray = std::array<T, 16 / sizeof(T)>;

template <class T>
LaneArray<T> lanes_of(const V128& v) {
  return std::bit_cast<LaneArray<T>>(v);
}

template <class T>
V128 vector_of(const LaneArray<T>& lanes) {
  return std::bit_cast<V128>(lanes);
}

/// The values that lanes take: all for bytes, edges for the rest.
template <class T>
std::vector<T> lane_values() {
  if constexpr (std::is_floating_point_v<T>) {
    return edge_floats<T>();
  } else if constexpr (sizeof(T) == 1) {
    std::vector<T> all;
    for (int i = 0; i < 256; ++i) all.push_back(static_cast<T>(i));
    return all;
  } else {
    std::vector<T> v;
    for (auto e : edge_integers<std::make_unsigned_t<T>>()) v.push_back(static_cast<T>(e));
    return v;
  }
}

/// Vectors whose lanes, side by side, hold every pair of lane values.
template <class T>
std::vector<std::pair<V128, V128>> operand_pairs() {
  const std::vector<T> values = lane_values<T>();
  constexpr std::size_t kLanes = 16 / sizeof(T);
  std::vector<std::pair<V128, V128>> pairs;
  LaneArray<T> a = {}, b = {};
  std::size_t lane = 0;
  for (T x : values) {
    for (T y : values) {
      a[lane] = x;
      b[lane] = y;
      if (++lane == kLanes) {
        pairs.emplace_back(vector_of<T>(a), vector_of<T>(b));
        lane = 0;
      }
    }
  }
  pairs.emplace_back(vector_of<T>(a), vector_of<T>(b));
  return pairs;
}

template <class R>
bool same_lane(R a, R b) {
  if constexpr (std::is_floating_point_v<R>) {
    return same_float(a, b);
  } else {
    return a == b;
  }
}

/// fn(a, b) lane i is oracle(a lane i, b lane i), for every pair of lane values of T.
template <class T, class R = T, class Fn, class Oracle>
void check_binary(const char* name, Fn fn, Oracle oracle) {
  INFO(name);
  std::size_t wrong = 0;
  for (const auto& [a, b] : operand_pairs<T>()) {
    const auto x = lanes_of<T>(a), y = lanes_of<T>(b);
    const auto r = lanes_of<R>(fn(a, b));
    for (std::size_t i = 0; i < x.size(); ++i) {
      wrong += !same_lane(r[i], static_cast<R>(oracle(x[i], y[i])));
    }
  }
  CHECK(wrong == 0);
}

/// The same for one operand.
template <class T, class R = T, class Fn, class Oracle>
void check_unary(const char* name, Fn fn, Oracle oracle) {
  INFO(name);
  std::size_t wrong = 0;
  for (const auto& [a, b] : operand_pairs<T>()) {
    const auto x = lanes_of<T>(a);
    const auto r = lanes_of<R>(fn(a));
    for (std::size_t i = 0; i < x.size(); ++i) {
      wrong += !same_lane(r[i], static_cast<R>(oracle(x[i])));
    }
  }
  CHECK(wrong == 0);
}

/// Whole vectors: fn(a, b) equals the vector that the oracle builds from arrays of lanes.
template <class T, class R, class Fn, class Oracle>
void check_whole(const char* name, Fn fn, Oracle oracle) {
  INFO(name);
  std::size_t wrong = 0;
  for (const auto& [a, b] : operand_pairs<T>()) {
    const auto r = lanes_of<R>(fn(a, b));
    const LaneArray<R> expected = oracle(lanes_of<T>(a), lanes_of<T>(b));
    for (std::size_t i = 0; i < r.size(); ++i) wrong += !same_lane(r[i], expected[i]);
  }
  CHECK(wrong == 0);
}

}  // namespace wasmrt::test
