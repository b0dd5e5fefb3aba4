// Comparisons fused with conditional branches.
//
// One row per comparison of op_facts.h; integers have one polarity (the translator inverts the
// comparison), floats two. See BrCmp* in ops.def for where operands stand.
#include "interp/exec_forms.h"
#include "libwasmrt/wasm/row_kinds.h"
#include "libwasmrt/wasm/semantics_float.h"
#include "libwasmrt/wasm/semantics_int.h"

namespace wasmrt::interp {
namespace {

enum class Imm : std::uint8_t { None, Short, Wide };

/// kb == I: Short takes d as signed 16 bits, Wide the wide word.
template <auto fn, K ka, K kb, Imm imm, bool when, bool back>
TrapWord br_cmp(WASMRT_REGS) {
  using T = typename SigOf<fn>::Arg0;
  const T a = operand<T, ka>(pc, sp, r, v, pc->a);
  T b;
  if constexpr (imm == Imm::Short) {
    b = static_cast<T>(static_cast<std::int64_t>(static_cast<std::int16_t>(pc->d)));
  } else if constexpr (imm == Imm::Wide) {
    b = unaligned<T>(pc->wide());
  } else {
    b = operand<T, kb>(pc, sp, r, v, ka == K::S ? pc->d : pc->a);
  }
  WASMRT_BRANCH_IF((fn(a, b) != 0) == when, (imm == Imm::Wide ? 24 : 16));
}

template <auto fn, bool when>
void fill_compare(Handler* t, std::uint32_t index) {
  Handler* rs = t + handler_id(BrCmpRS, 2 * index);
  rs[0] = br_cmp<fn, K::R, K::S, Imm::None, when, false>;
  rs[1] = br_cmp<fn, K::R, K::S, Imm::None, when, true>;
  Handler* ss = t + handler_id(BrCmpSS, 2 * index);
  ss[0] = br_cmp<fn, K::S, K::S, Imm::None, when, false>;
  ss[1] = br_cmp<fn, K::S, K::S, Imm::None, when, true>;
  Handler* rw = t + handler_id(BrCmpRW, 2 * index);
  rw[0] = br_cmp<fn, K::R, K::I, Imm::Wide, when, false>;
  rw[1] = br_cmp<fn, K::R, K::I, Imm::Wide, when, true>;
  Handler* sw = t + handler_id(BrCmpSW, 2 * index);
  sw[0] = br_cmp<fn, K::S, K::I, Imm::Wide, when, false>;
  sw[1] = br_cmp<fn, K::S, K::I, Imm::Wide, when, true>;
  if constexpr (std::is_integral_v<typename SigOf<fn>::Arg0>) {
    Handler* ri = t + handler_id(BrCmpRI, 2 * index);
    ri[0] = br_cmp<fn, K::R, K::I, Imm::Short, when, false>;
    ri[1] = br_cmp<fn, K::R, K::I, Imm::Short, when, true>;
    Handler* si = t + handler_id(BrCmpSI, 2 * index);
    si[0] = br_cmp<fn, K::S, K::I, Imm::Short, when, false>;
    si[1] = br_cmp<fn, K::S, K::I, Imm::Short, when, true>;
  }
}

template <Op op, auto fn>
void fill_op(Handler* t) {
  if constexpr (is_compare2(op)) {
    constexpr std::uint32_t index = compare_index(op);
    fill_compare<fn, true>(t, index);
    if constexpr (is_float_compare(op)) fill_compare<fn, false>(t, index + 12);
  }
}

}  // namespace

void fill_branch(Handler* t) {
#undef ROW_Compare
#define ROW_Compare(Name, fn) fill_op<Op::Name, sem::fn>(t);
#define OP(Name, fn, code, text, imm, sig, kind, align, feature) ROW_##kind(Name, fn)
#include "libwasmrt/wasm/opcodes.def"
#undef OP
}

}  // namespace wasmrt::interp
