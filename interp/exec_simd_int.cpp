// Vector functions of integer lanes and of bits, in all forms.
//
// The rows come from opcodes.def by kind, their meaning from wasm/semantics*.h.
#include "interp/exec_forms.h"
#include "libwasmrt/wasm/row_kinds.h"
#include "libwasmrt/wasm/semantics_simd.h"

namespace wasmrt::interp {
namespace {

template <Op op, auto fn>
constexpr Row simd_row() {
  // One half of the functions is here, the other in its twin: two files compile in parallel.
  if constexpr (!(op_name(op)[0] == 'f')) {
    return row_of<op, fn>();
  } else {
    return {kNoOp, {}};
  }
}

#undef ROW_Simd
#define ROW_Simd(Name, fn) simd_row<Op::Name, sem::fn>(),

constexpr Row kRows[] = {
#define OP(Name, fn, code, text, imm, sig, kind, align, feature) ROW_##kind(Name, fn)
#include "libwasmrt/wasm/opcodes.def"
#undef OP
};

}  // namespace

void fill_simd_int(Handler* table) { fill_rows(table, kRows); }

}  // namespace wasmrt::interp
