// Vector instructions.
#include "jit/x64/select.h"

namespace wasmrt::jit::x64 {

bool Selector::select_simd(V) { return false; }

}  // namespace wasmrt::jit::x64
