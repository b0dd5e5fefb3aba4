// Integer semantics against 128-bit arithmetic and bit-by-bit counts, on edge x edge operands.
#include <catch2/catch_test_macros.hpp>

#include "libwasmrt/wasm/semantics_int.h"
#include "tests/wasm/edge_values.h"

using namespace wasmrt;
using namespace wasmrt::sem;
using test::edge_integers;

namespace {

__extension__ using S128 = __int128;
__extension__ using U128 = unsigned __int128;

// The functions of one width, so that both are checked by the same text.
// clang-format off
struct I32 {
  using U = std::uint32_t;
  using S = std::int32_t;
#define F(name) static constexpr auto name##_fn = i32_##name;
  F(add) F(sub) F(mul) F(div_s) F(div_u) F(rem_s) F(rem_u) F(shl) F(shr_s) F(shr_u) F(rotl)
  F(rotr) F(clz) F(ctz) F(popcnt) F(eqz) F(eq) F(ne) F(lt_s) F(lt_u) F(gt_s) F(gt_u)
  F(le_s) F(le_u) F(ge_s) F(ge_u) F(extend8_s) F(extend16_s) F(and) F(or) F(xor)
#undef F
};
struct I64 {
  using U = std::uint64_t;
  using S = std::int64_t;
#define F(name) static constexpr auto name##_fn = i64_##name;
  F(add) F(sub) F(mul) F(div_s) F(div_u) F(rem_s) F(rem_u) F(shl) F(shr_s) F(shr_u) F(rotl)
  F(rotr) F(clz) F(ctz) F(popcnt) F(eqz) F(eq) F(ne) F(lt_s) F(lt_u) F(gt_s) F(gt_u)
  F(le_s) F(le_u) F(ge_s) F(ge_u) F(extend8_s) F(extend16_s) F(and) F(or) F(xor)
#undef F
};
// clang-format on

template <class T>
constexpr int kBits = sizeof(typename T::U) * 8;

// The value as a mathematical integer, computed from its bits.
template <class T>
S128 as_signed(typename T::U a) {
  const S128 v = a;
  return (v >> (kBits<T> - 1)) != 0 ? v - (S128{1} << kBits<T>) : v;
}

template <class T>
bool bit(typename T::U a, int i) {
  return ((a >> i) & 1) != 0;
}

template <class T>
void check_arithmetic(typename T::U a, typename T::U b) {
  using U = typename T::U;
  const S128 x = as_signed<T>(a), y = as_signed<T>(b);
  CHECK(T::add_fn(a, b) == static_cast<U>(static_cast<U128>(x + y)));
  CHECK(T::sub_fn(a, b) == static_cast<U>(static_cast<U128>(x - y)));
  CHECK(T::mul_fn(a, b) == static_cast<U>(static_cast<U128>(a) * b));
  CHECK(T::lt_s_fn(a, b) == (x < y));
  CHECK(T::gt_s_fn(a, b) == (x > y));
  CHECK(T::le_s_fn(a, b) == (x <= y));
  CHECK(T::ge_s_fn(a, b) == (x >= y));
  const S128 ux = a, uy = b;
  CHECK(T::lt_u_fn(a, b) == (ux < uy));
  CHECK(T::gt_u_fn(a, b) == (ux > uy));
  CHECK(T::le_u_fn(a, b) == (ux <= uy));
  CHECK(T::ge_u_fn(a, b) == (ux >= uy));
  CHECK(T::eq_fn(a, b) == (ux - uy == 0));
  CHECK(T::ne_fn(a, b) == (ux - uy != 0));
  if (b == 0) {
    for (auto r : {T::div_s_fn(a, b), T::div_u_fn(a, b), T::rem_s_fn(a, b), T::rem_u_fn(a, b)}) {
      CHECK(r.trap == TrapKind::IntegerDivideByZero);
    }
    return;
  }
  const S128 quotient = x / y;
  if (quotient == S128{1} << (kBits<T> - 1)) {
    CHECK(T::div_s_fn(a, b).trap == TrapKind::IntegerOverflow);
  } else {
    CHECK(T::div_s_fn(a, b) == Checked<U>(static_cast<U>(quotient)));
  }
  CHECK(T::rem_s_fn(a, b) == Checked<U>(static_cast<U>(x - quotient * y)));
  CHECK(T::div_u_fn(a, b) == Checked<U>(static_cast<U>(ux / uy)));
  CHECK(T::rem_u_fn(a, b) == Checked<U>(static_cast<U>(ux - ux / uy * uy)));
}

// Shifts and rotations bit by bit: result bit i is bit (i +- n) of the operand, or what fills.
template <class T>
void check_shifts(typename T::U a, typename T::U b) {
  using U = typename T::U;
  const int n = static_cast<int>(b % static_cast<U>(kBits<T>));
  U left = 0, right = 0, right_s = 0, rot_left = 0, rot_right = 0;
  for (int i = 0; i < kBits<T>; ++i) {
    const U here = static_cast<U>(U{1} << i);
    if (i - n >= 0 && bit<T>(a, i - n)) left |= here;
    if (i + n < kBits<T> && bit<T>(a, i + n)) right |= here;
    if (bit<T>(a, i + n < kBits<T> ? i + n : kBits<T> - 1)) right_s |= here;
    if (bit<T>(a, (i - n + kBits<T>) % kBits<T>)) rot_left |= here;
    if (bit<T>(a, (i + n) % kBits<T>)) rot_right |= here;
  }
  CHECK(T::shl_fn(a, b) == left);
  CHECK(T::shr_u_fn(a, b) == right);
  CHECK(T::shr_s_fn(a, b) == right_s);
  CHECK(T::rotl_fn(a, b) == rot_left);
  CHECK(T::rotr_fn(a, b) == rot_right);
}

template <class T>
void check_unary(typename T::U a) {
  using U = typename T::U;
  U leading = 0, trailing = 0, ones = 0;
  for (int i = kBits<T> - 1; i >= 0 && !bit<T>(a, i); --i) ++leading;
  for (int i = 0; i < kBits<T> && !bit<T>(a, i); ++i) ++trailing;
  for (int i = 0; i < kBits<T>; ++i) ones += bit<T>(a, i);
  CHECK(T::clz_fn(a) == leading);
  CHECK(T::ctz_fn(a) == trailing);
  CHECK(T::popcnt_fn(a) == ones);
  CHECK(T::eqz_fn(a) == (ones == 0));
  const S128 low8 = a & 0xFF, low16 = a & 0xFFFF;
  CHECK(T::extend8_s_fn(a) == static_cast<U>(low8 >= 0x80 ? low8 - 0x100 : low8));
  CHECK(T::extend16_s_fn(a) == static_cast<U>(low16 >= 0x8000 ? low16 - 0x10000 : low16));
}

template <class T>
void check_all() {
  const auto edges = edge_integers<typename T::U>();
  for (auto a : edges) {
    check_unary<T>(a);
    for (auto b : edges) {
      check_arithmetic<T>(a, b);
      check_shifts<T>(a, b);
      typename T::U all_and = 0, all_or = 0, all_xor = 0;
      for (int i = 0; i < kBits<T>; ++i) {
        const auto here = static_cast<typename T::U>(typename T::U{1} << i);
        if (bit<T>(a, i) && bit<T>(b, i)) all_and |= here;
        if (bit<T>(a, i) || bit<T>(b, i)) all_or |= here;
        if (bit<T>(a, i) != bit<T>(b, i)) all_xor |= here;
      }
      CHECK(T::and_fn(a, b) == all_and);
      CHECK(T::or_fn(a, b) == all_or);
      CHECK(T::xor_fn(a, b) == all_xor);
    }
  }
}

U128 pair(std::uint64_t low, std::uint64_t high) { return static_cast<U128>(high) << 64 | low; }
U128 pair(Wide w) { return pair(w.low, w.high); }

}  // namespace

TEST_CASE("i32 on edge x edge operands", "[wasm][semantics]") { check_all<I32>(); }
TEST_CASE("i64 on edge x edge operands", "[wasm][semantics]") { check_all<I64>(); }

TEST_CASE("width changes", "[wasm][semantics]") {
  for (std::uint64_t a : edge_integers<std::uint64_t>()) {
    CHECK(i32_wrap_i64(a) == a % (std::uint64_t{1} << 32));
    const S128 low = a % (std::uint64_t{1} << 32);
    const S128 expected = low >= (S128{1} << 31) ? low - (S128{1} << 32) : low;
    CHECK(i64_extend32_s(a) == static_cast<std::uint64_t>(expected));
    CHECK(i64_extend_i32_s(static_cast<std::uint32_t>(a)) == static_cast<std::uint64_t>(expected));
    CHECK(i64_extend_i32_u(static_cast<std::uint32_t>(a)) == static_cast<std::uint64_t>(low));
  }
}

TEST_CASE("wide arithmetic against 128-bit integers and long multiplication", "[wasm][semantics]") {
  const auto edges = edge_integers<std::uint64_t>();
  for (std::uint64_t a : edges) {
    for (std::uint64_t b : edges) {
      CHECK(pair(i64_add128(a, b, b, a)) == pair(a, b) + pair(b, a));
      CHECK(pair(i64_sub128(a, b, b, a)) == pair(a, b) - pair(b, a));
      // Four 32-bit products, summed by hand.
      const std::uint64_t a0 = a & 0xFFFF'FFFF, a1 = a >> 32, b0 = b & 0xFFFF'FFFF, b1 = b >> 32;
      const std::uint64_t middle = (a0 * b0 >> 32) + (a1 * b0 & 0xFFFF'FFFF) + a0 * b1;
      const std::uint64_t carry = middle < a0 * b1 ? std::uint64_t{1} << 32 : 0;
      const std::uint64_t high = a1 * b1 + (a1 * b0 >> 32) + (middle >> 32) + carry;
      CHECK(i64_mul_wide_u(a, b) == Wide{a * b, high});
      // A negative operand counts 2^64 too much in the unsigned product.
      std::uint64_t high_s = high;
      if (a >> 63 != 0) high_s -= b;
      if (b >> 63 != 0) high_s -= a;
      CHECK(i64_mul_wide_s(a, b) == Wide{a * b, high_s});
    }
  }
}

// The functions are usable at compile time.
static_assert(i32_div_s(0x8000'0000, 0xFFFF'FFFF).trap == TrapKind::IntegerOverflow);
static_assert(i32_rem_s(0x8000'0000, 0xFFFF'FFFF) == Checked<std::uint32_t>(0u));
static_assert(i64_div_s(static_cast<std::uint64_t>(-7), 2) ==
              Checked<std::uint64_t>(static_cast<std::uint64_t>(-3)));
static_assert(i32_rotl(0xABCD'9876, 1) == 0x579B'30ED && i32_rotr(1, 33) == 0x8000'0000);
static_assert(i32_clz(0) == 32 && i64_ctz(0) == 64 && i64_popcnt(~0ull) == 64);
static_assert(i64_mul_wide_u(~0ull, ~0ull) == Wide{1, ~0ull - 1});
static_assert(i64_mul_wide_s(~0ull, 2) == Wide{~0ull - 1, ~0ull});
