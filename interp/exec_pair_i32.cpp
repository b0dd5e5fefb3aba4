// Pairs of i32 functions: (x op1 p) op2 q.
#include "interp/exec_pair.h"

namespace wasmrt::interp {

void fill_pair_i32(Handler* table) { fill_pairs<std::uint32_t>(table + Pair32); }

}  // namespace wasmrt::interp
