// Scalar loads and stores, one row per instruction; the templates are in exec_access.h.
#include "interp/exec_access.h"

namespace wasmrt::interp {
namespace {

/// Reads an M and extends it (by its signedness) to a T.
template <class T, class M>
struct Extend {
  using Memory = M;
  static T value(M m) { return static_cast<T>(m); }
};

using u32 = std::uint32_t;
using u64 = std::uint64_t;

constexpr Row kRows[] = {
    load_row<Op::I32Load, Extend<u32, u32>>(),
    load_row<Op::I64Load, Extend<u64, u64>>(),
    load_row<Op::F32Load, Extend<float, float>>(),
    load_row<Op::F64Load, Extend<double, double>>(),
    load_row<Op::I32Load8S, Extend<u32, std::int8_t>>(),
    load_row<Op::I32Load8U, Extend<u32, std::uint8_t>>(),
    load_row<Op::I32Load16S, Extend<u32, std::int16_t>>(),
    load_row<Op::I32Load16U, Extend<u32, std::uint16_t>>(),
    load_row<Op::I64Load8S, Extend<u64, std::int8_t>>(),
    load_row<Op::I64Load8U, Extend<u64, std::uint8_t>>(),
    load_row<Op::I64Load16S, Extend<u64, std::int16_t>>(),
    load_row<Op::I64Load16U, Extend<u64, std::uint16_t>>(),
    load_row<Op::I64Load32S, Extend<u64, std::int32_t>>(),
    load_row<Op::I64Load32U, Extend<u64, u32>>(),
    store_row<Op::I32Store, u32, u32>(),
    store_row<Op::I64Store, u64, u64>(),
    store_row<Op::F32Store, float, float>(),
    store_row<Op::F64Store, double, double>(),
    store_row<Op::I32Store8, u32, std::uint8_t>(),
    store_row<Op::I32Store16, u32, std::uint16_t>(),
    store_row<Op::I64Store8, u64, std::uint8_t>(),
    store_row<Op::I64Store16, u64, std::uint16_t>(),
    store_row<Op::I64Store32, u64, u32>(),
};

}  // namespace

void fill_memory(Handler* table) { fill_rows(table, kRows); }

}  // namespace wasmrt::interp
