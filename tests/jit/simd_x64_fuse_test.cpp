// Vector ops of which x64 makes one instruction: rotations, bitwise functions of three vectors,
// widening twice, tests of comparisons.
#include <string>
#include <utility>
#include <vector>

#include "jit/x64/target.h"
#include "libwasmrt/wasm/semantics_simd.h"
#include "tests/jit/x64_code.h"
#include "tests/wasm/edge_values.h"

using namespace wasmrt;
using namespace wasmrt::test;
using jit::ir::Type;

namespace {

V128 random_vector(Random& random) {
  V128 v;
  for (std::uint8_t& byte : v.bytes) byte = static_cast<std::uint8_t>(random.next());
  return v;
}

using Binary = V128 (*)(V128, V128);
using ShiftFn = V128 (*)(V128, std::uint32_t);

}  // namespace

TEST_CASE("x64: shifts that make a rotation, and those that do not") {
  struct Width {
    Op left, right;
    ShiftFn shl, shr;
    std::uint32_t bits;
  };
  static constexpr Width kWidths[] = {
      {Op::I16x8Shl, Op::I16x8ShrU, sem::i16x8_shl, sem::i16x8_shr_u, 16},
      {Op::I32x4Shl, Op::I32x4ShrU, sem::i32x4_shl, sem::i32x4_shr_u, 32},
      {Op::I64x2Shl, Op::I64x2ShrU, sem::i64x2_shl, sem::i64x2_shr_u, 64}};
  static constexpr std::pair<Op, Binary> kJoins[] = {
      {Op::V128Or, sem::v128_or}, {Op::V128Xor, sem::v128_xor}, {Op::I32x4Add, sem::i32x4_add}};
  CodePage page;
  Random random;
  for (const std::uint64_t cpu : cpu_levels()) {
    for (const Width& w : kWidths) {
      for (const auto& [join, join_fn] : kJoins) {
        for (std::uint32_t count = 0; count <= w.bits; ++count) {
          for (const std::uint32_t other : {w.bits - count, w.bits - count + 1}) {
            const bool right_first = count % 3 == 0;
            PointerFunction f;
            const auto x = f.load(0, Type::V128);
            auto a = f.simd(w.left, Type::V128, {x, f.constant(Type::I32, count)});
            auto b = f.simd(w.right, Type::V128, {x, f.constant(Type::I32, other)});
            if (right_first) std::swap(a, b);
            f.store(3, f.simd(join, Type::V128, {a, b}));
            f.finish();
            page.compile(f.func, cpu);
            const V128 value = random_vector(random);
            V128 out;
            page.run(&value, nullptr, nullptr, &out);
            INFO("cpu " << cpu << " bits " << w.bits << " count " << count << " other " << other);
            CHECK(out == join_fn(w.shl(value, count), w.shr(value, other)));
          }
        }
      }
    }
  }
}

TEST_CASE("x64: bitwise functions of three vectors") {
  static constexpr std::pair<Op, Binary> kOps[] = {{Op::V128And, sem::v128_and},
                                                   {Op::V128Or, sem::v128_or},
                                                   {Op::V128Xor, sem::v128_xor},
                                                   {Op::V128Andnot, sem::v128_andnot}};
  CodePage page;
  Random random;
  const V128 x = random_vector(random);
  const V128 y = random_vector(random);
  const V128 z = random_vector(random);
  const auto run = [&](PointerFunction& f, std::uint64_t cpu) {
    f.finish();
    page.compile(f.func, cpu);
    V128 out;
    page.run(&x, &y, &z, &out);
    return out;
  };
  for (const std::uint64_t cpu : cpu_levels()) {
    for (const auto& [outer, outer_fn] : kOps) {
      for (const auto& [inner, inner_fn] : kOps) {
        INFO("cpu " << cpu << " " << std::string(op_name(outer)) << " of "
                    << std::string(op_name(inner)));
        for (const bool first : {false, true}) {
          for (const bool shared : {false, true}) {  // a vector that stands in both
            PointerFunction f;
            const auto a = f.load(0, Type::V128);
            const auto b = f.load(1, Type::V128);
            const auto c = shared ? a : f.load(2, Type::V128);
            const auto i = f.simd(inner, Type::V128, {a, b});
            f.store(3,
                    first ? f.simd(outer, Type::V128, {i, c}) : f.simd(outer, Type::V128, {c, i}));
            const V128 inside = inner_fn(x, y);
            const V128& third = shared ? x : z;
            CHECK(run(f, cpu) == (first ? outer_fn(inside, third) : outer_fn(third, inside)));
          }
        }
        PointerFunction f;
        const auto i = f.simd(inner, Type::V128, {f.load(0, Type::V128), f.load(1, Type::V128)});
        f.store(3, f.simd(Op::V128Not, Type::V128, {i}));
        CHECK(run(f, cpu) == sem::v128_not(inner_fn(x, y)));
      }
      for (const bool first : {false, true}) {
        PointerFunction f;
        const auto a = f.load(0, Type::V128);
        const auto n = f.simd(Op::V128Not, Type::V128, {f.load(1, Type::V128)});
        f.store(3, first ? f.simd(outer, Type::V128, {n, a}) : f.simd(outer, Type::V128, {a, n}));
        INFO("cpu " << cpu << " " << std::string(op_name(outer)) << " of not");
        const V128 inside = sem::v128_not(y);
        CHECK(run(f, cpu) == (first ? outer_fn(inside, x) : outer_fn(x, inside)));
      }
    }
  }
}

TEST_CASE("x64: low halves widened twice") {
  using Unary = V128 (*)(V128);
  struct Row {
    Op op;
    Unary fn;
  };
  static constexpr Row kRows[] = {{Op::I16x8ExtendLowI8x16S, sem::i16x8_extend_low_i8x16_s},
                                  {Op::I16x8ExtendLowI8x16U, sem::i16x8_extend_low_i8x16_u},
                                  {Op::I32x4ExtendLowI16x8S, sem::i32x4_extend_low_i16x8_s},
                                  {Op::I32x4ExtendLowI16x8U, sem::i32x4_extend_low_i16x8_u},
                                  {Op::I64x2ExtendLowI32x4S, sem::i64x2_extend_low_i32x4_s},
                                  {Op::I64x2ExtendLowI32x4U, sem::i64x2_extend_low_i32x4_u}};
  CodePage page;
  Random random;
  for (const std::uint64_t cpu : cpu_levels()) {
    for (const Row& outer : kRows) {
      for (const Row& inner : kRows) {
        PointerFunction f;
        const auto narrow = f.simd(inner.op, Type::V128, {f.load(0, Type::V128)});
        f.store(3, f.simd(outer.op, Type::V128, {narrow}));
        f.finish();
        page.compile(f.func, cpu);
        for (unsigned n = 0; n < 8; ++n) {
          const V128 value = random_vector(random);
          V128 out;
          page.run(&value, nullptr, nullptr, &out);
          INFO("cpu " << cpu << " " << std::string(op_name(outer.op)) << " "
                      << std::string(op_name(inner.op)));
          CHECK(out == outer.fn(inner.fn(value)));
        }
      }
    }
  }
}

TEST_CASE("x64: tests of bitwise ops and comparisons") {
  using Test = std::uint32_t (*)(V128);
  static constexpr std::pair<Op, Test> kTests[] = {{Op::V128AnyTrue, sem::v128_any_true},
                                                   {Op::I8x16AllTrue, sem::i8x16_all_true},
                                                   {Op::I16x8AllTrue, sem::i16x8_all_true},
                                                   {Op::I32x4AllTrue, sem::i32x4_all_true},
                                                   {Op::I64x2AllTrue, sem::i64x2_all_true}};
  static constexpr std::pair<Op, Binary> kInner[] = {
      {Op::V128And, sem::v128_and}, {Op::V128Andnot, sem::v128_andnot},
      {Op::V128Xor, sem::v128_xor}, {Op::V128Or, sem::v128_or},
      {Op::I8x16Ne, sem::i8x16_ne}, {Op::I64x2Ne, sem::i64x2_ne},
      {Op::I8x16Eq, sem::i8x16_eq}, {Op::I16x8Eq, sem::i16x8_eq},
      {Op::I32x4Eq, sem::i32x4_eq}, {Op::I64x2Eq, sem::i64x2_eq},
      {Op::F32x4Eq, sem::f32x4_eq}, {Op::I32x4GtS, sem::i32x4_gt_s}};
  // Equal, or different in one byte or bit, or contained in one another.
  std::vector<std::pair<V128, V128>> values;
  Random random;
  for (unsigned n = 0; n < 16; ++n) {
    V128 a = random_vector(random);
    V128 b = a;
    values.emplace_back(a, b);
    b.bytes[n] ^= 1;
    values.emplace_back(a, b);
    values.emplace_back(sem::v128_and(a, b), b);
    values.emplace_back(b, sem::v128_and(a, b));
    values.emplace_back(sem::v128_not(a), a);
    for (unsigned k = 0; k < 16; ++k) b.bytes[k] = k % 4 == n % 4 ? a.bytes[k] : a.bytes[k] ^ 0x40;
    values.emplace_back(a, b);
  }
  CodePage page;
  for (const std::uint64_t cpu : cpu_levels()) {
    for (const auto& [test, test_fn] : kTests) {
      for (const auto& [inner, inner_fn] : kInner) {
        for (const bool as_number : {false, true}) {
          PointerFunction f;
          const auto mask =
              f.simd(inner, Type::V128, {f.load(0, Type::V128), f.load(1, Type::V128)});
          auto result = f.simd(test, Type::I32, {mask});
          if (!as_number) {
            result = f.add(jit::ir::IrOp::Select, Type::I32,
                           {result, f.constant(Type::I32, 1), f.constant(Type::I32, 0)});
          }
          f.store(3, result);
          f.finish();
          page.compile(f.func, cpu);
          for (const auto& [a, b] : values) {
            std::uint32_t out = 2;
            page.run(&a, &b, nullptr, &out);
            INFO("cpu " << cpu << " " << std::string(op_name(test)) << " "
                        << std::string(op_name(inner)));
            CHECK(out == test_fn(inner_fn(a, b)));
          }
        }
      }
    }
  }
}
