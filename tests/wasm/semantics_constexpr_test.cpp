// Each vector function has two ways to be evaluated: lane by lane when the compiler does it, whole
// vectors when the processor does. For every row of the table both give the same bits.
#include <catch2/catch_test_macros.hpp>

#include "libwasmrt/wasm/opcode.h"
#include "libwasmrt/wasm/semantics_simd.h"

using namespace wasmrt;

namespace {

// Three operands whose lanes are finite normal numbers as f32 and as f64, of both signs, around the
// borders of 8, 16 and 32 bits. (The sign of a NaN that arithmetic makes is not specified.)
constexpr V128 kOperands[] = {
    V128::from_u64(0x4070'80FF'C17F'8001, 0xC1E8'7FFF'4F00'FF80),
    V128::from_u64(0xC09F'FE01'3F80'7F02, 0x40EF'FFE0'BF81'0203),
    V128::from_u64(0x3FF8'0000'4020'0F10, 0xC008'8081'CB7F'FFFE),
};

// The root of a negative number is such a NaN.
constexpr V128 kPositive = V128::from_u64(0x4070'80FF'417F'8001, 0x41E8'7FFF'4F00'FF80);

// An operand of each type; the optimiser must not see through it at run time.
template <Op op, SigType type, bool kRunTime>
constexpr auto operand(unsigned i) {
  if constexpr (type == SigType::V128) {
    V128 v = op == Op::F32x4Sqrt || op == Op::F64x2Sqrt ? kPositive : kOperands[i];
    if constexpr (kRunTime) asm volatile("" : "+m"(v));
    return v;
  } else if constexpr (type == SigType::F32) {
    return 1.5f;
  } else if constexpr (type == SigType::F64) {
    return -2.25;
  } else if constexpr (type == SigType::I32) {
    return std::uint32_t{0x8000'0085};
  } else {
    return std::uint64_t{0x8000'0000'7FFF'FFFF};
  }
}

template <Op op, bool kRunTime, class Fn, std::size_t... I>
constexpr auto call(Fn fn, std::index_sequence<I...>) {
  constexpr OpInfo info = op_info(op);
  if constexpr (info.imm == ImmKind::Lane) {
    return fn(operand<op, info.sig.operands[I], kRunTime>(I)..., std::uint8_t{1});
  } else if constexpr (info.imm == ImmKind::Shuffle) {
    return fn(operand<op, info.sig.operands[I], kRunTime>(I)...,
              V128::from_u64(0x1F00'1001'0F11'020E, 0x1213'0304'1415'0506));
  } else {
    return fn(operand<op, info.sig.operands[I], kRunTime>(I)...);
  }
}

template <Op op, class Fn>
bool agrees(Fn fn) {
  constexpr auto indices = std::make_index_sequence<op_info(op).sig.operand_count>();
  const auto run_time = call<op, true>(fn, indices);
  constexpr auto compile_time =
      call<op, false>(Fn(), std::make_index_sequence<op_info(op).sig.operand_count>());
  return run_time == compile_time;
}

#define AGREE(Name, fn)                                                             \
  {                                                                                 \
    INFO(op_name(Op::Name));                                                        \
    CHECK(agrees<Op::Name>([](auto... operands) { return sem::fn(operands...); })); \
  }
#define AGREE_Simd(Name, fn) AGREE(Name, fn)
#define AGREE_SimdLane(Name, fn) AGREE(Name, fn)
#define AGREE_Unary(Name, fn)
#define AGREE_Binary(Name, fn)
#define AGREE_Compare(Name, fn)
#define AGREE_Convert(Name, fn)
#define AGREE_Trapping(Name, fn)
#define AGREE_WideArith(Name, fn)
#define AGREE_Control(Name, fn)
#define AGREE_Call(Name, fn)
#define AGREE_Exception(Name, fn)
#define AGREE_Parametric(Name, fn)
#define AGREE_Variable(Name, fn)
#define AGREE_Table(Name, fn)
#define AGREE_Ref(Name, fn)
#define AGREE_Load(Name, fn)
#define AGREE_Store(Name, fn)
#define AGREE_Memory(Name, fn)
#define AGREE_Const(Name, fn)
#define AGREE_SimdLoad(Name, fn)
#define AGREE_SimdStore(Name, fn)
#define AGREE_Atomic(Name, fn)
#define AGREE_Gc(Name, fn)

}  // namespace

TEST_CASE("compile time and run time agree on every vector row", "[wasm][semantics][simd]") {
#define OP(Name, fn, code, text, imm, sig, kind, align, feature) AGREE_##kind(Name, fn)
#include "libwasmrt/wasm/opcodes.def"
#undef OP
}
