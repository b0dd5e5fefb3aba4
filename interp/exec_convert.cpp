// Scalar unary functions, comparisons, conversions and what can trap, in all forms.
//
// The rows come from opcodes.def by kind, their meaning from wasm/semantics*.h.
#include "interp/exec_forms.h"
#include "libwasmrt/wasm/row_kinds.h"
#include "libwasmrt/wasm/semantics.h"

namespace wasmrt::interp {
namespace {

#undef ROW_Unary
#define ROW_Unary(Name, fn) row_of<Op::Name, sem::fn>(),
#undef ROW_Compare
#define ROW_Compare(Name, fn) row_of<Op::Name, sem::fn>(),
#undef ROW_Convert
#define ROW_Convert(Name, fn) row_of<Op::Name, sem::fn>(),
#undef ROW_Trapping
#define ROW_Trapping(Name, fn) row_of<Op::Name, sem::fn>(),

constexpr Row kRows[] = {
#define OP(Name, fn, code, text, imm, sig, kind, align, feature) ROW_##kind(Name, fn)
#include "libwasmrt/wasm/opcodes.def"
#undef OP
};

}  // namespace

void fill_convert(Handler* table) { fill_rows(table, kRows); }

}  // namespace wasmrt::interp
