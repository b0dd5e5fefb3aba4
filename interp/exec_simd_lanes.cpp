// Vector instructions with a lane, and vector loads and stores.
//
// extract: the lane is in w; replace: in the upper half of w. Loads that extend, splat or zero are
// the semantics function of the instruction they stand for, after a load of the right size.
#include "interp/exec_access.h"
#include "libwasmrt/wasm/semantics_simd.h"

namespace wasmrt::interp {
namespace {

template <auto fn, class T, K ka, bool to_slot>
TrapWord extract(WASMRT_REGS) {
  const V128 a = operand<V128, ka>(pc, sp, r, v, pc->a);
  result<T, to_slot>(pc, sp, r, v, fn(a, static_cast<std::uint8_t>(pc->w)));
  WASMRT_NEXT(16);
}

template <Op op, auto fn>
constexpr Row extract_row() {
  using T = decltype(fn(V128{}, std::uint8_t{0}));
  return {op,
          {extract<fn, T, K::R, false>, extract<fn, T, K::R, true>, extract<fn, T, K::S, false>,
           extract<fn, T, K::S, true>}};
}

template <auto fn, class T, K ka, K kb, bool to_slot>
TrapWord replace(WASMRT_REGS) {
  const V128 a = operand<V128, ka>(pc, sp, r, v, pc->a);
  const T b = operand<T, kb>(pc, sp, r, v, ka == K::S ? pc->b() : pc->a);
  result<V128, to_slot>(pc, sp, r, v, fn(a, b, static_cast<std::uint8_t>(pc->c())));
  WASMRT_NEXT(16);
}

template <Op op, auto fn, class T>
constexpr Row replace_row() {
  Row row = {op,
             {replace<fn, T, K::R, K::S, false>, replace<fn, T, K::R, K::S, true>,
              replace<fn, T, K::S, K::R, false>, replace<fn, T, K::S, K::R, true>,
              replace<fn, T, K::S, K::S, false>, replace<fn, T, K::S, K::S, true>}};
  if constexpr (!kIsVec<T>) {
    row.handlers[10] = replace<fn, T, K::R, K::R, false>;
    row.handlers[11] = replace<fn, T, K::R, K::R, true>;
  }
  return row;
}

struct Whole {
  using Memory = V128;
  static V128 value(V128 m) { return m; }
};
/// Eight bytes into the low half, then fn.
template <auto fn>
struct LowHalf {
  using Memory = std::uint64_t;
  static V128 value(std::uint64_t m) { return fn(V128::from_u64(m, 0)); }
};
template <class M, auto fn>
struct Splat {
  using Memory = M;
  static V128 value(M m) { return fn(m); }
};
template <class M>
struct Zero {
  using Memory = M;
  static V128 value(M m) { return V128::from_u64(m, 0); }
};

constexpr Row kRows[] = {
    extract_row<Op::I8x16ExtractLaneS, sem::i8x16_extract_lane_s>(),
    extract_row<Op::I8x16ExtractLaneU, sem::i8x16_extract_lane_u>(),
    extract_row<Op::I16x8ExtractLaneS, sem::i16x8_extract_lane_s>(),
    extract_row<Op::I16x8ExtractLaneU, sem::i16x8_extract_lane_u>(),
    extract_row<Op::I32x4ExtractLane, sem::i32x4_extract_lane>(),
    extract_row<Op::I64x2ExtractLane, sem::i64x2_extract_lane>(),
    extract_row<Op::F32x4ExtractLane, sem::f32x4_extract_lane>(),
    extract_row<Op::F64x2ExtractLane, sem::f64x2_extract_lane>(),
    replace_row<Op::I8x16ReplaceLane, sem::i8x16_replace_lane, std::uint32_t>(),
    replace_row<Op::I16x8ReplaceLane, sem::i16x8_replace_lane, std::uint32_t>(),
    replace_row<Op::I32x4ReplaceLane, sem::i32x4_replace_lane, std::uint32_t>(),
    replace_row<Op::I64x2ReplaceLane, sem::i64x2_replace_lane, std::uint64_t>(),
    replace_row<Op::F32x4ReplaceLane, sem::f32x4_replace_lane, float>(),
    replace_row<Op::F64x2ReplaceLane, sem::f64x2_replace_lane, double>(),
    load_row<Op::V128Load, Whole>(),
    load_row<Op::V128Load8x8S, LowHalf<sem::i16x8_extend_low_i8x16_s>>(),
    load_row<Op::V128Load8x8U, LowHalf<sem::i16x8_extend_low_i8x16_u>>(),
    load_row<Op::V128Load16x4S, LowHalf<sem::i32x4_extend_low_i16x8_s>>(),
    load_row<Op::V128Load16x4U, LowHalf<sem::i32x4_extend_low_i16x8_u>>(),
    load_row<Op::V128Load32x2S, LowHalf<sem::i64x2_extend_low_i32x4_s>>(),
    load_row<Op::V128Load32x2U, LowHalf<sem::i64x2_extend_low_i32x4_u>>(),
    load_row<Op::V128Load8Splat, Splat<std::uint8_t, sem::i8x16_splat>>(),
    load_row<Op::V128Load16Splat, Splat<std::uint16_t, sem::i16x8_splat>>(),
    load_row<Op::V128Load32Splat, Splat<std::uint32_t, sem::i32x4_splat>>(),
    load_row<Op::V128Load64Splat, Splat<std::uint64_t, sem::i64x2_splat>>(),
    load_row<Op::V128Load32Zero, Zero<std::uint32_t>>(),
    load_row<Op::V128Load64Zero, Zero<std::uint64_t>>(),
    store_row<Op::V128Store, V128, V128>(),
};

}  // namespace

void fill_simd_lanes(Handler* table) { fill_rows(table, kRows); }

}  // namespace wasmrt::interp
