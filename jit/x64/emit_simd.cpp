// Vector instructions.
#include "jit/x64/emit.h"

namespace wasmrt::jit::x64 {

bool Emitter::emit_simd(const MInst&) { return false; }

}  // namespace wasmrt::jit::x64
