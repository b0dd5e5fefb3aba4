// Every numeric row of opcodes.def has its semantics function, with the signature of the row.
// There is nothing to run: the file compiles or it does not.
#include <catch2/catch_test_macros.hpp>
#include <type_traits>
#include <utility>

#include "libwasmrt/wasm/opcode.h"
#include "libwasmrt/wasm/semantics.h"
#include "libwasmrt/wasm/semantics_simd.h"

using namespace wasmrt;

namespace {

template <SigType type>
auto cpp_type() {
  if constexpr (type == SigType::I32) return std::uint32_t{};
  if constexpr (type == SigType::I64) return std::uint64_t{};
  if constexpr (type == SigType::F32) return float{};
  if constexpr (type == SigType::F64) return double{};
  if constexpr (type == SigType::V128) return V128{};
}

template <SigType type>
using CppType = decltype(cpp_type<type>());

template <Op op>
constexpr OpSig kSig = op_info(op).sig;

template <Op op>
auto result_type() {
  using Result = CppType<kSig<op>.results[0]>;
  if constexpr (op_info(op).kind == OpKind::Trapping) {
    return sem::Checked<Result>(TrapKind::None);
  } else if constexpr (op_info(op).kind == OpKind::WideArith) {
    return sem::Wide{};
  } else {
    return Result{};
  }
}

// Operands in stack order, then the immediate: a lane number, or the bytes of a shuffle.
template <Op op, class... Immediate, std::size_t... I>
auto signature(std::index_sequence<I...>)
    -> decltype(result_type<op>()) (*)(CppType<kSig<op>.operands[I]>..., Immediate...);

template <Op op, class... Immediate>
using Signature =
    decltype(signature<op, Immediate...>(std::make_index_sequence<kSig<op>.operand_count>()));

template <Op op>
auto expected() {
  if constexpr (op_info(op).imm == ImmKind::Lane) {
    return Signature<op, std::uint8_t>{};
  } else if constexpr (op_info(op).imm == ImmKind::Shuffle) {
    return Signature<op, V128>{};
  } else {
    return Signature<op>{};
  }
}

std::size_t checked = 0;

#define CHECK_FN(Name, fn)                                                                \
  static_assert(std::is_same_v<decltype(&sem::fn), decltype(expected<Op::Name>())>, #fn); \
  ++checked;
#define CHECK_Unary(Name, fn) CHECK_FN(Name, fn)
#define CHECK_Binary(Name, fn) CHECK_FN(Name, fn)
#define CHECK_Compare(Name, fn) CHECK_FN(Name, fn)
#define CHECK_Convert(Name, fn) CHECK_FN(Name, fn)
#define CHECK_Trapping(Name, fn) CHECK_FN(Name, fn)
#define CHECK_Simd(Name, fn) CHECK_FN(Name, fn)
#define CHECK_SimdLane(Name, fn) CHECK_FN(Name, fn)
#define CHECK_WideArith(Name, fn) CHECK_FN(Name, fn)
#define CHECK_Control(Name, fn)
#define CHECK_Call(Name, fn)
#define CHECK_Exception(Name, fn)
#define CHECK_Parametric(Name, fn)
#define CHECK_Variable(Name, fn)
#define CHECK_Table(Name, fn)
#define CHECK_Ref(Name, fn)
#define CHECK_Load(Name, fn)
#define CHECK_Store(Name, fn)
#define CHECK_Memory(Name, fn)
#define CHECK_Const(Name, fn)
#define CHECK_SimdLoad(Name, fn)
#define CHECK_SimdStore(Name, fn)
#define CHECK_Atomic(Name, fn)
#define CHECK_Gc(Name, fn)

}  // namespace

TEST_CASE("every numeric row has its semantics function", "[wasm][semantics]") {
#define OP(Name, fn, code, text, imm, sig, kind, align, feature) CHECK_##kind(Name, fn)
#include "libwasmrt/wasm/opcodes.def"
#undef OP
  // 32 + 43 scalar rows of each... counted from the specification: 128 MVP numeric, 5 sign
  // extensions, 8 saturating truncations, 4 wide; 236 + 20 vector rows less 22 loads and stores
  // and v128.const.
  CHECK(checked == 123 + 5 + 8 + 4 + 236 + 20 - 22 - 1);
}
