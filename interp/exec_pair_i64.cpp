// Pairs of i64 functions: (x op1 p) op2 q.
#include "interp/exec_pair.h"

namespace wasmrt::interp {

namespace {

template <std::uint32_t... variant>
void put_wide(Handler* at, std::integer_sequence<std::uint32_t, variant...>) {
  static constexpr Handler kAll[] = {pair_wide<variant>...};
  std::memcpy(at, kAll, sizeof kAll);
}

}  // namespace

void fill_pair_i64(Handler* table) {
  fill_pairs<std::uint64_t>(table + Pair64);
  put_wide(table + Pair64Wide, std::make_integer_sequence<std::uint32_t, 400>());
}

}  // namespace wasmrt::interp
