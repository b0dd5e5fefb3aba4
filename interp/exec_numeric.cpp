// Scalar functions of two operands that cannot trap, in all forms.
//
// The rows come from opcodes.def by kind, their meaning from wasm/semantics*.h.
#include "interp/exec_forms.h"
#include "libwasmrt/wasm/row_kinds.h"
#include "libwasmrt/wasm/semantics.h"

namespace wasmrt::interp {
namespace {

#undef ROW_Binary
#define ROW_Binary(Name, fn) row_of<Op::Name, sem::fn>(),

constexpr Row kRows[] = {
#define OP(Name, fn, code, text, imm, sig, kind, align, feature) ROW_##kind(Name, fn)
#include "libwasmrt/wasm/opcodes.def"
#undef OP
};

}  // namespace

void fill_numeric(Handler* table) { fill_rows(table, kRows); }

}  // namespace wasmrt::interp
