// Pairs of i64 functions: (x op1 p) op2 q.
#include "interp/exec_pair.h"

namespace wasmrt::interp {

void fill_pair_i64(Handler* table) { fill_pairs<std::uint64_t>(table + Pair64); }

}  // namespace wasmrt::interp
